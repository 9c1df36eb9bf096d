/** Backups and restores between storages in memory and a stand-in for Cloudflare: what is copied, and what happens when something fails. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, globSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BackupFolder } from "../../scripts/storage/backup-folder.ts";
import { backUp } from "../../scripts/storage/backup-registry.ts";
import { checkStorage } from "../../scripts/storage/check-registry.ts";
import { openCloudflareStore } from "../../scripts/storage/cloudflare.ts";
import { restore } from "../../scripts/storage/restore-registry.ts";
import type { Store } from "../../scripts/storage/store.ts";
import { RECOUNTS } from "../support/recounts.ts";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";
import { type FakeCloudflare, startFakeCloudflare } from "./fake-cloudflare.ts";
import {
  addImage,
  addOrganization,
  contentOf,
  type MemoryStore,
  memoryStore,
  MIGRATIONS,
  prepare,
  rowsOf,
  type SeededBlob,
} from "./memory-store.ts";

let path: string;
let source: MemoryStore;
let blobs: SeededBlob[];

beforeEach(async () => {
  path = makeTemporaryDirectory();
  source = memoryStore();
  blobs = await seed(source);
});
afterEach(() => removeDirectory(path));

async function seed(store: MemoryStore): Promise<SeededBlob[]> {
  await prepare(store);
  await addOrganization(store, "acme");
  const layers = await addImage(store, "acme/web");
  // A text above what one parameter of D1 takes.
  await addImage(store, "acme/api", layers.slice(1, 2), "€".repeat(700_000));
  store.database.exec(`
    INSERT INTO access_keys (user_id, access_key, encrypted_secret, created_at) VALUES (1, 'AK', '0a1b2c3d.iv.text', 1);
    INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ('hash', 1, 1, 9);
    INSERT INTO open_uploads (id, organization_id, user_id, seen_at) VALUES ('upload', 1, 1, 1);
    INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (1, 'gone', 'member', 'x', 1);
    DELETE FROM users WHERE name = 'gone';
    INSERT INTO triggers (repository_id, name, condition_kind, condition, is_enabled, target, created_at, updated_at) VALUES (1, 'hook', 'all', '{}', 1, '{}', 1, 1);
    INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, next_attempt_at, created_at)
      VALUES ('a', 1, '{}', '1', 'd', 'pending', 1, 1), ('b', 1, '{}', '1', 'd', 'success', NULL, 1);`);
  return layers;
}

async function backUpInto(store: Store, options: { isVerified?: boolean } = {}) {
  const folder = BackupFolder.openForWriting(path);
  try {
    return await backUp(store, folder, { version: "1.2.3", isVerified: false, ...options });
  } finally {
    folder.close();
  }
}

async function restoreInto(store: Store, options: { isReplacing?: boolean; migrations?: typeof MIGRATIONS } = {}) {
  const folder = BackupFolder.openForReading(path);
  try {
    const index = folder.readIndex();
    if (index === undefined) throw new Error("no index");
    return await restore(store, folder, index, { migrations: MIGRATIONS, isReplacing: false, ...options });
  } finally {
    folder.close();
  }
}

const copies = ({ database }: MemoryStore) =>
  rowsOf(database, "SELECT name FROM sqlite_schema WHERE name GLOB 'copy_*'");

/** What differs between a registry and its restored copy, besides what is dropped on purpose. */
function expectSame(target: MemoryStore, original = source): void {
  const amended = contentOf(original);
  const restored = contentOf(target);
  const deliveries = rowsOf(target.database, "SELECT uid, status, next_attempt_at AS due FROM deliveries ORDER BY id");
  expect(deliveries).toEqual([
    { uid: "a", status: "superseded", due: null },
    { uid: "b", status: "success", due: null },
  ]);
  expect({ ...restored, deliveries: [], quotas: [] }).toEqual({ ...amended, deliveries: [], quotas: [] });
  expect(
    rowsOf(target.database, "SELECT * FROM sessions UNION ALL SELECT * FROM open_uploads, (SELECT 1, 1, 1, 1, 1, 1)"),
  ).toEqual([]);
  expect(RECOUNTS.flatMap((sql) => rowsOf(target.database, sql))).toEqual([]);
  const schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name";
  expect(rowsOf(target.database, schema)).toEqual(rowsOf(original.database, schema));
  // A table that never had a row may have a zero.
  const sequences = "SELECT name, seq FROM sqlite_sequence WHERE seq > 0 ORDER BY name";
  expect(rowsOf(target.database, sequences)).toEqual(rowsOf(original.database, sequences));
  for (const [key, { bytes }] of original.contents) expect(target.contents.get(key)?.bytes).toEqual(bytes);
}

test("a restored registry has every row, object, number and search index of the original", async () => {
  const { index, fetched } = await backUpInto(source);
  expect(index).toMatchObject({
    source: "local",
    berth: "1.2.3",
    encryptionKeys: ["0a1b2c3d"],
    blobs: { count: 4, missing: [] },
  });
  expect(fetched).toEqual({ count: 4, bytes: 4200 });
  expect(copies(source)).toEqual([]);
  const target = memoryStore();
  expect(await restoreInto(target)).toMatchObject({ stored: 4, kept: 0, migrated: [] });
  expectSame(target);
  expect(copies(target)).toEqual([]);
  // Ids that were given out are not given out again.
  target.database.exec(
    "INSERT INTO users (account_id, name, role, password_hash, created_at) VALUES (1, 'new', 'member', 'x', 1)",
  );
  expect(rowsOf(target.database, "SELECT id FROM users WHERE name = 'new'")).toEqual([{ id: 3 }]);
});

test("a second backup copies what is new, and drops what is gone", async () => {
  await backUpInto(source);
  await addImage(source, "acme/new");
  source.database.exec(
    "INSERT INTO blobs (digest, object_key, size, created_at, last_used_at) SELECT digest || '0', 'x', 1, 1, 1 FROM blobs WHERE 0",
  );
  const { fetched } = await backUpInto(source);
  expect(fetched.count).toBe(2);
  source.database.exec(`
    DELETE FROM tags WHERE repository_id = 3; DELETE FROM manifests WHERE repository_id = 3; DELETE FROM repository_blobs WHERE repository_id = 3;
    DELETE FROM blobs WHERE id > 4;`);
  expect(await backUpInto(source)).toMatchObject({ fetched: { count: 0 }, removed: 2 });
  expect(globSync(join(path, "blobs/sha256/*/*"))).toHaveLength(4);
  expect(globSync(join(path, "database/*"))).toHaveLength(1);
});

test("a backup is of one moment, whatever is pushed and collected meanwhile", async () => {
  let batches = 0;
  const before = contentOf(source);
  source.beforeBatch = (statements) => {
    // Behind the snapshot; the tables are read afterwards.
    if (!statements.some(({ sql }) => sql.includes("copy_row")) || (batches += 1) !== 3) return;
    source.database.exec(
      "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) VALUES (1, 'late', 1, 1, 1)",
    );
  };
  await backUpInto(source);
  source.beforeBatch = () => undefined;
  expect(batches).toBeGreaterThan(3);
  const target = memoryStore();
  await restoreInto(target);
  expect(contentOf(target).tags).toEqual(before.tags);
});

test("blobs that are collected between the snapshot and their copy make it take another snapshot", async () => {
  let isCollected = false;
  const { readObject } = source;
  source.readObject = (key) => {
    if (!isCollected) {
      isCollected = true;
      source.database.exec(`
        DELETE FROM tags WHERE repository_id = 1; DELETE FROM manifests WHERE id = 1;
        DELETE FROM repository_blobs WHERE blob_id = 1; DELETE FROM blobs WHERE id = 1`);
      source.contents.delete(blobs[0]?.key ?? "");
    }
    return readObject(key);
  };
  const { index } = await backUpInto(source);
  expect(index.blobs).toMatchObject({ count: 3, missing: [] });
  expect(copies(source)).toEqual([]);
  const target = memoryStore();
  await restoreInto(target);
  expect(rowsOf(target.database, "SELECT id FROM manifests")).toEqual([{ id: 2 }]);
});

test("what the registry has lost is named, and marked as lost in a restored one", async () => {
  source.contents.delete(blobs[0]?.key ?? "");
  source.contents.set(blobs[1]?.key ?? "", { bytes: randomBytes(2000), sha256: undefined, storedAt: 1 });
  const { index } = await backUpInto(source);
  expect(index.blobs).toMatchObject({ count: 2, missing: blobs.map(({ digest }) => digest).sort() });
  const target = memoryStore();
  await restoreInto(target);
  expect(rowsOf(target.database, "SELECT id FROM blobs WHERE lost_at IS NOT NULL ORDER BY id")).toEqual([
    { id: 1 },
    { id: 2 },
  ]);
});

test("a restore into a registry that has something is refused, unless all of it is given up", async () => {
  await backUpInto(source);
  const target = memoryStore();
  await prepare(target);
  await addOrganization(target, "mine");
  const before = contentOf(target);
  await expect(restoreInto(target)).rejects.toThrow("--replace");
  expect(contentOf(target)).toEqual(before);
  await restoreInto(target, { isReplacing: true });
  expectSame(target);
  // What caches have of a repository belongs to what was there before.
  expect(rowsOf(target.database, "SELECT min(generation) > 1000000000 AS raised FROM repositories")).toEqual([
    { raised: 1 },
  ]);
});

test("a registry that is first used during a restore is not overwritten", async () => {
  await backUpInto(source);
  const target = memoryStore();
  await prepare(target);
  target.beforeBatch = (statements) => {
    if (statements.length < 100) return;
    target.database.exec("INSERT INTO organizations (account_id, name, created_at) VALUES (1, 'quick', 1)");
  };
  await expect(restoreInto(target)).rejects.toThrow("--replace");
  expect(rowsOf(target.database, "SELECT name FROM organizations")).toEqual([{ name: "quick" }]);
  expect(copies(target)).toEqual([]);
});

test("a damaged backup is not restored, and the next backup mends it", async () => {
  await backUpInto(source);
  const [blob = ""] = globSync(join(path, "blobs/sha256/*/*"));
  writeFileSync(blob, randomBytes(statSync(blob).size));
  const target = memoryStore();
  await expect(restoreInto(target)).rejects.toThrow("is damaged");
  expect((await backUpInto(source, { isVerified: true })).fetched.count).toBe(1);
  const [table = ""] = globSync(join(path, "database/*/tags.jsonl"));
  const text = readFileSync(table, "utf8");
  truncateSync(table, text.length - 10);
  await expect(restoreInto(target)).rejects.toThrow("tags.jsonl is damaged");
  writeFileSync(table, text.replace('"1"', '"2"'));
  await expect(restoreInto(target)).rejects.toThrow("tags.jsonl is damaged");
  expect(rowsOf(target.database, "SELECT name FROM sqlite_schema")).toEqual([{ name: "sqlite_sequence" }].slice(1));
  writeFileSync(table, text);
  await restoreInto(target);
  expectSame(target);
});

test("a backup of an older Berth is migrated, and one of a newer is refused", async () => {
  const old = memoryStore();
  await prepare(old, MIGRATIONS.slice(0, 10));
  await backUpInto(old);
  const target = memoryStore();
  const { migrated } = await restoreInto(target);
  expect(migrated).toEqual(MIGRATIONS.slice(10).map(({ name }) => name));
  await expect(restoreInto(memoryStore(), { migrations: MIGRATIONS.slice(0, 9) })).rejects.toThrow(MIGRATIONS[9]?.name);
  const file = join(path, "backup.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"format": 1', '"format": 2'));
  await expect(restoreInto(memoryStore())).rejects.toThrow("format 2");
});

test("wherever a backup or a restore breaks off, nothing is half, and the next one finishes it", async () => {
  const broken = new Error("killed");
  const breakAt = (store: MemoryStore, batch: number) => {
    let left = batch;
    // Everything fails from then on, as after a kill: nothing is cleaned up.
    store.beforeBatch = () => {
      if ((left -= 1) < 0) throw broken;
    };
  };
  let isDone = false;
  for (let batch = 0; !isDone; batch += 7) {
    breakAt(source, batch);
    isDone = await backUpInto(source).then(
      () => true,
      () => false,
    );
    source.beforeBatch = () => undefined;
    // There is a backup, or none.
    expect(existsSync(join(path, "backup.json"))).toBe(isDone);
  }
  await backUpInto(source);
  expect(copies(source)).toEqual([]);
  const target = memoryStore();
  isDone = false;
  for (let batch = 0; !isDone; batch += 7) {
    breakAt(target, batch);
    isDone = await restoreInto(target).then(
      () => true,
      () => false,
    );
    target.beforeBatch = () => undefined;
    // None of its tables, or all of them.
    const [tables] = rowsOf(
      target.database,
      "SELECT count(*) AS count FROM sqlite_schema WHERE name IN ('tags', 'users')",
    );
    expect(tables?.count).toBe(isDone ? 2 : 0);
  }
  expectSame(target);
  expect(copies(target)).toEqual([]);
});

test("two at once are refused", () => {
  const folder = BackupFolder.openForWriting(path);
  expect(() => BackupFolder.openForWriting(path)).toThrow(`process ${process.pid}`);
  folder.close();
  BackupFolder.openForWriting(path).close();
});

test("a folder that holds something else is left alone", () => {
  writeFileSync(join(path, "notes.txt"), "mine");
  expect(() => BackupFolder.openForWriting(path)).toThrow("no backup");
  expect(() => BackupFolder.openForReading(path)).toThrow("There is no backup");
});

let cloudflare: FakeCloudflare | undefined;
afterEach(() => cloudflare?.stop());

test("a registry moves to Cloudflare and back", async () => {
  // More than one part.
  const large = randomBytes(17 * 1024 * 1024);
  const sha256 = createHash("sha256").update(large).digest("hex");
  source.contents.set("blobs/large", { bytes: large, sha256, storedAt: 1 });
  source.database.exec(
    `INSERT INTO blobs (digest, object_key, size, created_at, last_used_at) VALUES ('sha256:${sha256}', 'blobs/large', ${large.length}, 1, 1)`,
  );
  await backUpInto(source);
  cloudflare = await startFakeCloudflare("berth");
  await prepare(cloudflare.store);
  const store = await openCloudflareStore("berth", cloudflare.environment);
  cloudflare.refusals.push(
    { to: "POST /client/v4/accounts/account1/d1", status: 429, headers: { "Retry-After": "1" } },
    { to: `PUT /berth-bucket/${blobs[0]?.key}`, status: 500 },
  );
  expect(await restoreInto(store)).toMatchObject({ stored: 5 });
  expectSame(cloudflare.store);
  expect(await restoreInto(store, { isReplacing: true })).toMatchObject({ stored: 0, kept: 5 });
  const findings: unknown[] = [];
  await checkStorage(store, { isRepairing: false, tell: (finding) => findings.push(finding) });
  expect(findings).toEqual([]);

  removeDirectory(path);
  const { index } = await backUpInto(store);
  expect(index.source).toBe("cloudflare");
  const back = memoryStore();
  await restoreInto(back);
  expectSame(back);
});

test("what is wrong with the access to Cloudflare is said in plain words", async () => {
  await expect(openCloudflareStore("berth", {})).rejects.toThrow("CLOUDFLARE_API_TOKEN");
  cloudflare = await startFakeCloudflare("berth");
  const { environment } = cloudflare;
  await expect(openCloudflareStore("berth", { ...environment, CLOUDFLARE_API_TOKEN: "wrong" })).rejects.toThrow("403");
  await expect(openCloudflareStore("other", environment)).rejects.toThrow("404");
  const wrongKeys = { ...environment, R2_ACCESS_KEY_ID: "a", R2_SECRET_ACCESS_KEY: "b" };
  const store = await openCloudflareStore("berth", wrongKeys);
  await expect(store.readObject("blobs/x")).rejects.toThrow("SignatureDoesNotMatch");
});
