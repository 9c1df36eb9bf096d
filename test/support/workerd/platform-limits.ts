/**
 * Limits of Cloudflare's that the local runtime does not enforce, so that tests fail where a deployment would. Queries of
 * one invocation are counted by `src/storage/database.ts` itself.
 */
import { env } from "cloudflare:workers";

/** https://developers.cloudflare.com/d1/platform/limits/: of a row, of a value that is bound, and of one in an answer. */
const MAX_ROW_BYTES = 2_000_000;
const MAX_PARAMETERS = 100;
const MAX_SQL_BYTES = 100_000;
/** https://developers.cloudflare.com/r2/api/workers/workers-api-reference/: keys that one call deletes, or lists. */
const MAX_KEYS = 1000;
/** https://developers.cloudflare.com/queues/platform/limits/: messages that are sent at once, and their bytes. */
const MAX_MESSAGES = 100;
const MAX_MESSAGES_BYTES = 256_000;

/**
 * Not Cloudflare's: rows that one statement of Berth's may write, indexes and what triggers write along included, because it
 * holds the database meanwhile. A thousand take about 5 ms. What has more rows goes in slices.
 */
const MAX_WRITTEN = 10_000;
/** As Drizzle begins statements that change something; tests write their own in another hand. */
const WRITING = /^(delete from|update|insert into) "(\w+)"/;
/** A manifest may have 10,000 parts (`kernel/limits.ts`), which are written in one batch with it. */
const PARTS = new Set(["blobs", "manifest_blobs", "manifest_children", "repository_blobs"]);

/** What exceeds a limit, as the platform would: with an error. */
export class LimitExceeded extends Error {
  override readonly name = "LimitExceeded";
}

function require(isWithin: boolean, what: string): void {
  if (!isWithin) throw new LimitExceeded(what);
}

function bytesOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : 0;
}

type Method = (...parameters: never[]) => unknown;

/** Has a method of a binding's class looked at before it is called, for all objects of that class. */
function guard<T extends object, K extends keyof T & string>(
  example: T,
  name: K,
  check: (...parameters: T[K] extends Method ? Parameters<T[K]> : never) => void,
  checkResult?: (result: unknown, parameters: unknown[], self: unknown) => void,
): void {
  const prototype = Object.getPrototypeOf(example) as Record<string, unknown>;
  const original = prototype[name];
  if (typeof original !== "function") throw new Error(`there is no ${name} to be guarded`);
  prototype[name] = function guarded(this: unknown, ...parameters: T[K] extends Method ? Parameters<T[K]> : never) {
    check(...parameters);
    const result: unknown = Reflect.apply(original, this, parameters);
    if (!checkResult) return result;
    return Promise.resolve(result).then((value) => {
      checkResult(value, parameters, this);
      return value;
    });
  };
}

function checkRows(rows: unknown): void {
  if (!Array.isArray(rows)) return;
  for (const row of rows) {
    if (typeof row !== "object" || row === null) continue;
    for (const value of Object.values(row))
      require(bytesOf(value) <= MAX_ROW_BYTES, "an answer has a value of more than 2 MB");
  }
}

/** The text of a statement, which the binding keeps. */
function textOf(statement: unknown): string {
  const { statement: text } = statement as { statement?: unknown };
  if (typeof text !== "string") throw new Error("the binding keeps no text of its statements");
  return text;
}

function checkWritten(text: string, result: unknown): void {
  const [, , table = ""] = WRITING.exec(text) ?? [];
  if (table === "" || PARTS.has(table)) return;
  const { rows_written: written } = (result as D1Result).meta;
  require(written <= MAX_WRITTEN, `one statement wrote ${written} rows: ${text}`);
}

function checkResults(results: unknown): void {
  for (const result of Array.isArray(results) ? results : [results]) {
    if (typeof result === "object" && result !== null && "results" in result) checkRows(result.results);
  }
}

/** Enforces the limits from now on. */
export function enforceLimits(): void {
  const { DB, BUCKET, DELIVERIES } = env;
  guard(DB, "prepare", (sql) => {
    require(bytesOf(sql) <= MAX_SQL_BYTES, "a statement has more than 100 kB");
  });
  guard(
    DB,
    "batch",
    () => undefined,
    (results, [statements]) => {
      checkResults(results);
      for (const [at, statement] of (statements as unknown[]).entries()) {
        checkWritten(textOf(statement), (results as unknown[])[at]);
      }
    },
  );
  const statement = DB.prepare("SELECT 1");
  guard(statement, "bind", (...values: unknown[]) => {
    require(values.length <= MAX_PARAMETERS, `a statement has ${values.length} parameters`);
    for (const value of values) require(bytesOf(value) <= MAX_ROW_BYTES, "a bound value has more than 2 MB");
  });
  for (const method of ["all", "run"] as const) {
    guard(
      statement,
      method,
      () => undefined,
      (result, _, self) => {
        checkResults(result);
        checkWritten(textOf(self), result);
      },
    );
  }
  guard(statement, "raw", () => undefined, checkRows);
  countRawWrites(statement);
  guard(BUCKET, "delete", (keys) => {
    require(!Array.isArray(keys) || keys.length <= MAX_KEYS, "more than 1,000 objects are deleted at once");
  });
  guard(BUCKET, "list", (options) => {
    require((options?.limit ?? 0) <= MAX_KEYS, "more than 1,000 objects are listed at once");
  });
  guard(DELIVERIES, "sendBatch", (messages) => {
    const all = [...messages];
    require(all.length <= MAX_MESSAGES, `${all.length} messages are sent at once`);
    require(bytesOf(JSON.stringify(all)) <= MAX_MESSAGES_BYTES, "the messages have more than 256 kB");
  });
}

/** The binding does not tell what `raw` writes: what changes something is asked by `all` instead. */
function countRawWrites(example: D1PreparedStatement): void {
  const prototype = Object.getPrototypeOf(example) as { raw: (...options: unknown[]) => Promise<unknown> };
  const original = prototype.raw;
  prototype.raw = async function counted(this: D1PreparedStatement, ...options: unknown[]) {
    if (!WRITING.test(textOf(this))) return Reflect.apply(original, this, options);
    const { results } = await this.all();
    return results.map((row) => Object.values(row));
  };
}

/** The tables with a row that D1 would not have stored. */
export async function tablesWithLongRows(): Promise<string[]> {
  const { results: columns } = await env.DB.prepare(
    `SELECT tables.name AS "table", columns.name AS "column" FROM sqlite_master AS tables
     JOIN pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND substr(tables.name, 1, 4) <> '_cf_'`,
  ).all<{ table: string; column: string }>();
  const byTable = Map.groupBy(columns, ({ table }) => table);
  const long: string[] = [];
  for (const [table, named] of byTable) {
    const bytes = named.map(({ column }) => `ifnull(length(CAST("${column}" AS BLOB)), 0)`).join(" + ");
    const row = await env.DB.prepare(`SELECT 1 FROM "${table}" WHERE ${bytes} > ${MAX_ROW_BYTES} LIMIT 1`).first();
    if (row) long.push(table);
  }
  return long;
}
