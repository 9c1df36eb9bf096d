/** All rows of a list as a file. Loaded when somebody asks for one. */
import { saveFile } from "../save-file.ts";
import { BYTE_ORDER_MARK, type CsvColumn, csvLine } from "./csv.ts";

/** The lines that a sheet of a spreadsheet has, but for the headings: what is beyond would not be seen. */
export const MAX_FILE_ROWS = 1_048_575;

/** Characters that are kept as text. What is more goes into a Blob, which browsers keep outside of the page's memory. */
const PIECE_LENGTH = 256 * 1024;

export interface TableFile<T> {
  /** What the file is called, with the day: the table's label. */
  label: string;
  columns: readonly CsvColumn<T>[];
  /** The rows, some at a time. */
  pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>;
  /** Ends it without a file. */
  signal: AbortSignal;
  /** Called with how many rows have been written. */
  onProgress: (rows: number) => void;
}

/**
 * Writes a file of CSV in UTF-8 and hands it to the browser. Rows are kept until they are written only.
 *
 * @returns whether there were more rows than {@link MAX_FILE_ROWS}, which are left out.
 * @throws what `pages` throws, and the signal's reason when it is aborted.
 */
export async function saveTable<T>({ label, columns, pages, signal, onProgress }: TableFile<T>): Promise<boolean> {
  const { content, isCut } = await writeTable(columns, pages, signal, onProgress);
  signal.throwIfAborted();
  saveFile(fileNameOf(label, new Date()), content);
  return isCut;
}

/** The content of the file; see {@link saveTable}. */
export async function writeTable<T>(
  columns: readonly CsvColumn<T>[],
  pages: TableFile<T>["pages"],
  signal: AbortSignal,
  onProgress: (rows: number) => void,
): Promise<{ content: Blob; isCut: boolean }> {
  const pieces: Blob[] = [];
  let text = BYTE_ORDER_MARK + csvLine(columns.map(({ header }) => header));
  let count = 0;
  let isCut = false;
  for await (const rows of pages) {
    signal.throwIfAborted();
    const room = MAX_FILE_ROWS - count;
    isCut = rows.length > room;
    const written = isCut ? rows.slice(0, room) : rows;
    for (const row of written) text += csvLine(columns.map(({ value }) => value(row)));
    count += written.length;
    if (text.length > PIECE_LENGTH) {
      pieces.push(new Blob([text]));
      text = "";
    }
    onProgress(count);
    if (isCut) break;
  }
  return { content: new Blob([...pieces, text], { type: "text/csv;charset=utf-8" }), isCut };
}

/** No system's file names may have these; control characters neither. */
const NOT_IN_NAMES = /[\p{Cc}\p{Cf}<>:"/\\|?*]+/gu;

/** `My images 2026-12-01.csv`. */
export function fileNameOf(label: string, now: Date): string {
  return `${label.replaceAll(NOT_IN_NAMES, " ").trim()} ${now.toISOString().slice(0, "YYYY-MM-DD".length)}.csv`;
}
