import i18next from "i18next";
import { scaleBytes } from "../../kernel/byte-units.ts";
import type { Day } from "../../kernel/day.ts";

/** BCP 47 tag of the language on screen; English before i18next has started, as in tests. */
export function currentLanguage(): string {
  return i18next.resolvedLanguage ?? i18next.language ?? "en";
}

/**
 * A number of bytes with three digits that count: 1,234,567 is "1.18 MiB". Units are of 1024, in which limits are set (an
 * upload may have 2 GiB), and say so.
 * @param bytes not negative
 */
export function formatBytes(bytes: number, language = currentLanguage()): string {
  // 1023.5 and more would be rounded up to "1,024", which belongs to the next unit.
  const { value, unit, digits } = scaleBytes(bytes, 1023.5);
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${unit}`;
}

/** The same where there is room for a few letters: bytes are "B" in all languages, as in "KiB". */
export function formatShortBytes(bytes: number, language = currentLanguage()): string {
  const { unit } = scaleBytes(bytes, 1023.5);
  return unit === "B" ? `${new Intl.NumberFormat(language).format(bytes)} B` : formatBytes(bytes, language);
}

/** A whole or fractional number with the language's separators. */
export function formatNumber(value: number, language = currentLanguage()): string {
  return new Intl.NumberFormat(language).format(value);
}

/** How much of a date is written: a day, a day with hour and minute, or also the seconds and the zone. */
export type DateDetail = "day" | "minute" | "full";

const DATE_OPTIONS: Record<DateDetail, Intl.DateTimeFormatOptions> = {
  day: { dateStyle: "medium" },
  minute: { dateStyle: "medium", timeStyle: "short" },
  full: { dateStyle: "full", timeStyle: "medium" },
};

/** A moment in the reader's time zone. An invalid date is an empty string. */
export function formatDate(value: string | Date, detail: DateDetail = "minute", language = currentLanguage()): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return "";
  const text = new Intl.DateTimeFormat(language, DATE_OPTIONS[detail]).format(date);
  // Chinese would have the zone between the day and the hour.
  return detail === "full" ? `${text} ${zoneOf(date, language)}` : text;
}

/** The name of the reader's time zone: `GMT+8`. */
function zoneOf(date: Date, language: string): string {
  const parts = new Intl.DateTimeFormat(language, { timeZoneName: "short" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

const DAY_OPTIONS = {
  medium: { dateStyle: "medium" },
  short: { month: "short", day: "numeric" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A day that is the same in every time zone. `short` leaves the year out. */
export function formatDay(day: Day, detail: keyof typeof DAY_OPTIONS = "medium", language = currentLanguage()): string {
  return new Intl.DateTimeFormat(language, { ...DAY_OPTIONS[detail], timeZone: "UTC" }).format(new Date(day));
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const RELATIVE_STEPS: readonly { readonly unit: Intl.RelativeTimeFormatUnit; readonly ms: number }[] = [
  { unit: "year", ms: 365 * DAY_MS },
  { unit: "month", ms: 30 * DAY_MS },
  { unit: "day", ms: DAY_MS },
  { unit: "hour", ms: HOUR_MS },
  { unit: "minute", ms: MINUTE_MS },
];

/**
 * The distance from `now` in the largest unit that fits, cut rather than rounded: 47 hours ago is "yesterday", not
 * "2 days ago". Less than a minute is "just now". An invalid date is an empty string.
 */
export function formatRelative(value: string | Date, now = new Date(), language = currentLanguage()): string {
  const distance = new Date(value).getTime() - now.getTime();
  if (Number.isNaN(distance)) return "";
  const step = RELATIVE_STEPS.find(({ ms }) => Math.abs(distance) >= ms);
  if (!step) return i18next.t("kit:justNow", { lng: language });
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return format.format(Math.trunc(distance / step.ms), step.unit);
}

/** The same of what is going to happen: what is less than a minute away, or is late, comes at any moment. */
export function formatPlanned(value: string | Date, now = new Date(), language = currentLanguage()): string {
  if (new Date(value).getTime() - now.getTime() < MINUTE_MS) return i18next.t("kit:anyMoment", { lng: language });
  return formatRelative(value, now, language);
}

/** `sha256:` and the first twelve digits, as docker prints image ids; what isn't a digest stays as it is. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(":");
  return hex && hex.length > 12 ? `${algorithm}:${hex.slice(0, 12)}` : digest;
}

/** A share of 1 as a whole percentage. */
export function formatPercent(share: number, language = currentLanguage()): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** Items of a sentence, such as "a, b, and c". */
export function formatList(items: readonly string[], language = currentLanguage()): string {
  return new Intl.ListFormat(language).format(items);
}
