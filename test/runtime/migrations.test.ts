import { writeFileSync } from "node:fs";
import { join } from "node:path";
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
          env: { DB: { type: "d1", id: "DB" } },
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
  for (const table of await tables()) await database.exec(`DROP TABLE "${table}"`);
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
