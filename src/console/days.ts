/** Days as date fields, addresses of pages and the registry write them, `2026-11-24`, and what they are where the reader is. */
import type { Day } from "../kernel/day.ts";

/** @returns undefined for what is no day. */
export function parseDay(text: string | undefined): Day | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? "")) return undefined;
  const day = text ?? "";
  // JavaScript takes the 30th of February for the 2nd of March.
  return dayHere(startOf(day)) === day ? day : undefined;
}

/** The day of a moment, in the reader's time zone. */
export function dayHere(moment: Date): Day {
  return `${digits(moment.getFullYear(), 4)}-${digits(moment.getMonth() + 1, 2)}-${digits(moment.getDate(), 2)}`;
}

/** The reader's midnight with which a day begins. */
export function startOf(day: Day): Date {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

/** The reader's midnight with which a day ends; days in which the clocks are set have another length. */
export function endOf(day: Day): Date {
  const start = startOf(day);
  return new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1);
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
