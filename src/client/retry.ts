/** When to try again, and how long to wait before. */
import { parseRetryAfter } from "../kernel/retry-after.ts";

export interface RetryPolicy {
  /** Tries without any progress between them, the first included. */
  attempts: number;
  /** Milliseconds before the second try; doubled for each further one. */
  delayMs: number;
  /** Milliseconds that a wait has at most, also when the registry asks for more. */
  maxDelayMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 6, delayMs: 500, maxDelayMs: 30_000 };

/** 520 to 530 are Cloudflare's, for an origin that gave no proper answer. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 530]);

/** Whether the same request may succeed a little later. */
export function isTransient(status: number): boolean {
  return TRANSIENT.has(status);
}

/** How long a registry asks to be left alone, in milliseconds; undefined when it does not say. */
export function retryAfterOf(headers: Headers): number | undefined {
  return parseRetryAfter(headers.get("Retry-After"), new Date());
}

/** Counts tries in vain, and waits between them. */
export class Patience {
  readonly #policy: RetryPolicy;
  #tries = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Something got on: the count starts anew. */
  reset(): void {
    this.#tries = 0;
  }

  /** Counts a try in vain. @returns whether there may be another. */
  hasMore(): boolean {
    this.#tries += 1;
    return this.#tries < this.#policy.attempts;
  }

  /**
   * Waits before the next try: as long as the registry asks, or between half and all of a time that doubles, so that
   * clients that failed together do not come back together.
   *
   * @throws the signal's reason when it is aborted meanwhile.
   */
  async wait(signal?: AbortSignal, askedMs?: number): Promise<void> {
    const { delayMs, maxDelayMs } = this.#policy;
    const doubled = Math.min(maxDelayMs, delayMs * 2 ** Math.max(0, this.#tries - 1));
    await sleep(askedMs === undefined ? doubled * (0.5 + Math.random() / 2) : Math.min(askedMs, maxDelayMs), signal);
  }
}

/** @throws the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      done();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
