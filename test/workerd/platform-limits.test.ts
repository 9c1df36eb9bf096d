/** That tests fail where the platform would refuse: the local runtime takes all of this. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { countQueries, MAX_QUERIES, openDatabase } from "../../src/storage/database.ts";
import { accounts, garbageObjects } from "../../src/storage/schema.ts";
import { openStores } from "../../src/storage/stores.ts";
import { LimitExceeded, tablesWithLongRows } from "../support/workerd/platform-limits.ts";

const LONG = "x".repeat(2_000_001);

it.for<[what: string, act: () => unknown]>([
  ["a value of more than 2 MB", () => env.DB.prepare("SELECT ?").bind(LONG)],
  ["bytes of more than 2 MB", () => env.DB.prepare("SELECT ?").bind(new Uint8Array(2_000_001))],
  ["a value of more than 2 MB in UTF-8", () => env.DB.prepare("SELECT ?").bind("漢".repeat(700_000))],
  ["101 parameters", () => env.DB.prepare("SELECT 1").bind(...Array.from({ length: 101 }, () => 1))],
  ["a statement of more than 100 kB", () => env.DB.prepare(`SELECT '${LONG.slice(0, 100_000)}'`)],
  ["1,001 deleted objects", () => env.BUCKET.delete(Array.from({ length: 1001 }, (_, at) => String(at)))],
  ["a list of 1,001 objects", () => env.BUCKET.list({ limit: 1001 })],
  ["101 messages", () => env.DELIVERIES.sendBatch(Array.from({ length: 101 }, () => ({ body: { delivery: 1 } })))],
])("refuses %s", ([, act]) => {
  expect(act).toThrow(LimitExceeded);
});

it.for<[method: string, read: (statement: D1PreparedStatement) => Promise<unknown>]>([
  ["all", (statement) => statement.all()],
  ["run", (statement) => statement.run()],
  ["raw", (statement) => statement.raw()],
  ["batch", (statement) => env.DB.batch([statement])],
])("refuses an answer with a value of more than 2 MB, by %s", async ([, read]) => {
  await expect(read(env.DB.prepare("SELECT hex(zeroblob(1000001))"))).rejects.toThrow(LimitExceeded);
});

it.for<[method: string, write: (statement: D1PreparedStatement) => Promise<unknown>]>([
  ["all", (statement) => statement.all()],
  ["run", (statement) => statement.run()],
  ["raw", (statement) => statement.raw()],
  ["batch", (statement) => env.DB.batch([statement])],
])("refuses a statement of Berth's that writes whatever there is, by %s", async ([, write]) => {
  await env.DB.prepare(
    `INSERT INTO garbage_objects (object_key, size)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i, 0 FROM n`,
  ).run();
  const { db } = openStores(env);
  const { sql } = db.delete(garbageObjects).returning().toSQL();
  await expect(write(env.DB.prepare(sql))).rejects.toThrow(LimitExceeded);
  await env.DB.prepare("DELETE FROM garbage_objects").run();
});

it("finds rows of more than 2 MB", async () => {
  const insert = "INSERT INTO garbage_objects (object_key, size) VALUES (hex(zeroblob(1000001)), 0)";
  await env.DB.prepare(insert).run();
  expect(await tablesWithLongRows()).toEqual(["garbage_objects"]);
  await env.DB.prepare("DELETE FROM garbage_objects").run();
  expect(await tablesWithLongRows()).toEqual([]);
});

it("refuses one query more than an invocation may send, also within a batch", async () => {
  const limited = openDatabase(env.DB, 3);
  const query = (db = limited) => db.select({ id: accounts.id }).from(accounts).limit(1);
  await query();
  await limited.batch([query(), query()]);
  await expect(query()).rejects.toThrow("more than 3 queries");
  await expect(limited.batch([query()])).rejects.toThrow("more than 3 queries");
  expect(countQueries(limited)).toBe(3);

  const { db } = openStores(env);
  const many = Array.from({ length: MAX_QUERIES }, () => query(db));
  await expect(db.batch([query(db), ...many])).rejects.toThrow("more than 1000 queries");
});
