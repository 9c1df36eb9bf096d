/**
 * Work that holds the isolate's one thread, such as hashing a password, one piece after the other and with pauses, so that
 * most of the thread is left to other requests.
 *
 * A request cannot wait for a promise of another one: the platform lets each do its own input and output only, and may
 * end any of them without a word. So a turn is nothing but a time to start at, and each request waits by a timer of its
 * own; the turn of one that has vanished passes by itself.
 */
import { RegistryError } from "../../kernel/errors.ts";

/** Until a piece of work was timed: more than a hash takes, so that nobody begins with a burst. */
const ASSUMED_COST_MS = 100;
/** Time also passes while the machine does something else, for which nobody is to wait. */
const MAX_COST_MS = 500;
/** How many measurements count: the quickest of them had least of such time. */
const MEASUREMENTS = 8;

export interface Turn {
  readonly key: string;
  readonly startsAt: number;
}

export class Lane {
  readonly #share: number;
  readonly #maxWaitMs: number;
  /** How long the last jobs took. */
  #tookMs: number[] = [];
  /** When the turn begins that is given out next. */
  #nextTurnAt = 0;
  #restsUntil = 0;
  #waiting: Turn[] = [];

  /**
   * @param share the most of the thread's time that the work may take, between 0 and 1.
   * @param maxWaitMs how long somebody may have to wait.
   */
  constructor(share: number, maxWaitMs: number) {
    this.#share = share;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Takes a place in the lane. Nothing has been done for the caller until {@link run}.
   *
   * @param key whose place it is, and how many of one key may wait.
   * @throws RegistryError TOO_MANY_REQUESTS, with the seconds to wait, when the wait is too long or too many of the key wait.
   */
  take(key: string, placesOfKey: number): Turn {
    const now = performance.now();
    this.#waiting = this.#waiting.filter(({ startsAt }) => startsAt > now);
    const own = this.#waiting.filter((turn) => turn.key === key);
    const waitMs = Math.max(0, this.#nextTurnAt - now);
    if (waitMs > this.#maxWaitMs || own.length >= placesOfKey) {
      throw new RegistryError("TOO_MANY_REQUESTS", {
        message: "too many passwords are being checked: try again in some seconds",
        detail: { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) },
      });
    }
    const turn = { key, startsAt: now + waitMs };
    this.#nextTurnAt = turn.startsAt + this.#intervalMs;
    this.#waiting.push(turn);
    return turn;
  }

  /** Waits for a turn and does the work. */
  async run<T>(turn: Turn, work: () => T): Promise<T> {
    for (;;) {
      const remaining = Math.max(turn.startsAt, this.#restsUntil) - performance.now();
      if (remaining <= 0) break;
      await scheduler.wait(remaining);
    }
    const startedAt = performance.now();
    this.#restsUntil = startedAt + this.#intervalMs;
    try {
      return work();
    } finally {
      // The platform's clock stands still while code runs, and goes on with the next input or output.
      await scheduler.wait(0);
      const endedAt = performance.now();
      const tookMs = Math.min(endedAt - startedAt, MAX_COST_MS);
      this.#tookMs = [tookMs, ...this.#tookMs].slice(0, MEASUREMENTS);
      this.#restsUntil = endedAt + tookMs * (1 / this.#share - 1);
    }
  }

  get #intervalMs(): number {
    const costMs = this.#tookMs.length > 0 ? Math.min(...this.#tookMs) : ASSUMED_COST_MS;
    return costMs / this.#share;
  }
}
