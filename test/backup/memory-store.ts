/** A registry's storage in the memory of this process, with D1's limits, and what tests put into it. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { readMigrations } from "../../scripts/local/migrations.ts";
import type { Row, Statement, Store, Value } from "../../scripts/storage/store.ts";

/** https://developers.cloudflare.com/d1/platform/limits: of a statement, of a value, and parameters of one. */
const MAX_STATEMENT = 100_000;
const MAX_VALUE = 2_000_000;
const MAX_PARAMETERS = 100;

export const MIGRATIONS = await readMigrations("migrations");

export interface StoredObject {
  bytes: Uint8Array;
  sha256: string | undefined;
  storedAt: number;
}

export interface MemoryStore extends Store {
  database: DatabaseSync;
  contents: Map<string, StoredObject>;
  /** Is called before each batch: tests let something happen in between. */
  beforeBatch: (statements: readonly Statement[]) => void;
}

export function memoryStore(kind: Store["kind"] = "local"): MemoryStore {
  const database = new DatabaseSync(":memory:");
  const contents = new Map<string, StoredObject>();
  const store: MemoryStore = {
    kind,
    name: "the registry in memory",
    database,
    contents,
    beforeBatch: () => undefined,
    batch: (statements) => {
      store.beforeBatch(statements);
      return Promise.resolve().then(() => runBatch(database, statements));
    },
    readObject: (key) => {
      const object = contents.get(key);
      return Promise.resolve(object && { size: object.bytes.byteLength, body: bodyOf(object.bytes) });
    },
    headObject: (key) => {
      const object = contents.get(key);
      return Promise.resolve(object && { size: object.bytes.byteLength, sha256: object.sha256 });
    },
    listObjects: (after) => {
      const keys = [...contents.keys()].sort().filter((key) => after === undefined || key > after);
      const page = keys.slice(0, 3);
      const objects = page.map((key) => {
        const object = contents.get(key);
        return { key, size: object?.bytes.byteLength ?? 0, storedAt: object?.storedAt ?? 0 };
      });
      return Promise.resolve({ objects, next: keys.length > page.length ? page.at(-1) : undefined });
    },
    deleteObject: (key) => {
      contents.delete(key);
      return Promise.resolve();
    },
    writeObject: (key, file) => {
      const bytes = readFileSync(file.path);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (file.digest !== `sha256:${sha256}`) return Promise.reject(new Error(`${file.path} is damaged`));
      contents.set(key, { bytes, sha256, storedAt: Date.now() });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return store;
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Promise.resolve(bytes.subarray(0, 10));
  yield bytes.subarray(10);
}

/** Runs statements as D1 does: all or none. */
export function runBatch(database: DatabaseSync, statements: readonly Statement[]): Row[][] {
  database.exec("BEGIN");
  try {
    const answers = statements.map(({ sql, params = [] }) => {
      if (Buffer.byteLength(sql) > MAX_STATEMENT) throw new Error("Statement too long");
      if (params.length > MAX_PARAMETERS) throw new Error("too many SQL variables");
      if (params.some((value) => Buffer.byteLength(value) > MAX_VALUE)) throw new Error("string or blob too big");
      return database
        .prepare(sql)
        .all(...params)
        .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, valueOf(value)])));
    });
    database.exec("COMMIT");
    return answers;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function valueOf(value: unknown): Value {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new Error(`a value of type ${typeof value}`);
}

/** All rows of all tables, but of those that a restore empties, and numbers that it raises. */
export function contentOf({ database }: MemoryStore): Record<string, unknown> {
  const names = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !/^(sqlite_|sessions$|open_uploads$|\w+_text_)/.test(name));
  return Object.fromEntries(
    names.map((name) => [
      name,
      rowsOf(database, `SELECT * FROM "${name}" ORDER BY rowid`).map((row) => ({
        ...row,
        ...("generation" in row && { generation: "raised" }),
      })),
    ]),
  );
}

export function rowsOf(database: DatabaseSync, sql: string): Record<string, unknown>[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }));
}

export interface SeededBlob {
  digest: string;
  key: string;
}

/** Puts migrations and a registry's first account into an empty storage. */
export async function prepare(store: MemoryStore, migrations = MIGRATIONS): Promise<void> {
  await store.batch([
    {
      sql: "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP)",
    },
  ]);
  for (const { name, statements } of migrations) {
    await store.batch([
      ...statements.map((sql) => ({ sql })),
      { sql: "INSERT INTO d1_migrations (name, applied_at) VALUES (?1, '2026-01-01')", params: [name] },
    ]);
  }
  await store.batch([
    { sql: "INSERT INTO accounts (name, created_at) VALUES ('admin', 1)" },
    {
      sql: "INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (1, 'admin', 'operator', 'x', 1)",
    },
  ]);
}

/** Adds an organization, which has to be there before its images. */
export async function addOrganization(store: MemoryStore, name: string): Promise<void> {
  await store.batch([
    { sql: "INSERT INTO organizations (account_id, name, created_at) VALUES (1, ?1, 1)", params: [name] },
  ]);
}

/** Adds an image of one tag, with blobs of its own and those given. @returns its blobs. */
export async function addImage(
  store: MemoryStore,
  name: string,
  shared: readonly SeededBlob[] = [],
  annotation = "",
): Promise<SeededBlob[]> {
  const own = [randomBytes(100), randomBytes(2000)].map((bytes) => addObject(store, bytes));
  const layers = [...own.map(({ blob }) => blob), ...shared];
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: own[0]?.blob.digest, size: 100 },
    layers: layers
      .slice(1)
      .map(({ digest }) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: 2000 })),
    annotations: { text: `zeilen\u2028ende ${annotation}` },
  });
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const { database } = store;
  const run = (sql: string, ...values: (string | number)[]) => database.prepare(sql).run(...values).lastInsertRowid;
  const organization = name.split("/")[0] ?? "";
  const repository = Number(
    run(
      `INSERT INTO repositories (organization_id, account_id, name, created_at, updated_at)
       SELECT id, 1, ?, 1, 1 FROM organizations WHERE name = ?`,
      name,
      organization,
    ),
  );
  for (const { blob, size } of own) {
    run(
      "INSERT INTO blobs (digest, object_key, size, created_at, last_used_at) VALUES (?, ?, ?, 1, 1)",
      blob.digest,
      blob.key,
      size,
    );
  }
  const manifest = Number(
    run(
      "INSERT INTO manifests (repository_id, digest, media_type, size, created_at) VALUES (?, ?, ?, ?, 1)",
      repository,
      digest,
      "application/vnd.oci.image.manifest.v1+json",
      Buffer.byteLength(text),
    ),
  );
  // In pieces, as D1's rows end at 2 MB.
  for (let at = 0, position = 0; at < text.length; at += 1_000_000, position += 1) {
    run(
      "INSERT INTO manifest_texts (manifest_id, position, text) VALUES (?, ?, ?)",
      manifest,
      position,
      text.slice(at, at + 1_000_000),
    );
  }
  for (const { digest: part } of layers) {
    run(
      "INSERT INTO repository_blobs (repository_id, blob_id) SELECT ?, id FROM blobs WHERE digest = ?",
      repository,
      part,
    );
    run("INSERT INTO manifest_blobs (manifest_id, blob_id) SELECT ?, id FROM blobs WHERE digest = ?", manifest, part);
  }
  run(
    "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) VALUES (?, '1', ?, 1, 5)",
    repository,
    manifest,
  );
  return layers;
}

function addObject({ contents }: MemoryStore, bytes: Uint8Array) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const blob = { digest: `sha256:${sha256}`, key: `blobs/${crypto.randomUUID()}` };
  contents.set(blob.key, { bytes, sha256, storedAt: 1 });
  return { blob, size: bytes.byteLength };
}
