/**
 * A consistent copy of the database, from which pages are read while the registry goes on. D1 has no transaction of several requests,
 * and its export refuses databases with virtual tables, which Berth's search has. So one transaction copies every table inside of the
 * database, and the copies are dropped once they have been read.
 */
import { randomBytes } from "node:crypto";
import { query, quoted, type Row, type Statement, type Store, type Value } from "./store.ts";

/** What the names of all copies begin with, and of what a restore has not put in place yet. */
const COPY_PREFIX = "copy_";
/** After this time, in milliseconds, the next backup drops copies that were left behind. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;
/** A page has at most so many rows, and about so many bytes. */
const PAGE_ROWS = 2000;
const PAGE_BYTES = 1_000_000;
const MAX_TRIES = 5;

/**
 * Tables that are copied without their rows: logins, which would come back to life after they were ended, and uploads under way, whose
 * bytes are in Durable Objects.
 */
export const EMPTIED: ReadonlySet<string> = new Set(["sessions", "open_uploads"]);

/** A table, index, view or trigger, as SQLite describes it. */
export interface SchemaObject {
  type: "table" | "index" | "view" | "trigger";
  name: string;
  table: string;
  sql: string;
}

export interface Snapshot {
  id: string;
  /** Without what a virtual table makes for itself, in the order in which things were created. */
  schema: SchemaObject[];
  /** The last ids that tables with AUTOINCREMENT have given out. */
  sequences: Record<string, number>;
}

/** The schema of a database, without copies. */
export async function readSchema(store: Store): Promise<SchemaObject[]> {
  return schemaOf(await query(store, SCHEMA_QUERY));
}

const SCHEMA_QUERY = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid`;

function schemaOf(rows: readonly Row[]): SchemaObject[] {
  const objects = rows.map(({ type, name, table, sql }) => ({
    type: String(type) as SchemaObject["type"],
    name: String(name),
    table: String(table),
    sql: String(sql),
  }));
  const virtual = objects.filter(isVirtual).map(({ name }) => name);
  // FTS5 makes these tables with the virtual one, and drops them with it.
  const shadows = new Set(
    virtual.flatMap((name) => ["data", "idx", "content", "docsize", "config"].map((part) => `${name}_${part}`)),
  );
  return objects.filter(({ table }) => !/^(sqlite_|_cf_|copy_)/.test(table) && !shadows.has(table));
}

export function isVirtual({ sql }: SchemaObject): boolean {
  return /^CREATE VIRTUAL TABLE/i.test(sql);
}

/** The names of the tables that have rows of their own. */
export function tablesOf(schema: readonly SchemaObject[]): string[] {
  return schema.filter((object) => object.type === "table" && !isVirtual(object)).map(({ name }) => name);
}

/** A new id for copies. It tells their age. */
export function newCopyId(): string {
  return `${Date.now()}_${randomBytes(4).toString("hex")}`;
}

/** What a table's copy is called. */
export function copyName(id: string, table: string): string {
  return `${COPY_PREFIX}${id}_${table}`;
}

/**
 * Copies all tables in one transaction. Pushes wait for it as for any other write.
 *
 * @param id of the copies, which the caller has noted: after a crash {@link dropCopies} finds them by it.
 */
export async function takeSnapshot(store: Store, id: string): Promise<Snapshot> {
  for (let tried = 1; ; tried += 1) {
    const before = await readSchema(store);
    const copies = tablesOf(before).map((table): Statement => {
      const rows = EMPTIED.has(table) ? "WHERE false" : "";
      return { sql: `CREATE TABLE ${quoted(copyName(id, table))} AS SELECT * FROM ${quoted(table)} ${rows}` };
    });
    const answers = await store.batch([
      ...copies,
      { sql: SCHEMA_QUERY },
      { sql: "SELECT name, seq FROM sqlite_sequence" },
    ]);
    const [sequences, schema] = [answers.at(-1) ?? [], schemaOf(answers.at(-2) ?? [])];
    // A migration may have come in between.
    if (JSON.stringify(schema) === JSON.stringify(before)) {
      const tables = new Set(tablesOf(schema));
      const own = sequences.filter(({ name }) => tables.has(String(name)));
      return { id, schema, sequences: Object.fromEntries(own.map(({ name, seq }) => [String(name), Number(seq)])) };
    }
    await dropCopies(store, id);
    if (tried === MAX_TRIES) throw new Error("the database's tables change all the time");
  }
}

/** Drops the copies with an id, and those of others that have been forgotten. */
export async function dropCopies(store: Store, id: string | undefined): Promise<void> {
  const copies = await listCopies(store);
  const dropped = copies.filter(({ id: owner, madeAt }) => owner === id || madeAt < Date.now() - ABANDONED_MS);
  if (dropped.length > 0) {
    await store.batch(dropped.map(({ name }) => ({ sql: `DROP TABLE IF EXISTS ${quoted(name)}` })));
  }
}

async function listCopies(store: Store): Promise<{ name: string; id: string; madeAt: number }[]> {
  const rows = await query(
    store,
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, ${COPY_PREFIX.length}) = '${COPY_PREFIX}'`,
  );
  return rows.flatMap(({ name }) => {
    const match = /^copy_((\d+)_[0-9a-f]{8})_/.exec(String(name));
    return match?.[1] === undefined ? [] : [{ name: String(name), id: match[1], madeAt: Number(match[2]) }];
  });
}

/** A copy that is read: its table, and the columns in the order of that. */
export interface CopiedTable {
  name: string;
  columns: string[];
}

/** The copied tables of a snapshot. One trip: on Cloudflare each takes a fifth of a second. */
export async function listCopied(store: Store, { id, schema }: Snapshot): Promise<CopiedTable[]> {
  const tables = tablesOf(schema);
  const rows = await query(
    store,
    `SELECT sqlite_schema.name AS copy, columns.name AS name FROM sqlite_schema JOIN pragma_table_info(sqlite_schema.name) AS columns
     WHERE sqlite_schema.type = 'table' AND substr(sqlite_schema.name, 1, length(?1)) = ?1 ORDER BY copy, columns.cid`,
    copyName(id, ""),
  );
  return tables.map((name) => {
    const copy = copyName(id, name);
    return { name, columns: rows.filter((row) => row.copy === copy).map((row) => String(row.name)) };
  });
}

/**
 * The rows of a table in the order in which they were inserted, in pages of bounded size: one trip each.
 *
 * @param columns of the table, in the order in which rows have them.
 */
export async function* readRows(store: Store, table: string, columns: readonly string[]): AsyncGenerator<Value[][]> {
  const bytes = columns.map((column) => `ifnull(octet_length(${quoted(column)}), 0)`).join(" + ");
  const list = columns.map(quoted).join(", ");
  // The rows whose predecessors in the page have less than PAGE_BYTES: at least one.
  const page = `
    SELECT rowid AS copy_row, (SELECT max(rowid) FROM ${quoted(table)}) AS copy_end, ${list} FROM ${quoted(table)}
    WHERE rowid > CAST(?1 AS INTEGER) AND rowid <= (
      SELECT max(id) FROM (
        SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM (
          SELECT rowid AS id, ${bytes} AS bytes FROM ${quoted(table)} WHERE rowid > CAST(?1 AS INTEGER)
          ORDER BY rowid LIMIT ${PAGE_ROWS}))
      WHERE before < ${PAGE_BYTES})
    ORDER BY rowid`;
  for (let last = "0"; ;) {
    const rows = await query(store, page, last);
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows.map((row) => columns.map((column) => row[column] ?? null));
    if (end.copy_row === end.copy_end) return;
    last = String(end.copy_row);
  }
}
