/** Waiting for what happens after an answer: patiently, because a second passes quickly where other suites run beside. */
import { vi } from "vitest";

const PATIENCE = { timeout: 20_000, interval: 50 };

/** Asks again until the answer is true or a value. @returns the answer. @throws after 20 s. */
export function waitUntil<T>(ask: () => T | Promise<T>): ReturnType<typeof vi.waitUntil<T>> {
  return vi.waitUntil(ask, PATIENCE);
}

/** Tries again until nothing is thrown. @returns what the last try gave. @throws what it threw after 20 s. */
export function waitFor<T>(attempt: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(attempt, PATIENCE);
}

/** Asks again until the answer is as wanted. @returns the last answer, after 20 s whatever it is: the test says what is wrong. */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + PATIENCE.timeout; ;) {
    const answer = await ask();
    if (isWanted(answer) || Date.now() > end) return answer;
    await scheduler.wait(PATIENCE.interval);
  }
}
