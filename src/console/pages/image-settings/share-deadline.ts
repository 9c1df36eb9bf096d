/** Days with which shares end. The registry counts them in UTC. */
import { type Day, dayOf } from "../../../kernel/day.ts";

/** What stands for a share without an end. */
export const FOREVER = "forever";

/**
 * The last day of a share; undefined: it has no end.
 *
 * @param deadline as the registry has it: `forever`, a date, or a time of which only the day in UTC counts.
 */
export function lastDayOf(deadline: string): Day | undefined {
  const time = new Date(deadline);
  return deadline === FOREVER || Number.isNaN(time.getTime()) ? undefined : dayOf(time);
}

/**
 * The last day of a share that ends at a moment: at midnight in UTC after that day.
 *
 * @param end null: it has no end.
 */
export function lastDayBefore(end: string | null): Day | undefined {
  return end === null ? undefined : dayOf(new Date(Date.parse(end) - 1));
}
