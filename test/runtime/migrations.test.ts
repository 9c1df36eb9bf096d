import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { applyMigrations, readMigrations } from "../../scripts/local/migrations.ts";
import { RECOUNTS } from "../support/recounts.ts";
import { temporaryDirectory } from "./programs.ts";

/** A database for each test: dropping tables that refer to each other is a story of its own. */
const DATABASES = Array.from({ length: 30 }, (_, at) => `DATABASE_${at}`);
const unused = [...DATABASES];
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
          env: Object.fromEntries(DATABASES.map((id) => [id, { type: "d1", id }])),
          manifest: {
            mainModule: "index.js",
            modules: { "index.js": { type: "esm", contents: "export default {}" } },
          },
        },
      },
    ],
  });
});
afterAll(() => miniflare.dispose());

/** Tables other than SQLite's and D1's own, and those that searches by text are made of. */
async function tables(): Promise<string[]> {
  const { results } = await database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '[s_]*' AND name NOT GLOB '*_text_*' ORDER BY name",
    )
    .all<{ name: string }>();
  return results.map((row) => row.name);
}

beforeEach(async () => {
  database = await miniflare.getD1Database(unused.shift() ?? "");
});

function writeMigrations(files: Record<string, string>): string {
  const directory = temporaryDirectory();
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql);
  return directory;
}

/** Applies those of a folder. */
async function applyFrom(directory: string): Promise<string[]> {
  return applyMigrations(database, { files: await readMigrations(directory), table: "d1_migrations" });
}

test("applies each migration once, in order, as drizzle-kit writes them", async () => {
  const folder = writeMigrations({
    "0001_second.sql": "ALTER TABLE `a` ADD `y` text DEFAULT ';';",
    "0000_first.sql":
      "CREATE TABLE `a` (`x` text);\n--> statement-breakpoint\n" +
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 'b;'; SELECT 1; END;",
    "notes.md": "not a migration",
  });
  expect(await applyFrom(folder)).toEqual(["0000_first.sql", "0001_second.sql"]);
  expect(await applyFrom(folder)).toEqual([]);
  expect(await tables()).toEqual(["a", "d1_migrations"]);
});

/** The database behind a connection that breaks with each batch's first try: before it came, or with its answer. */
function breaking(where: "before" | "after"): D1Database {
  const broken = new TypeError("fetch failed", { cause: new Error("other side closed") });
  let tries = 0;
  return new Proxy(database, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== "batch") return typeof value === "function" ? (value.bind(target) as unknown) : value;
      return async (statements: Parameters<D1Database["batch"]>[0]) => {
        tries += 1;
        if (tries % 2 === 0) return target.batch(statements);
        if (where === "after") await target.batch(statements);
        throw broken;
      };
    },
  });
}

test.each(["before", "after"] as const)("a connection that breaks %s a migration does not fail it", async (where) => {
  const folder = writeMigrations({ "0000_a.sql": "CREATE TABLE a (x)", "0001_b.sql": "CREATE TABLE b (x)" });
  const files = await readMigrations(folder);
  await applyMigrations(breaking(where), { files, table: "d1_migrations" });
  expect(await tables()).toEqual(["a", "b", "d1_migrations"]);
  expect(await applyFrom(folder)).toEqual([]);
});

test("a failing migration leaves nothing of itself, and is named with its statement", async () => {
  const folder = writeMigrations({
    "0000_good.sql": "CREATE TABLE a (x)",
    "0001_bad.sql":
      "CREATE TABLE b (x);\nINSERT INTO b VALUES (1);\nINSERT INTO missing VALUES (1);\nCREATE TABLE c (x);",
  });
  await expect(applyFrom(folder)).rejects.toThrow(
    /Migration 0001_bad\.sql failed: .*no such table: missing[^]*INSERT INTO missing VALUES \(1\)/,
  );
  expect(await tables()).toEqual(["a", "d1_migrations"]);

  writeFileSync(join(folder, "0001_bad.sql"), "CREATE TABLE b (x);");
  expect(await applyFrom(folder)).toEqual(["0001_bad.sql"]);
});

/**
 * Opens a registry that is in use with the newest version.
 *
 * @param first the migration that is new; those before it are there with the rows.
 * @returns a query, whose rows come as text.
 */
async function upgrade(first: string, statements: readonly string[]): Promise<(sql: string) => Promise<string[]>> {
  const all = resolve(import.meta.dirname, "../../migrations");
  const folder = writeMigrations({});
  const files = readdirSync(all).filter((file) => file.endsWith(".sql"));
  for (const file of files.filter((name) => name < first)) copyFileSync(join(all, file), join(folder, file));
  await applyFrom(folder);
  for (const sql of statements) await database.prepare(sql).run();
  for (const file of files) copyFileSync(join(all, file), join(folder, file));
  await applyFrom(folder);
  const rows = async (sql: string) => (await database.prepare(sql).raw()).map((row) => row.join(" "));
  // What is inserted here has no texts of manifests.
  const recounts = RECOUNTS.filter((sql) => !sql.includes("manifest_texts"));
  expect((await Promise.all(recounts.map(rows))).flat()).toEqual([]);
  return rows;
}

const LANDED = readdirSync(resolve(import.meta.dirname, "../../migrations"))
  .filter((file) => file.endsWith(".sql"))
  .sort()
  .slice(1);

test.for(LANDED)("a registry from before %s opens with the newest, and counts what comes", async (first) => {
  await upgrade(first, []);
  for (const sql of [
    "INSERT INTO accounts (id, name, created_at) VALUES (11, 'acme', 0)",
    "INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES (11, 11, 'ann', 'operator', '', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (11, 11, 'acme', 0)",
    "INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES (11, 11, 11, 'acme/web', 0)",
    "INSERT INTO tag_history (repository_id, tag, created_at) VALUES (11, 'v1', 0)",
    "UPDATE users SET name = '~11' WHERE id = 11",
  ]) {
    await database.prepare(sql).run();
  }
  const counted = await Promise.all(RECOUNTS.map((sql) => database.prepare(sql).raw()));
  expect(counted.flat()).toEqual([]);
});

test("accounts come to a registry that is in use without a loss", async () => {
  const rows = await upgrade("0001", [
    "INSERT INTO users VALUES (7, 'admin', 'hash', 1, 1000), (8, 'other', 'hash', 0, 2000)",
    "INSERT INTO organizations VALUES (3, 'demo', 7, 3000)",
    "INSERT INTO repositories VALUES (4, 3, 'demo/app', 4000)",
    "INSERT INTO blobs VALUES (5, 'sha256:b', 'blobs/b', 123, 1, 1), (6, 'sha256:c', 'blobs/c', 1000, 1, 1)",
    "INSERT INTO repository_blobs VALUES (4, 5), (4, 6)",
    "INSERT INTO manifests VALUES (9, 4, 'sha256:m', 'type', 10, NULL, NULL, NULL, 5000)",
    "INSERT INTO tags VALUES (4, 'v1', 9, 5000, 6000), (4, 'v2', 9, 5000, 7000)",
    "INSERT INTO tag_history VALUES (1, 4, 'v1', 'sha256:m', 8, 6000), (2, 4, 'v2', 'sha256:m', NULL, 7000)",
  ]);
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

  expect(await rows("SELECT user_count, organization_count FROM accounts")).toEqual(["2 1"]);
  expect(await rows("SELECT user_count, image_bytes FROM organizations")).toEqual(["1 1123"]);
  for (const [table, text, id] of [
    ["repositories", "EMO/ap", 4],
    ["organizations", "dem", 3],
    ["users", "othe", 8],
    ["accounts", "ADMIN", 1],
  ] as const) {
    expect(await rows(`SELECT rowid FROM ${table}_text WHERE ${table}_text MATCH '"${text}"'`)).toEqual([String(id)]);
  }

  await database.exec("DELETE FROM tags WHERE name = 'v2'");
  await database.exec("DELETE FROM repository_blobs WHERE blob_id = 6");
  expect(await rows("SELECT tag_count, stored_bytes FROM repositories")).toEqual(["1 123"]);
  expect(await rows("SELECT image_bytes FROM organizations")).toEqual(["123"]);
});

test("counters come to a registry that is in use, and are exact", async () => {
  const rows = await upgrade("0006", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'one', 0), (2, 'two', 0)",
    "INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES (1, 1, 'ann', 'operator', '', 0)",
    "INSERT INTO organizations (id, account_id, name, created_by, created_at) VALUES (1, 1, 'acme', 1, 0), (2, 1, 'other', 1, 0)",
    "INSERT INTO organization_permissions VALUES (1, 1, 'manage', 0)",
    "INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES (1, 1, 1, 'acme/web', 0), (2, 2, 1, 'other/db', 0)",
    "INSERT INTO shares (repository_id, account_id, deadline, created_at, updated_at) VALUES (1, 2, 'forever', 0, 0)",
    "INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at) VALUES (1, 1, 'sha256:a', 'x', 1, 0), (2, 1, 'sha256:b', 'x', 1, 0)",
    "INSERT INTO manifest_platforms (manifest_id, repository_id, os, architecture) VALUES (1, 1, 'linux', 'amd64'), (2, 1, 'linux', 'arm64')",
    "INSERT INTO tags VALUES (1, 'v1', 1, 0, 0)",
    "INSERT INTO daily_pulls VALUES (1, '2026-01-01', 1, 1, 10), (1, '2026-01-01', 2, 1, 20), (1, '2026-01-01', 99, 1, 40)",
    "INSERT INTO audit_events (account_id, user_name, action, resource, result, created_at) VALUES (1, 'ann', 'x', 'y', 'denied', 5)",
  ]);
  const platforms = "SELECT architecture, is_tagged FROM manifest_platforms ORDER BY 1";
  const pulls = "SELECT organization_id, bytes FROM daily_organization_pulls ORDER BY 1";
  expect(await rows("SELECT id, user_count, organization_count FROM accounts")).toEqual(["1 1 2", "2 0 0"]);
  expect(await rows("SELECT name, user_count FROM organizations")).toEqual(["acme 1", "other 0"]);
  expect(await rows("SELECT name, share_count FROM repositories ORDER BY 1")).toEqual(["acme/web 1", "other/db 0"]);
  expect(await rows(platforms)).toEqual(["amd64 1", "arm64 0"]);
  expect(await rows(pulls)).toEqual(["0 70", "1 10", "2 20"]);
  expect(await rows("SELECT count(*) FROM audit_events")).toEqual(["1"]);

  for (const sql of [
    "UPDATE tags SET manifest_id = 2 WHERE name = 'v1'",
    "DELETE FROM shares",
    "UPDATE daily_pulls SET bytes = bytes + 5 WHERE repository_id = 2",
    "INSERT INTO daily_pulls VALUES (1, '2026-01-01', 3, 1, 1)",
    "DELETE FROM users",
  ]) {
    await database.prepare(sql).run();
  }
  expect(await rows(platforms)).toEqual(["amd64 0", "arm64 1"]);
  expect(await rows("SELECT share_count FROM repositories WHERE id = 1")).toEqual(["0"]);
  expect(await rows(pulls)).toEqual(["0 76", "1 10", "2 25"]);
  expect(await rows("SELECT user_count FROM accounts WHERE id = 1")).toEqual(["0"]);
  expect(await rows("SELECT user_count FROM organizations WHERE id = 1")).toEqual(["0"]);
  expect(await rows(`SELECT rowid FROM users_text WHERE users_text MATCH '"ann"'`)).toEqual([]);
});

test("companions come apart from versions in a registry that is in use, also in one that is deleting an image", async () => {
  const hex = (digit: string) => digit.repeat(64);
  const rows = await upgrade("0007", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'one', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (1, 1, 'acme', 0), (2, 1, 'other', 0)",
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES
       (1, 1, 1, 'acme/web', 0), (2, 1, 1, 'acme/gone', 0), (3, 2, 1, 'other/signatures', 0)`,
    `INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at) VALUES
       (1, 1, 'sha256:${hex("a")}', 'x', 1, 0), (2, 1, 'sha256:${hex("b")}', 'x', 1, 0),
       (3, 2, 'sha256:${hex("a")}', 'x', 1, 0), (4, 3, 'sha256:${hex("c")}', 'x', 1, 0)`,
    `INSERT INTO manifest_platforms (manifest_id, repository_id, os, architecture) VALUES
       (1, 1, 'linux', 'amd64'), (2, 1, 'linux', 'arm64'), (3, 2, 'linux', 's390x')`,
    `INSERT INTO tags VALUES (1, 'v1', 1, 0, 0), (1, 'sha256-${hex("a")}.sig', 2, 0, 0), (1, 'sha256-${hex("a")}.att', 2, 0, 0),
       (2, 'v1', 3, 0, 0), (2, 'sha256-${hex("b")}.sig', 3, 0, 0), (3, 'sha256-${hex("a")}.sig', 4, 0, 0)`,
    "UPDATE repositories SET account_id = 0, name = '~2' WHERE id = 2",
  ]);
  const counts = "SELECT id, tag_count, companion_count FROM repositories ORDER BY id";
  const platforms = "SELECT architecture, is_tagged FROM manifest_platforms ORDER BY 1";
  const holders = `SELECT name, companion_count FROM organizations UNION ALL SELECT name, companion_count FROM accounts`;
  const used =
    "SELECT holder_id, used FROM quotas WHERE holder = 'organization' AND resource = 'tags' AND holder_id > 0 ORDER BY 1";
  expect(await rows(counts)).toEqual(["1 1 2", "2 1 1", "3 0 1"]);
  expect(await rows(holders)).toEqual(["acme 2", "other 1", "one 3"]);
  expect(await rows(used)).toEqual(["1 3", "2 1"]);
  expect(await rows(platforms)).toEqual(["amd64 1", "arm64 0", "s390x 1"]);
  // Only that one waits whose image is not there.
  expect(await rows("SELECT repository_id FROM tags WHERE waiting_since > 0 ORDER BY 1")).toEqual(["2", "3"]);

  for (const sql of [
    "DELETE FROM tags WHERE repository_id = 2",
    "DELETE FROM tags WHERE repository_id = 1 AND name = 'v1'",
    `UPDATE tags SET companion_of = NULL, name = 'v2' WHERE name = 'sha256-${hex("a")}.att'`,
  ]) {
    await database.prepare(sql).run();
  }
  expect(await rows(counts)).toEqual(["1 1 1", "2 0 0", "3 0 1"]);
  expect(await rows(holders)).toEqual(["acme 1", "other 1", "one 2"]);
  expect(await rows(used)).toEqual(["1 2", "2 1"]);
  expect(await rows(platforms)).toEqual(["amd64 0", "arm64 1", "s390x 0"]);
  // Nothing is noted of what is deleted anyway.
  expect(await rows("SELECT repository_id, digest FROM unsettled_manifests")).toEqual([`1 sha256:${hex("a")}`]);

  await database.prepare("UPDATE repositories SET account_id = 0, name = '~1' WHERE id = 1").run();
  await database.prepare("UPDATE manifests SET digest = '~' || id || ' ' || digest WHERE repository_id = 1").run();
  expect(await rows(holders)).toEqual(["acme 0", "other 1", "one 1"]);
  expect(await rows(used)).toEqual(["1 0", "2 1"]);
});

test("tags are weighed, and found by any part of their names, in a registry that is in use", async () => {
  const rows = await upgrade("0014", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'one', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (1, 1, 'acme', 0)",
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES
       (1, 1, 1, 'acme/web', 0), (2, 1, 1, 'acme/db', 0)`,
    `INSERT INTO blobs (id, digest, object_key, size, created_at, last_used_at) VALUES
       (1, 'sha256:1', 'blobs/1', 100, 0, 0), (2, 'sha256:2', 'blobs/2', 20, 0, 0), (3, 'sha256:3', 'blobs/3', 3, 0, 0)`,
    `INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at) VALUES
       (1, 1, 'sha256:m1', 'x', 1, 0), (2, 1, 'sha256:m2', 'x', 1, 0), (3, 1, 'sha256:m3', 'x', 1, 0), (4, 2, 'sha256:m1', 'x', 1, 0)`,
    "INSERT INTO manifest_blobs VALUES (1, 1), (1, 2), (2, 1), (2, 3), (4, 3)",
    "INSERT INTO manifest_children VALUES (3, 1), (3, 2)",
    `INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at, companion_of) VALUES
       (1, 'v1.0-Alpine', 1, 0, 0, NULL), (1, 'all', 3, 0, 0, NULL), (2, 'v1.0-Alpine', 4, 0, 0, NULL),
       (1, 'sha256-0.sig', 2, 0, 0, 'sha256:m1')`,
  ]);
  const bytes = "SELECT repository_id, name, image_bytes FROM tags ORDER BY 1, 2";
  const found = (text: string) =>
    rows(`SELECT rowid >> 32, (SELECT name FROM tags WHERE tags.rowid = tags_text.rowid & 4294967295) FROM tags_text
      WHERE tags_text MATCH '"${text}"' ORDER BY 1, 2`);
  expect(await rows(bytes)).toEqual(["1 all 123", "1 sha256-0.sig 103", "1 v1.0-Alpine 120", "2 v1.0-Alpine 3"]);
  expect(await found("0-alp")).toEqual(["1 v1.0-Alpine", "2 v1.0-Alpine"]);
  expect(await found("sha256")).toEqual([]);

  for (const sql of [
    "INSERT INTO tags (repository_id, name, manifest_id, created_at, updated_at) VALUES (1, 'new-alpine', 2, 0, 0)",
    "UPDATE tags SET manifest_id = 1 WHERE name = 'all'",
    "UPDATE tags SET companion_of = NULL WHERE name = 'sha256-0.sig'",
    "DELETE FROM tags WHERE repository_id = 2",
  ]) {
    await database.prepare(sql).run();
  }
  expect(await rows(bytes)).toEqual(["1 all 120", "1 new-alpine 103", "1 sha256-0.sig 103", "1 v1.0-Alpine 120"]);
  expect(await found("alpine")).toEqual(["1 new-alpine", "1 v1.0-Alpine"]);
  expect(await found("sha256")).toEqual(["1 sha256-0.sig"]);
  await database.prepare("UPDATE tags SET companion_of = 'sha256:m1' WHERE name = 'sha256-0.sig'").run();
  expect(await found("sha256")).toEqual([]);
  await database.prepare("INSERT INTO tags_text (tags_text) VALUES ('rebuild')").run();
  expect(await found("alpine")).toEqual(["1 new-alpine", "1 v1.0-Alpine"]);
  await database.prepare("INSERT INTO tags_text (tags_text) VALUES ('integrity-check')").run();
});

test("quotas come to a registry that is in use, count what is there, and refuse nobody what they have", async () => {
  const GIB = 1024 ** 3;
  const rows = await upgrade("0004", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'admin', 0), (2, 'small', 0), (3, 'empty', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (1, 1, 'one', 0), (2, 1, 'two', 0), (3, 2, 'three', 0)",
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES
         (1, 1, 1, 'one/a', 0), (2, 1, 1, 'one/b', 0), (3, 2, 1, 'two/a', 0), (4, 3, 2, 'three/a', 0)`,
    `INSERT INTO blobs (id, digest, object_key, size, created_at, last_used_at) VALUES
         (1, 'sha256:1', 'blobs/1', ${300 * GIB}, 0, 0), (2, 'sha256:2', 'blobs/2', 100, 0, 0)`,
    "INSERT INTO repository_blobs VALUES (1, 1), (1, 2), (2, 1), (3, 1), (4, 2)",
    `INSERT INTO manifests (id, repository_id, digest, media_type, size, created_at) VALUES
         (1, 1, 'sha256:m1', 'type', 1000, 0), (2, 3, 'sha256:m2', 'type', 50, 0)`,
    "INSERT INTO manifest_blobs VALUES (1, 1), (1, 2), (2, 1)",
    "INSERT INTO tags VALUES (1, 'v1', 1, 0, 0), (1, 'v2', 1, 0, 0), (3, 'v1', 2, 0, 0)",
    `INSERT INTO tag_history (repository_id, tag, digest, created_at) VALUES
         (1, 'v1', 'sha256:m1', 0), (1, 'v2', 'sha256:m1', 0), (3, 'v1', 'sha256:m2', 0)`,
    `INSERT INTO audit_events (created_at, account_id, user_name, action, resource, result) VALUES
         (0, 1, 'admin', 'manifest.push', 'one/a:v1', 'success'), (0, NULL, 'x', 'session.login', 'x', 'denied')`,
  ]);
  const used = (holder: string, resource: string) =>
    rows(
      `SELECT holder_id, used FROM quotas WHERE holder = '${holder}' AND resource = '${resource}' AND holder_id > 0 ORDER BY 1`,
    );
  expect(await used("organization", "storedBytes")).toEqual([`1 ${300 * GIB + 100}`, `2 ${300 * GIB}`, "3 100"]);
  expect(await used("account", "storedBytes")).toEqual([`1 ${600 * GIB + 100}`, "2 100", "3 0"]);
  expect(await used("organization", "manifestBytes")).toEqual(["1 1000", "2 50", "3 0"]);
  expect(await used("organization", "images")).toEqual(["1 2", "2 1", "3 1"]);
  expect(await used("organization", "tags")).toEqual(["1 2", "2 1", "3 0"]);
  expect(await used("account", "tags")).toEqual(["1 3", "2 0", "3 0"]);
  expect(await used("account", "openUploads")).toEqual(["1 0", "2 0", "3 0"]);
  expect(await rows("SELECT blob_id, organization_id, links FROM organization_blobs ORDER BY 1, 2")).toEqual([
    "1 1 2",
    "1 2 1",
    "2 1 1",
    "2 3 1",
  ]);
  const links = "SELECT repository_id, blob_id, manifest_count, unneeded_since FROM repository_blobs ORDER BY 1, 2";
  expect(await rows(links)).toEqual(["1 1 1 ", "1 2 1 ", "2 1 0 0", "3 1 1 ", "4 2 0 0"]);
  // Who has more than half of what is allowed from now on may have twice as much as that.
  expect(
    await rows("SELECT holder, holder_id, resource, own_limit FROM quotas WHERE holder_id > 0 AND own_limit > 0"),
  ).toEqual([
    `account 1 storedBytes ${2 * (600 * GIB + 100)}`,
    `organization 1 storedBytes ${2 * (300 * GIB + 100)}`,
    `organization 2 storedBytes ${600 * GIB}`,
  ]);
  expect(await rows("SELECT id, audit_event_count, tag_event_count FROM accounts")).toEqual([
    "1 1 3",
    "2 0 0",
    "3 0 0",
  ]);
  expect(await rows("PRAGMA foreign_key_check")).toEqual([]);

  await database.batch(
    [
      "DELETE FROM repository_blobs WHERE repository_id = 2",
      "DELETE FROM tags WHERE repository_id = 3",
      "DELETE FROM manifests WHERE repository_id = 3",
      "DELETE FROM repository_blobs WHERE repository_id = 3",
      "DELETE FROM tag_history WHERE repository_id = 3",
      "DELETE FROM repositories WHERE id = 3",
      "DELETE FROM organizations WHERE id = 2",
    ].map((sql) => database.prepare(sql)),
  );
  expect(await used("organization", "storedBytes")).toEqual([`1 ${300 * GIB + 100}`, "3 100"]);
  expect(await used("account", "storedBytes")).toEqual([`1 ${300 * GIB + 100}`, "2 100", "3 0"]);
  expect(await used("account", "images")).toEqual(["1 2", "2 1", "3 0"]);
  await expect(database.exec("DELETE FROM repositories WHERE id = 1")).rejects.toThrow("are deleted before it");
});

test("usage by day comes to a registry that is in use, which does not make up what it was before", async () => {
  const rows = await upgrade("0015", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'one', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (1, 1, 'acme', 0), (2, 1, 'gone', 0), (3, 1, 'new', unixepoch() * 1000)",
    `INSERT INTO repositories (id, organization_id, account_id, name, created_at) VALUES
       (1, 1, 1, 'acme/web', 0), (2, 1, 1, 'acme/gone', 0), (3, 3, 1, 'new/web', unixepoch() * 1000)`,
    "UPDATE repositories SET account_id = 0, name = '~2' WHERE id = 2",
    "UPDATE organizations SET name = '~2' WHERE id = 2",
  ]);
  const today = new Date();
  const yesterday = new Date(today.getTime() - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  // What was created today has no yesterday, and what is deleted no usage.
  expect(await rows("SELECT * FROM daily_image_usage")).toEqual([`1 ${yesterday}  `]);
  expect(await rows("SELECT * FROM daily_organization_usage")).toEqual([`1 ${yesterday}  `]);
  await database.prepare("UPDATE repositories SET stored_bytes = 5").run();
  expect(await rows("SELECT * FROM daily_image_usage")).toEqual([`1 ${yesterday}  `]);
  expect(await rows("SELECT id, usage_changed_on FROM repositories ORDER BY 1")).toEqual([
    `1 ${Math.floor(today.getTime() / 86_400_000)}`,
    "2 ",
    "3 ",
  ]);
});

test("triggers that are there go on in the right of the user who made them", async () => {
  const columns = "repository_id, name, condition_kind, condition, is_enabled, target, cluster_id, created_by";
  const rows = await upgrade("0004", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'admin', 0)",
    "INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES (7, 1, 'ada', 'member', '', 0)",
    "INSERT INTO organizations (id, account_id, name, created_at) VALUES (3, 1, 'demo', 0)",
    "INSERT INTO repositories (id, account_id, organization_id, name, created_at, updated_at) VALUES (4, 1, 3, 'demo/app', 0, 0)",
    "INSERT INTO clusters (id, organization_id, name, server, encrypted_token, created_at, updated_at) VALUES (5, 3, 'c', 'https://c', '', 0, 0)",
    `INSERT INTO triggers (${columns}, created_at, updated_at) VALUES
       (4, 'own', 'all', '', 1, '{}', 5, 7, 0, 0), (4, 'gone', 'all', '', 1, '{}', 5, NULL, 0, 0),
       (4, 'hook', 'all', '', 1, '{}', NULL, 7, 0, 0)`,
    `INSERT INTO deliveries (uid, trigger_id, event, tag, digest, status, next_attempt_at, created_at)
       VALUES ('u', 1, '{}', 'v1', 'd', 'pending', 5, 0)`,
  ]);
  expect(await rows("SELECT name, approved_by FROM triggers ORDER BY id")).toEqual(["own 7", "gone ", "hook "]);
  expect(await rows("SELECT name, namespaces FROM clusters")).toEqual(["c []"]);
  expect(await rows("SELECT status, next_attempt_at, slot_at FROM deliveries")).toEqual(["pending 5 "]);
});

test("logins that last, and what is encrypted, come over to a registry that is in use", async () => {
  const hour = 3600_000;
  const rows = await upgrade("0004", [
    "INSERT INTO accounts (id, name, created_at) VALUES (1, 'admin', 0)",
    "INSERT INTO users (id, account_id, name, role, password_hash, created_at) VALUES (7, 1, 'admin', 'operator', 'hash', 0)",
    `INSERT INTO sessions VALUES ('browser', 7, 1000, ${1000 + 12 * hour}), ('iam', 7, 1000, ${1000 + 24 * hour})`,
    "INSERT INTO access_keys (id, user_id, access_key, encrypted_secret, created_at) VALUES (1, 7, 'KEY', 'iv.text', 0)",
    "INSERT INTO audit_events (id, created_at, account_id, user_name, action, resource, result) VALUES (1, 0, 1, 'admin', 'user.create', 'x', 'success')",
  ]);
  expect(await rows("SELECT token_hash, kind, created_at FROM sessions ORDER BY 1")).toEqual([
    "browser browser 1000",
    "iam iam-token 1000",
  ]);
  expect(await rows("SELECT access_key, encrypted_secret FROM access_keys")).toEqual(["KEY iv.text"]);
  expect(await rows("SELECT id, origin_account_id FROM audit_events")).toEqual(["1 "]);
  // The version before goes on until the new one is there.
  await database.exec("INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ('late', 7, 0, 1)");
  const names = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%_by_encryption_key' ORDER BY name";
  expect(await rows(names)).toEqual([
    "access_keys_by_encryption_key",
    "clusters_by_encryption_key",
    "remotes_by_encryption_key",
    "triggers_by_encryption_key",
  ]);
});
