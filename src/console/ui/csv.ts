/** Rows as comma-separated values (RFC 4180), for spreadsheets that people open without a thought. */

/** What a cell of a file holds: a text, a number without separators, a time, or nothing. */
export type CsvValue = string | number | boolean | Date | null | undefined;

/** A column of a file. */
export interface CsvColumn<T> {
  header: string;
  /** What it says of a row; sizes are in bytes. */
  value: (row: T) => CsvValue;
}

/** Excel takes a file for UTF-8 only if it begins so, and Chinese for something else otherwise. */
export const BYTE_ORDER_MARK = "\uFEFF";

/**
 * What spreadsheets may take for the beginning of a formula (OWASP, "CSV Injection"): at the start, and behind what separates
 * cells where a comma is the decimal point. `＝` and the like are what some spreadsheets turn into `=`.
 */
const FORMULA = /^(?=[\t\r\n])|(^|[;\t\r\n])(?=[=+\-@＝＋－＠])/g;

/** One line of a file, with its end. Formulas in texts become texts: an apostrophe stands before them. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map((value) => quoteCsv(textOf(value))).join(",")}\r\n`;
}

function textOf(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  // A number is none that anybody wrote: -1 is no formula.
  return typeof value === "string" ? value.replaceAll(FORMULA, "$1'") : String(value);
}

/** A value as it stands in a file (RFC 4180, section 2). It says the same as before: nothing is made harmless. */
export function quoteCsv(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
