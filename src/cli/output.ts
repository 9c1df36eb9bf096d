/** What commands print: tables for people, JSON for scripts. */

/** One column of a table: its heading, and what stands in it. */
export interface Column<T> {
  heading: string;
  value: (row: T) => string | number | null | undefined;
  /** Numbers stand below each other by their ends. */
  align?: "end";
}

/** Prints an answer of the API as it came. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

/** Prints rows below their headings, or one sentence when there are none. */
export function printTable<T>(columns: readonly Column<T>[], rows: readonly T[], nothing: string): void {
  if (rows.length === 0) {
    printLine(nothing);
    return;
  }
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row) ?? "-")));
  const widths = columns.map(({ heading }, at) =>
    Math.max(widthOf(heading), ...cells.map((row) => widthOf(row[at] ?? ""))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => {
        const gap = " ".repeat((widths[at] ?? 0) - widthOf(text));
        return columns[at]?.align === "end" ? gap + text : text + gap;
      })
      .join("  ")
      .trimEnd();
  printLine([line(columns.map(({ heading }) => heading)), ...cells.map(line)].join("\n"));
}

/** Prints the fields of one thing below each other; those without a value are left out. */
export function printFields(fields: Readonly<Record<string, string | number | boolean | null | undefined>>): void {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  printLine(known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? "")}`).join("\n"));
}

/** Prints a line to standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a line about what goes on to standard error, where it is in no script's way. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A text from elsewhere without what would steer the terminal. */
export function printable(value: string | number | boolean): string {
  return String(value).replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

/** Columns that a terminal gives a text: characters of East Asian scripts take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  return width;
}

/** A time of the API in the local zone, to the minute. */
export function formatTime(time: string | null | undefined): string {
  if (time === null || time === undefined || time === "") return "-";
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** As much of a digest as tells two apart by eye. */
export function shortDigest(digest: string | null | undefined): string {
  return digest ? digest.replace(/^(sha\d+:[0-9a-f]{12}).*$/, "$1") : "-";
}
