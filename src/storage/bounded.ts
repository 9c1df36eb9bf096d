/**
 * Lists that look at a bounded number of rows, however large the registry is and whatever they are filtered by.
 *
 * What a list is filtered by may be in one row of a million, and no set of indexes fits every combination of filters and
 * orders. So a list first asks each of its selective filters for ids. Where one of them has few, these are all that need
 * be looked at, and the page is whole. Otherwise the list walks the index of its order, so far as {@link MAX_WALKED} rows;
 * a page that is not full by then says where the walk ended, and the next page goes on there.
 */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** A filter that finds at most so many ids has found few. */
export const MAX_FEW = 500;
/** Rows of an index that one page walks through. */
export const MAX_WALKED = 1000;

/** The id of a position behind a name: no two rows have one name, so any id that is large enough will do. */
export const BEHIND_NAME = Number.MAX_SAFE_INTEGER;

/** A list over one table. All conditions name its columns without an alias. */
export interface BoundedList {
  table: SQLiteTable;
  id: SQL | SQLiteColumn;
  /** What the list is sorted by; equal keys are in the order of their ids. */
  key: SQL | SQLiteColumn;
  isDescending: boolean;
  /** The condition that the index of the key begins with, or that of a partial index. */
  within: SQL | undefined;
  /** What else rows have to meet. */
  conditions: SQL | undefined;
  /** The columns that `id`, `key` and `conditions` use. */
  columns: readonly (SQL | SQLiteColumn)[];
  /** Queries of one column `id`, each of which finds all rows that meet `conditions`, the most selective first. */
  selectors: readonly SQL[];
  /** The key and the id of the entry to go on behind; undefined for the first page. */
  after?: readonly [key: string | number, id: number] | undefined;
  limit: number;
  /** Entries to leave out before. */
  offset?: number;
  maxFew?: number;
  /** 0 for a key without an index: only few can be sorted by it. */
  maxWalked?: number;
}

/**
 * A part of a FROM clause, `page`: rows of `id` and `key`, in no order, and `is_end`, which is 1 in the row where a walk
 * ended before it had found as many as were asked for.
 */
export function boundedPage(list: BoundedList): SQL {
  const { table, id, key, within, conditions, columns, limit, offset = 0, maxWalked = MAX_WALKED } = list;
  const { ctes, isFew } = fewOf(list);
  const direction = list.isDescending ? sql`DESC` : sql`ASC`;
  const order = sql`ORDER BY ${key} ${direction}, ${id} ${direction}`;
  const start = sql`${within ?? sql`1`} AND ${isAfter(list)}`;
  const meets = conditions ?? sql`1`;
  const entry = sql`${id} AS id, ${key} AS key`;
  const needed = columns.map((column) => sql`${column}`);
  const few = sql`
    SELECT * FROM (
      SELECT ${entry} FROM few CROSS JOIN ${table} ON ${id} = few.id WHERE ${start} AND ${meets} ${order}
      LIMIT CASE WHEN ${isFew} THEN ${limit} ELSE 0 END OFFSET ${offset})`;
  if (maxWalked === 0) return sql`(WITH ${ctes} SELECT id, key, 0 AS is_end FROM (${few})) AS page`;
  return sql`(
    WITH ${ctes},
    found AS MATERIALIZED (
      ${few}
      UNION ALL
      SELECT * FROM (
        SELECT ${entry} FROM (
          SELECT ${sql.join(needed, sql`, `)} FROM ${table} WHERE ${start} ${order}
          LIMIT CASE WHEN ${isFew} THEN 0 ELSE ${maxWalked} END) AS ${table}
        WHERE ${meets} LIMIT ${limit} OFFSET ${offset})),
    ends AS MATERIALIZED (
      SELECT ${entry} FROM ${table} WHERE ${start} ${order}
      LIMIT CASE WHEN ${isFew} OR (SELECT count(*) FROM found) >= ${limit} THEN 0 ELSE 1 END OFFSET ${maxWalked - 1})
    SELECT id, key, 0 AS is_end FROM found UNION ALL SELECT id, key, 1 AS is_end FROM ends) AS page`;
}

/** How many rows meet the conditions of a list, as a query of one column `total`: null when its filters find many. */
export function boundedTotal(list: BoundedList): SQL {
  const { table, id, within, conditions } = list;
  const { ctes, isFew } = fewOf(list);
  return sql`
    WITH ${ctes}
    SELECT CASE WHEN ${isFew} THEN (
      SELECT count(*) FROM few CROSS JOIN ${table} ON ${id} = few.id
      WHERE ${within ?? sql`1`} AND ${conditions ?? sql`1`}) END AS total`;
}

/** `few`: the ids of the first filter that has few; a filter is asked only when those before it have many. */
function fewOf({ selectors, maxFew = MAX_FEW }: BoundedList): { ctes: SQL; isFew: SQL } {
  if (selectors.length === 0) return { ctes: sql`few(id) AS (SELECT NULL WHERE 0)`, isFew: sql`0` };
  const names = selectors.map((_, index) => sql.identifier(`selected_${index}`));
  const hasFew = names.map((name) => sql`(SELECT count(*) FROM ${name}) <= ${maxFew}`);
  const selected = selectors.map((selector, index) => {
    const limit = index === 0 ? sql`${maxFew + 1}` : sql`CASE WHEN ${hasFew[index - 1]} THEN 0 ELSE ${maxFew + 1} END`;
    return sql`${names[index]}(id) AS MATERIALIZED (SELECT id FROM (${selector}) LIMIT ${limit})`;
  });
  const few = names.map(
    (name, index) =>
      sql`SELECT * FROM (SELECT DISTINCT id FROM ${name} LIMIT CASE WHEN ${hasFew[index]} THEN ${maxFew} ELSE 0 END)`,
  );
  return {
    ctes: sql`${sql.join(selected, sql`, `)}, few(id) AS MATERIALIZED (${sql.join(few, sql` UNION `)})`,
    isFew: sql`(${sql.join(hasFew, sql` OR `)})`,
  };
}

function isAfter({ after, key, id, isDescending }: BoundedList): SQL {
  if (!after) return sql`1`;
  return sql`(${key}, ${id}) ${isDescending ? sql`<` : sql`>`} (${after[0]}, ${after[1]})`;
}

/** A page of a bounded list. */
export interface BoundedPage<T extends Position> {
  rows: T[];
  /** Where to go on behind the rows, if the list was not looked through to its end. */
  end: Pick<T, keyof Position> | undefined;
}

/** The position of an entry in a list. */
interface Position {
  key: string | number;
  id: number;
}

/** Takes the row that says where a walk ended out of those of a page. */
export function splitEnd<T extends Position & { isEnd: number }>(rows: readonly T[]): BoundedPage<T> {
  return {
    rows: rows.filter(({ isEnd }) => isEnd === 0),
    end: rows.find(({ isEnd }) => isEnd === 1),
  };
}

/** Shorter texts are in too many names for the index of three letters each. */
const TRIGRAM = 3;

/**
 * The ids of names that have a text in them, in upper or lower case, as a selector; none for a text that is too short.
 *
 * @param table one that migration 0006 has made an index of the names of.
 */
export function nameSelectors(
  table: "repositories" | "organizations" | "users" | "accounts",
  text: string | undefined,
): SQL[] {
  return textSelectors(table, text, (rowid) => sql`SELECT ${rowid} AS id`);
}

/**
 * The same of the tags of one repository, by their row numbers. The index has the repository's tags next to each other, under numbers
 * that begin with the repository's (migration 0014), and no others are read.
 */
export function tagSelectors(repositoryId: number, text: string | undefined): SQL[] {
  return textSelectors(
    "tags",
    text,
    (rowid) => sql`SELECT ${rowid} & 4294967295 AS id`,
    (rowid) => sql`AND ${rowid} >= (${repositoryId} << 32) AND ${rowid} < ((${repositoryId} + 1) << 32)`,
  );
}

function textSelectors(
  table: string,
  text: string | undefined,
  select: (rowid: SQL) => SQL,
  within: (rowid: SQL) => SQL = () => sql``,
): SQL[] {
  if (text === undefined || text.length < TRIGRAM) return [];
  // FTS5 reads a query up to the first NUL, which no name has.
  if (text.includes("\0")) return [sql`SELECT NULL AS id WHERE 0`];
  const index = sql.identifier(`${table}_text`);
  const rowid = sql`${index}.rowid`;
  // A string in quotation marks is taken as it is: https://www.sqlite.org/fts5.html#fts5_strings.
  const phrase = `"${text.replaceAll('"', '""')}"`;
  return [sql`${select(rowid)} FROM ${index} WHERE ${index} MATCH ${phrase} ${within(rowid)}`];
}
