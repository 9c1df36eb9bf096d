import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { applyMigrations } from "../../scripts/local/migrations.ts";
import { temporaryDirectory } from "./support.ts";

let miniflare: Miniflare;
let database: D1Database;

beforeAll(async () => {
  miniflare = new Miniflare({
    cf: {},
    workers: [
      {
        config: {
          name: "migrations",
          compatibilityDate: "2026-11-01",
          env: { DB: { type: "d1", id: "DB" }, LOGINS: { type: "d1", id: "LOGINS" } },
          manifest: {
            mainModule: "index.js",
            modules: { "index.js": { type: "esm", contents: "export default {}" } },
          },
        },
      },
    ],
  });
  database = await miniflare.getD1Database("DB");
});
afterAll(() => miniflare.dispose());

/** Tables other than SQLite's and D1's own. */
async function tables(): Promise<string[]> {
  const { results } = await database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '[s_]*' ORDER BY name")
    .all<{ name: string }>();
  return results.map((row) => row.name);
}

beforeEach(async () => {
  const names = await tables();
  const drops = names.map((table) => database.prepare(`DROP TABLE "${table}"`));
  if (drops.length > 0) await database.batch([database.prepare("PRAGMA defer_foreign_keys=ON"), ...drops]);
});

function migrations(files: Record<string, string>) {
  const directory = temporaryDirectory();
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql);
  return { directory, table: "d1_migrations" };
}

test("applies each migration once, in order, as drizzle-kit writes them", async () => {
  const source = migrations({
    "0001_second.sql": "ALTER TABLE `a` ADD `y` text DEFAULT ';';",
    "0000_first.sql":
      "CREATE TABLE `a` (`x` text);\n--> statement-breakpoint\n" +
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 'b;'; SELECT 1; END;",
    "notes.md": "not a migration",
  });
  expect(await applyMigrations(database, source)).toEqual(["0000_first.sql", "0001_second.sql"]);
  expect(await applyMigrations(database, source)).toEqual([]);
  expect(await tables()).toEqual(["a", "d1_migrations"]);
});

test("a failing migration leaves nothing of itself, and is named with its statement", async () => {
  const source = migrations({
    "0000_good.sql": "CREATE TABLE a (x)",
    "0001_bad.sql":
      "CREATE TABLE b (x);\nINSERT INTO b VALUES (1);\nINSERT INTO missing VALUES (1);\nCREATE TABLE c (x);",
  });
  await expect(applyMigrations(database, source)).rejects.toThrow(
    /Migration 0001_bad\.sql failed: .*no such table: missing[^]*INSERT INTO missing VALUES \(1\)/,
  );
  expect(await tables()).toEqual(["a", "d1_migrations"]);

  writeFileSync(join(source.directory, "0001_bad.sql"), "CREATE TABLE b (x);");
  expect(await applyMigrations(database, source)).toEqual(["0001_bad.sql"]);
});

test("logins that last, and what is encrypted, come over to a registry that is in use", async () => {
  const used = await miniflare.getD1Database("LOGINS");
  const all = resolve(import.meta.dirname, "../../migrations");
  const source = migrations({});
  const files = readdirSync(all)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  for (const file of files.filter((name) => name < "0004")) copyFileSync(join(all, file), join(source.directory, file));
  await applyMigrations(used, source);
  const hour = 3600_000;
  await used.batch(
    [
      "INSERT INTO accounts (id, name, created_at) VALUES (1, 'admin', 0)",
      "INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES (7, 1, 'admin', 'operator', 'hash', 0)",
      `INSERT INTO sessions VALUES ('browser', 7, 1000, ${1000 + 12 * hour}), ('iam', 7, 1000, ${1000 + 24 * hour})`,
      "INSERT INTO access_keys (id, user_id, access_key, encrypted_secret, created_at) VALUES (1, 7, 'KEY', 'iv.text', 0)",
      "INSERT INTO audit_events (id, created_at, account_id, user_name, action, resource, result) VALUES (1, 0, 1, 'admin', 'user.create', 'x', 'success')",
    ].map((sql) => used.prepare(sql)),
  );
  for (const file of files) copyFileSync(join(all, file), join(source.directory, file));
  await applyMigrations(used, source);

  const rows = async (sql: string) => (await used.prepare(sql).raw()).map((row) => row.join(" "));
  expect(await rows("SELECT token_hash, kind, created_at FROM sessions ORDER BY 1")).toEqual([
    "browser browser 1000",
    "iam iam-token 1000",
  ]);
  expect(await rows("SELECT access_key, encrypted_secret FROM access_keys")).toEqual(["KEY iv.text"]);
  expect(await rows("SELECT id, origin_account_id FROM audit_events")).toEqual(["1 "]);
  // The version before goes on until the new one is there.
  await used.exec("INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ('late', 7, 0, 1)");
  const names = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%_by_encryption_key' ORDER BY name";
  expect(await rows(names)).toEqual([
    "access_keys_by_encryption_key",
    "clusters_by_encryption_key",
    "triggers_by_encryption_key",
  ]);
});

test("accounts come to a registry that is in use without a loss", async () => {
  const all = resolve(import.meta.dirname, "../../migrations");
  const source = migrations({});
  const [first = "", ...later] = readdirSync(all)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  copyFileSync(join(all, first), join(source.directory, first));
  await applyMigrations(database, source);
  await database.batch(
    [
      "INSERT INTO users VALUES (7, 'admin', 'hash', 1, 1000), (8, 'other', 'hash', 0, 2000)",
      "INSERT INTO organizations VALUES (3, 'demo', 7, 3000)",
      "INSERT INTO repositories VALUES (4, 3, 'demo/app', 4000)",
      "INSERT INTO blobs VALUES (5, 'sha256:b', 'blobs/b', 123, 1, 1), (6, 'sha256:c', 'blobs/c', 1000, 1, 1)",
      "INSERT INTO repository_blobs VALUES (4, 5), (4, 6)",
      "INSERT INTO manifests VALUES (9, 4, 'sha256:m', 'type', 10, NULL, NULL, NULL, 5000)",
      "INSERT INTO tags VALUES (4, 'v1', 9, 5000, 6000), (4, 'v2', 9, 5000, 7000)",
      "INSERT INTO tag_history VALUES (1, 4, 'v1', 'sha256:m', 8, 6000), (2, 4, 'v2', 'sha256:m', NULL, 7000)",
    ].map((sql) => database.prepare(sql)),
  );
  for (const file of later) copyFileSync(join(all, file), join(source.directory, file));
  await applyMigrations(database, source);

  const rows = async (sql: string) => (await database.prepare(sql).raw()).map((row) => row.join(" "));
  expect(await rows("SELECT id, name FROM accounts")).toEqual(["1 admin"]);
  expect(await rows("SELECT id, account_id, name, role FROM users")).toEqual([
    "7 1 admin operator",
    "8 1 other member",
  ]);
  expect(await rows("SELECT id, account_id, name, created_by FROM organizations")).toEqual(["3 1 demo 7"]);
  expect(await rows("SELECT organization_id, user_id, level FROM organization_permissions")).toEqual(["3 7 manage"]);
  const counters = "account_id, is_public, category, updated_at, tag_count, stored_bytes";
  expect(await rows(`SELECT id, ${counters} FROM repositories`)).toEqual(["4 1 0 other 7000 2 1123"]);
  expect(await rows("SELECT id, user_id FROM tag_history")).toEqual(["1 8", "2 "]);
  expect(await rows("SELECT count(*) FROM repository_blobs")).toEqual(["2"]);
  expect(await rows("PRAGMA foreign_key_check")).toEqual([]);

  await database.exec("DELETE FROM tags WHERE name = 'v2'");
  await database.exec("DELETE FROM repository_blobs WHERE blob_id = 6");
  expect(await rows("SELECT tag_count, stored_bytes FROM repositories")).toEqual(["1 123"]);
});
