/**
 * Texts that are short nearly always and may be long: the details of an audit event, the rule in the log of aging. A page
 * reads the short ones at once, and then those of the long ones that it has room for, so that neither a Worker nor an answer
 * holds a thousand long ones.
 */
import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import { MAX_PAGE_BYTES } from "../kernel/excerpt.ts";

const SHORT_BYTES = 2048;
/** What an entry has beside its text, about. */
const ENTRY_BYTES = 500;

/** A column's text where it is short, and null otherwise. */
export function shortText(column: AnyColumn): SQL<string | null> {
  return sql<string | null>`CASE WHEN ${bytesOf(column)} <= ${SHORT_BYTES} THEN ${column} END`;
}

/** The bytes of a column's text; null where there is none. */
export function bytesOf(column: AnyColumn): SQL<number | null> {
  return sql<number | null>`length(CAST(${column} AS BLOB))`;
}

export interface LongTextRow {
  id: number;
  /** By {@link shortText}. */
  text: string | null;
  /** By {@link bytesOf}. */
  bytes: number | null;
}

/** One page of a list, and whether there is more. */
export interface LongTextPage<R> {
  rows: R[];
  hasMore: boolean;
}

/**
 * Cuts a page from rows, after a query for one more than `limit`, where the texts have no more room, and reads the long ones.
 *
 * @param read the texts of these rows.
 * @returns at least one row, if there is any.
 */
export async function fillPage<R extends LongTextRow>(
  rows: readonly R[],
  limit: number,
  read: (ids: number[]) => Promise<{ id: number; text: string | null }[]>,
): Promise<LongTextPage<Omit<R, "bytes">>> {
  let room = MAX_PAGE_BYTES;
  const end = rows.findIndex(({ bytes }, at) => {
    room -= (bytes ?? 0) + ENTRY_BYTES;
    return at === limit || (room < 0 && at > 0);
  });
  const kept = end < 0 ? rows : rows.slice(0, end);
  const long = kept.filter(({ text, bytes }) => text === null && bytes !== null).map(({ id }) => id);
  const texts = new Map(long.length > 0 ? (await read(long)).map(({ id, text }) => [id, text]) : []);
  return {
    rows: kept.map(({ bytes: _bytes, ...row }) => ({ ...row, text: row.text ?? texts.get(row.id) ?? null })),
    hasMore: kept.length < rows.length,
  };
}
