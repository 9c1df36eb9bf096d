/** When an undelivered event is tried again, and when no more. */
import type { Reason } from "../../kernel/reasons.ts";

/**
 * `pending`: due or waiting. `rolling`: a workload was changed and is watched. `superseded`: a newer push of the tag took
 * its place. `dead`: tried as often as may be.
 */
export const DELIVERY_STATUSES = ["pending", "rolling", "success", "failed", "superseded", "dead"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** For how many days it is kept what became of deliveries. */
export const HISTORY_DAYS = 30;
/** Tries of one delivery. */
export const MAX_ATTEMPTS = 12;
const FIRST_DELAY_MS = 10_000;
const FACTOR = 3;
const MAX_DELAY_MS = 4 * 60 * 60 * 1000;
/** As long as a queue can hold a message back. */
const MAX_RETRY_AFTER_MS = 12 * 60 * 60 * 1000;

/** What came of one try. */
export type Outcome =
  | { kind: "success"; status: number | null; reasons: readonly Reason[]; answer?: string }
  /** Not worth another try; `disables` the trigger when the receiver says that it is gone. */
  | { kind: "failure"; status: number | null; reasons: readonly Reason[]; answer?: string; disables?: boolean }
  /** Worth another try, after `retryAfter` milliseconds at the earliest if the receiver says so. */
  | { kind: "retry"; status: number | null; reasons: readonly Reason[]; answer?: string; retryAfter?: number }
  /** A newer push replaced its change. */
  | { kind: "superseded"; status: number | null; reasons: readonly Reason[] }
  /** Under way: to be looked at again after so many milliseconds, which is no try. */
  | { kind: "rolling"; status: number | null; reasons: readonly Reason[]; checkAfter: number };

/**
 * How long to wait after a failed try: three times as long each time up to four hours, twelve tries within a day, and
 * each between half and the whole of that, so that what failed together does not come together again.
 *
 * @param attempts how many tries there were.
 * @param random from 0 to 1.
 * @returns milliseconds; undefined when there are no more tries.
 */
export function delayAfter(attempts: number, random: number, retryAfter = 0): number | undefined {
  if (attempts >= MAX_ATTEMPTS) return undefined;
  const whole = Math.min(FIRST_DELAY_MS * FACTOR ** (attempts - 1), MAX_DELAY_MS);
  const delay = whole / 2 + (whole / 2) * random;
  return Math.round(Math.max(delay, Math.min(retryAfter, MAX_RETRY_AFTER_MS)));
}
