/** What is printed: tables of texts, and the targets that were reached or missed. */

/** Something that has to hold. */
export interface Target {
  name: string;
  isMet: boolean;
  /** The measured value and the one that was wanted, in words. */
  detail: string;
}

/** A target of "at least". */
export function atLeast(name: string, value: number, limit: number): Target {
  // As many digits as the table shows: what reads 0.90 meets 0.9.
  return { name, isMet: Number(value.toFixed(2)) >= limit, detail: `${value.toFixed(2)}, wanted at least ${limit}` };
}

/** A target of "at most". */
export function atMost(name: string, value: number, limit: number, unit = ""): Target {
  const text = `${Math.round(value * 100) / 100}${unit}`;
  return { name, isMet: value <= limit, detail: `${text}, wanted at most ${limit}${unit}` };
}

/** Prints a table with its first column to the left and the others to the right. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  console.log(["", title, line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n"));
}

/** Prints the targets missed and answers how many there are. */
export function printTargets(targets: readonly Target[]): number {
  const missed = targets.filter(({ isMet }) => !isMet);
  console.log(`\n${targets.length - missed.length} of ${targets.length} targets reached.`);
  for (const { name, detail } of missed) console.log(`  missed: ${name}: ${detail}`);
  return missed.length;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
