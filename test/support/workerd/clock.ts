import { afterEach, beforeEach, vi } from "vitest";

const MINUTE = 60 * 1000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The time of all code under test; R2 and D1 themselves have none that matters to tests. */
export interface Clock {
  /** Milliseconds of the epoch. */
  now: number;
  pass: (milliseconds: number) => void;
}

/** A clock that stands still but for {@link Clock.pass}. Each test begins after all that those before it left. */
export function useClock(): Clock {
  const clock: Clock = {
    now: Date.UTC(2026, 0, 1),
    pass: (milliseconds) => {
      clock.now += milliseconds;
      vi.setSystemTime(clock.now);
    },
  };
  beforeEach(() => {
    clock.now += 1000 * DAY;
    vi.useFakeTimers({ toFake: ["Date"], now: clock.now });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  return clock;
}

/** Does something when what an isolate remembers of a push (`noted-blobs.ts`) counts no more. */
export async function twoMinutesLater<T>(later: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * MINUTE });
  try {
    return await later();
  } finally {
    vi.useRealTimers();
  }
}
