/** Days as addresses of pages have them, `2026-11-24`: in the reader's time zone, where nobody thinks in UTC. */

/** @returns undefined for what is no day. */
export function parseDay(text: string | undefined): Date | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "") ?? [];
  if (year === undefined) return undefined;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  // JavaScript takes the 30th of February for the 2nd of March.
  return formatDay(date) === text ? date : undefined;
}

export function formatDay(date: Date): string {
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

/** The first moment of the day after; days in which the clocks are set have another length. */
export function dayAfter(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1);
}
