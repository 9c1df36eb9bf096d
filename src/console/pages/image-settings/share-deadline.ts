/** Days with which shares end. The registry counts them in UTC; a date field knows days of the reader's time zone only. */

/** What stands for a share without an end. */
export const FOREVER = "forever";

/**
 * The day with which a share ends, as the reader's midnight with which that day begins; undefined: it has no end.
 *
 * @param deadline as the registry has it: `forever`, a date, or a time of which only the day in UTC counts.
 */
export function lastDayOf(deadline: string): Date | undefined {
  const time = new Date(deadline);
  if (deadline === FOREVER || Number.isNaN(time.getTime())) return undefined;
  return new Date(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate());
}

/**
 * The last day of a share that ends at a moment: at midnight in UTC after that day.
 *
 * @param end null: it has no end.
 */
export function lastDayBefore(end: string | null): Date | undefined {
  return end === null ? undefined : lastDayOf(new Date(Date.parse(end) - 1).toISOString());
}

/** The day on which the reader's midnight falls, as `2026-12-31`: what a date field means. */
export function deadlineOf(day: Date): string {
  return [digits(day.getFullYear(), 4), digits(day.getMonth() + 1, 2), digits(day.getDate(), 2)].join("-");
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

/** The first day with which a share may still end: today in UTC, as the reader's midnight. */
export function firstDayFrom(now: Date): Date {
  return new Date(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
}
