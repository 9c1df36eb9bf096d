/**
 * Puts a backup in the place of what a registry stores. First the blobs, then the rows into tables beside those that are used, and at last
 * one transaction that exchanges these: a restore that is killed has changed nothing that anybody sees, and can be repeated.
 */
import { isDigest } from "../../src/kernel/digest.ts";
import { Explained } from "../local/explained.ts";
import type { Migration } from "../local/migrations.ts";
import type { BackupFolder, BackupIndex, BackupTable } from "./backup-folder.ts";
import { cleanUp } from "./backup-registry.ts";
import { copyName, dropCopies, isVirtual, newCopyId, readSchema, type SchemaObject, tablesOf } from "./snapshot.ts";
import { forEachOf, hasDigest, query, quoted, type Statement, type Store, type Value } from "./store.ts";

const PARALLEL = 4;
/** Rows go in slices of about so many characters of JSON: D1 takes 2 MB of bytes as one value. */
const SLICE_CHARACTERS = 400_000;

export interface RestoreOptions {
  /** All migrations that this version of Berth has. */
  migrations: readonly Migration[];
  /** Whether what the registry stores is given up. */
  isReplacing: boolean;
}

export interface RestoreResult {
  /** Blobs that were stored, and that were there already. */
  stored: number;
  kept: number;
  bytes: number;
  rows: number;
  /** Migrations that came after the backup, and were applied. */
  migrated: string[];
}

/**
 * Restores a backup.
 *
 * @throws Explained when the registry is not empty, the backup is damaged or a newer Berth made it; DamagedFile.
 */
export async function restore(
  store: Store,
  folder: BackupFolder,
  index: BackupIndex,
  { migrations, isReplacing }: RestoreOptions,
): Promise<RestoreResult> {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = index.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Explained(
      `A newer version of Berth made this backup: it has ${unknown.join(", ")}. Update Berth, and repeat the command.`,
    );
  }
  await dropCopies(store, folder.notedCopies());
  const before = await readSchema(store);
  if (!isReplacing && !(await isEmpty(store, before))) throw notEmpty(store);
  const id = newCopyId();
  folder.noteCopies(id);
  try {
    const blobs = await storeBlobs(store, folder, index);
    let rows = 0;
    for (const table of index.tables) rows += await loadTable(store, folder, id, table);
    // Read again, because a restore can take hours.
    await exchange(store, index, id, await readSchema(store), isReplacing);
    const migrated = await migrate(store, index, migrations);
    return { ...blobs, rows, migrated };
  } finally {
    await cleanUp(store, folder, id);
  }
}

function notEmpty(store: Store): Explained {
  return new Explained(
    `There are organizations, images or users in ${store.name}. A restore would delete all of it; if that is what you want, ` +
      "make a backup of it first, and repeat the command with --replace.",
  );
}

/** Tables that have no row in a registry that nobody has used yet; besides them it may have its first user. */
const USED_TABLES = ["organizations", "repositories", "blobs", "manifests"];

/** Whether a registry was never used: an SQL expression. */
function emptiness(schema: readonly SchemaObject[]): string {
  const tables = new Set(tablesOf(schema));
  const used = USED_TABLES.filter((name) => tables.has(name)).map((name) => `EXISTS (SELECT 1 FROM ${quoted(name)})`);
  if (tables.has("users")) used.push("(SELECT count(*) FROM users) > 1");
  return used.length === 0 ? "1" : `NOT (${used.join(" OR ")})`;
}

async function isEmpty(store: Store, schema: readonly SchemaObject[]): Promise<boolean> {
  const [row] = await query(store, `SELECT ${emptiness(schema)} AS empty`);
  return row?.empty === 1;
}

async function storeBlobs(
  store: Store,
  folder: BackupFolder,
  index: BackupIndex,
): Promise<Pick<RestoreResult, "stored" | "kept" | "bytes">> {
  const result = { stored: 0, kept: 0, bytes: 0 };
  const table = index.tables.find(({ name }) => name === "blobs");
  if (table === undefined) return result;
  const missing = new Set(index.blobs.missing);
  await forEachOf(blobsOf(folder, table), PARALLEL, async ({ key, digest, size }) => {
    if (missing.has(digest)) return;
    if (await isStored(store, key, { digest, size })) {
      result.kept += 1;
      return;
    }
    const file = { path: folder.blobPath(digest), digest, size };
    if (!(await folder.hasBlob(file, false))) {
      throw new Explained(
        `${file.path} is not there, or has not ${size} bytes: the backup is damaged. Make a new one, or take an older one.`,
      );
    }
    await store.writeObject(key, file);
    if (!(await isStored(store, key, file))) throw new Error(`${store.name} has stored other bytes than ${digest}`);
    result.stored += 1;
    result.bytes += size;
  });
  return result;
}

async function* blobsOf(folder: BackupFolder, table: BackupTable) {
  let columns: Value[] | undefined;
  for await (const line of folder.readTable(table)) {
    if (columns === undefined) {
      columns = line;
      continue;
    }
    const [digest, key, size] = ["digest", "object_key", "size"].map((name) => line[columns?.indexOf(name) ?? -1]);
    if (!isDigest(String(digest))) throw new Explained(`${table.file} has "${digest}", which is no digest.`);
    yield { digest: String(digest), key: String(key), size: Number(size) };
  }
}

/** Whether the bucket has the bytes: by the checksum that it has verified itself, or by reading them. */
async function isStored(store: Store, key: string, blob: { digest: string; size: number }): Promise<boolean> {
  const head = await store.headObject(key);
  if (head?.size !== blob.size) return false;
  if (head.sha256 !== undefined && blob.digest.startsWith("sha256:")) return blob.digest === `sha256:${head.sha256}`;
  const object = await store.readObject(key);
  return object !== undefined && hasDigest(object.body, blob);
}

/** @returns how many rows. @throws Explained when the file is damaged. */
async function loadTable(store: Store, folder: BackupFolder, id: string, table: BackupTable): Promise<number> {
  const name = quoted(copyName(id, table.name));
  let columns: string[] | undefined;
  let slice: Value[][] = [];
  let characters = 0;
  const flush = async () => {
    if (slice.length > 0) await store.batch([insertion(name, columns ?? [], slice)]);
    slice = [];
    characters = 0;
  };
  for await (const line of folder.readTable(table)) {
    if (columns === undefined) {
      columns = line.map(String);
      // Without types: what is inserted stays as it is.
      await query(store, `CREATE TABLE ${name} (${columns.map(quoted).join(", ")})`);
      continue;
    }
    const length = JSON.stringify(line).length;
    if (characters + length > SLICE_CHARACTERS) await flush();
    slice.push(line);
    characters += length;
  }
  await flush();
  const [{ count } = { count: 0 }] = await query(store, `SELECT count(*) AS count FROM ${name}`);
  if (count !== table.rows) throw new Error(`${table.name} has ${count} of ${table.rows} rows`);
  return table.rows;
}

function insertion(name: string, columns: readonly string[], rows: readonly Value[][]): Statement {
  const [first = []] = rows;
  if (rows.length > 1 || JSON.stringify(first).length <= SLICE_CHARACTERS) {
    const values = columns.map((_, index) => `value ->> '$[${index}]'`).join(", ");
    return {
      sql: `INSERT INTO ${name} SELECT ${values} FROM json_each(?1) ORDER BY key`,
      params: [JSON.stringify(rows)],
    };
  }
  // A value that is too long for one parameter is put together of several.
  const params: string[] = [JSON.stringify(first.map((value) => (isLong(value) ? null : value)))];
  const values = first.map((value, index) => {
    if (!isLong(value)) return `?1 ->> '$[${index}]'`;
    const pieces = piecesOf(value).map((piece) => `?${params.push(piece)}`);
    return pieces.join(" || ");
  });
  return { sql: `INSERT INTO ${name} VALUES (${values.join(", ")})`, params };
}

function isLong(value: Value): value is string {
  return typeof value === "string" && value.length > 1000;
}

/** Pieces of a text, none of which ends within a character. */
function piecesOf(text: string): string[] {
  const pieces = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + SLICE_CHARACTERS, text.length);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** The one transaction in which the backup takes the place of what there was. */
async function exchange(
  store: Store,
  index: BackupIndex,
  id: string,
  before: readonly SchemaObject[],
  isReplacing: boolean,
): Promise<void> {
  // Evaluating this fails, which takes everything back.
  const guard = isReplacing ? "1" : `iif(${emptiness(before)}, '1', 'not empty')`;
  try {
    await store.batch([
      { sql: `SELECT json(${guard})` },
      { sql: "PRAGMA defer_foreign_keys = on" },
      ...drop(before),
      ...create(index.schema, ["table"], false),
      ...index.tables.map(({ name }): Statement => {
        return { sql: `INSERT INTO ${quoted(name)} SELECT * FROM ${quoted(copyName(id, name))} ORDER BY rowid` };
      }),
      ...index.tables.map(({ name }): Statement => ({ sql: `DROP TABLE ${quoted(copyName(id, name))}` })),
      ...Object.entries(index.sequences).flatMap(([name, seq]): Statement[] => [
        { sql: "DELETE FROM sqlite_sequence WHERE name = " + literal(name) },
        { sql: `INSERT INTO sqlite_sequence (name, seq) VALUES (${literal(name)}, ${Math.trunc(seq)})` },
      ]),
      ...amend(index),
      ...create(index.schema, ["index", "view"], false),
      ...create(index.schema, ["table"], true),
      ...index.schema
        .filter(isVirtual)
        .map(({ name }): Statement => ({ sql: `INSERT INTO ${quoted(name)} (${quoted(name)}) VALUES ('rebuild')` })),
      // Not earlier: what they count is counted already.
      ...create(index.schema, ["trigger"], false),
    ]);
  } catch (error) {
    if (String(error).includes("malformed JSON")) throw notEmpty(store);
    throw error;
  }
}

/** In an order in which nothing is dropped that something else refers to. */
function drop(schema: readonly SchemaObject[]): Statement[] {
  const of = (type: string, virtual = false) =>
    schema.filter((object) => object.type === type && isVirtual(object) === virtual);
  const ordered = [...of("trigger"), ...of("table", true), ...of("view"), ...childrenFirst(of("table"))];
  return ordered.map(({ type, name }) => ({ sql: `DROP ${type.toUpperCase()} ${quoted(name)}` }));
}

function childrenFirst(tables: readonly SchemaObject[]): SchemaObject[] {
  const left = new Map(tables.map((table) => [table.name, table]));
  const parents = new Map(
    tables.map(({ name, sql }) => {
      const names = [...sql.matchAll(/REFERENCES\s+[`"]?(\w+)/gi)].map(([, parent = ""]) => parent);
      return [name, new Set(names.filter((parent) => parent !== name))];
    }),
  );
  const ordered: SchemaObject[] = [];
  while (left.size > 0) {
    const free = [...left.values()].filter(
      ({ name }) => ![...left.keys()].some((other) => parents.get(other)?.has(name)),
    );
    // Tables that refer to each other go together: the constraint is deferred.
    for (const table of free.length > 0 ? free : left.values()) {
      ordered.push(table);
      left.delete(table.name);
    }
  }
  return ordered;
}

function create(
  schema: readonly SchemaObject[],
  types: readonly SchemaObject["type"][],
  virtual: boolean,
): Statement[] {
  return schema
    .filter((object) => types.includes(object.type) && isVirtual(object) === virtual)
    .map(({ sql }) => ({ sql }));
}

/** What must not be as it was at the time of the backup (ADR 45). */
function amend(index: BackupIndex): Statement[] {
  const now = Date.now();
  const has = new Map(
    index.tables.map(({ name }) => [name, index.schema.find((object) => object.name === name)?.sql ?? ""]),
  );
  const statements: [table: string, column: string, sql: string][] = [
    // Uploads that were under way are gone.
    ["quotas", "used", "UPDATE quotas SET used = 0 WHERE resource = 'openUploads'"],
    // What caches have of repositories with these ids belongs to what was there before.
    ["repositories", "generation", `UPDATE repositories SET generation = generation + ${Math.floor(now / 1000)}`],
    // They would change workloads and other registries to what was pushed back then.
    [
      "deliveries",
      "next_attempt_at",
      `UPDATE deliveries SET status = 'superseded', next_attempt_at = NULL, leased_until = NULL, finished_at = ${now}
       WHERE status IN ('pending', 'rolling')`,
    ],
    [
      "sync_jobs",
      "next_attempt_at",
      `UPDATE sync_jobs SET status = 'cancel', next_attempt_at = NULL, leased_until = NULL, plan = NULL, progress = NULL,
       finished_at = ${now} WHERE finished_at IS NULL`,
    ],
  ];
  const lost = index.blobs.missing.filter(isDigest);
  for (let at = 0; at < lost.length; at += 500) {
    const some = lost
      .slice(at, at + 500)
      .map(literal)
      .join(", ");
    statements.push([
      "blobs",
      "lost_at",
      `UPDATE blobs SET lost_at = ${now} WHERE lost_at IS NULL AND digest IN (${some})`,
    ]);
  }
  return statements.filter(([table, column]) => has.get(table)?.includes(column)).map(([, , sql]) => ({ sql }));
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Applies what the backup's Berth did not have yet, as `wrangler d1 migrations apply` does. */
async function migrate(store: Store, index: BackupIndex, migrations: readonly Migration[]): Promise<string[]> {
  const applied = new Set(index.migrations);
  const pending = migrations.filter(({ name }) => !applied.has(name));
  for (const { name, statements } of pending) {
    await store.batch([
      ...statements.map((sql): Statement => ({ sql })),
      { sql: `INSERT INTO d1_migrations (name) VALUES (${literal(name)})` },
    ]);
  }
  return pending.map(({ name }) => name);
}
