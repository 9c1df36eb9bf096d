/** The patched simulator of D1 answers what the unpatched one does. */
import type { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTemporaryDirectory, removeDirectory } from "../support/server.ts";
import { loadMiniflare, PATCHED_MINIFLARE, unpatchedMiniflare } from "./miniflares.ts";

const directory = makeTemporaryDirectory();

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;
type Session = ReturnType<Database["withSession"]>;

interface Simulator {
  db: Database;
  dispose: () => Promise<void>;
}

async function startSimulator(entry: string): Promise<Simulator> {
  const { Miniflare, convertV4MiniflareOptions } = loadMiniflare(entry);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch: () => new Response() };",
      compatibilityDate: "2026-11-01",
      cf: { colo: "LOCAL" },
      telemetry: { enabled: false },
      handleStructuredLogs: () => undefined,
      d1Databases: ["DB"],
    }),
  );
  return { db: await miniflare.getD1Database("DB"), dispose: () => miniflare.dispose() };
}

const simulators: { unpatched?: Simulator; patched?: Simulator } = {};
beforeAll(async () => {
  simulators.unpatched = await startSimulator(unpatchedMiniflare(directory));
  simulators.patched = await startSimulator(PATCHED_MINIFLARE);
});
afterAll(async () => {
  for (const simulator of Object.values(simulators)) await simulator.dispose();
  removeDirectory(directory);
});

/** What is asked: one statement with its values, several at once, or a script. */
type Step = [sql: string, ...values: unknown[]] | { batch: [sql: string, ...values: unknown[]][] } | { exec: string };

/** What a result says, but for times. */
function seen({ results, success, meta }: Awaited<ReturnType<Database["batch"]>>[number]): unknown {
  return { results, success, meta: { ...meta, duration: 0, timings: undefined } };
}

async function answerOf(db: Database | Session, step: Step): Promise<unknown> {
  const prepared = ([sql, ...values]: [string, ...unknown[]]) => db.prepare(sql).bind(...values);
  try {
    if (Array.isArray(step)) return [seen(await prepared(step).all()), await prepared(READS.at(-1) ?? step).raw()];
    if ("batch" in step) return (await db.batch(step.batch.map(prepared))).map(seen);
    return "exec" in db ? (await db.exec(step.exec)).count : undefined;
  } catch (error) {
    return String(error);
  }
}

const SCHEMA: Step[] = [
  ["CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size REAL, bytes BLOB)"],
  [
    "CREATE TABLE children (parent_id INTEGER NOT NULL REFERENCES parents (id) ON DELETE CASCADE, number INTEGER CHECK (number < 100))",
  ],
  [
    "CREATE TRIGGER counts AFTER INSERT ON children BEGIN UPDATE parents SET size = size + 1 WHERE id = new.parent_id; END",
  ],
  ["CREATE TRIGGER refuses BEFORE UPDATE ON children WHEN new.number = 13 BEGIN SELECT RAISE(ABORT, 'unlucky'); END"],
];

const WRITES: Step[] = [
  ["INSERT INTO parents (name, size) VALUES (?, ?)", "one", 1],
  ["insert into parents (name, size, bytes) values (?, ?, ?) returning id, name", "two", 2.5, [1, 2, 3]],
  ["INSERT INTO parents (name) VALUES ('one')"],
  ["INSERT INTO parents (name, size) VALUES ('one', 7) ON CONFLICT (name) DO UPDATE SET size = excluded.size"],
  ["INSERT OR IGNORE INTO parents (name) VALUES ('one')"],
  ["INSERT INTO children SELECT id, ? FROM parents", 5],
  ["INSERT INTO children VALUES (?, ?)", 999, 1],
  ["INSERT INTO children VALUES (1, 100)"],
  ["UPDATE children SET number = number + 1"],
  ["UPDATE children SET number = 13"],
  ["UPDATE parents SET size = size WHERE name = ?", "one"],
  ["UPDATE parents SET size = 0 WHERE name = 'nobody'"],
  ["WITH some AS (SELECT id FROM parents LIMIT 1) DELETE FROM children WHERE parent_id IN (SELECT id FROM some)"],
  ["DELETE FROM parents WHERE name = ?", "two"],
  ["DELETE FROM parents WHERE name = 'nobody'"],
  ["CREATE TABLE IF NOT EXISTS more (x)"],
  ["DROP TABLE IF EXISTS more"],
  // Several statements in one text.
  ["INSERT INTO parents (name) VALUES ('three'); INSERT INTO parents (name) VALUES ('four')"],
  ["INSERT INTO parents (name) VALUES ('five'); INSERT INTO parents (name) VALUES ('five')"],
  ["SELECT 1; DELETE FROM parents WHERE name IN ('three', 'four')"],
  ["INSERT INTO parents (name) VALUES ('six; seven') RETURNING name;"],
  ["DELETE FROM parents WHERE name LIKE '%;%'; -- all of them"],
  { exec: "INSERT INTO parents (name) VALUES ('eight');\nDELETE FROM parents WHERE name = 'eight';" },
  {
    batch: [
      ["INSERT INTO parents (name, size) VALUES ('nine', 9)"],
      ["SELECT * FROM parents"],
      ["DELETE FROM parents WHERE name = 'nine'"],
    ],
  },
  { batch: [["INSERT INTO parents (name) VALUES ('ten')"], ["INSERT INTO children VALUES (999, 1)"]] },
  { batch: [["INSERT INTO parents (name) VALUES ('eleven')"], ["SELECT nothing FROM nowhere"]] },
];

const READS: [sql: string, ...values: unknown[]][] = [
  ["SELECT count(*), total(size) FROM parents"],
  ["  select * from parents order by id limit ?", 3],
  ["-- a comment\nSELECT name FROM parents WHERE name = ?", "one"],
  ["/* another */ SELECT ?, ?, ?, ?", null, 1.5, "text", [0, 255]],
  ["WITH few AS (SELECT name FROM parents) SELECT * FROM few"],
  ["SELECT changes(), total_changes(), last_insert_rowid()"],
  ["EXPLAIN QUERY PLAN SELECT * FROM parents WHERE name = 'one'"],
  ["PRAGMA table_info(parents)"],
  ["SELECT ';' AS mark"],
  ["SELECT 1;"],
  ["selected"],
  [""],
  ["-- nothing"],
  ["SELECT ?", true],
  ["SELECT p.name, (SELECT group_concat(number) FROM children WHERE parent_id = p.id) FROM parents p ORDER BY p.id"],
];

/** Steps in an order that looks random and is always the same. */
function history(seed: number, length: number): Step[] {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  return Array.from({ length }, () => {
    const from: readonly Step[] = next(3) === 0 ? READS : WRITES;
    return from[next(from.length)] ?? [""];
  });
}

/** The first step that the two answer differently, with both answers; undefined when there is none. */
async function findDifference(
  steps: readonly Step[],
  open: (db: Database) => Database | Session,
): Promise<{ step: Step; patched: unknown; unpatched: unknown } | undefined> {
  const { unpatched, patched } = simulators;
  if (!unpatched || !patched) throw new Error("not started");
  const [expected, actual] = [open(unpatched.db), open(patched.db)];
  for (const step of steps) {
    const both = { step, patched: await answerOf(actual, step), unpatched: await answerOf(expected, step) };
    if (JSON.stringify(both.patched) !== JSON.stringify(both.unpatched)) return both;
  }
  return undefined;
}

describe("the simulator of D1, patched, answers as the unpatched one", () => {
  test("to every kind of statement", async () => {
    expect(
      await findDifference(
        [...SCHEMA, ...READS, ...WRITES.flatMap((step) => [step, ...READS.slice(0, 6)])],
        (db) => db,
      ),
    ).toBeUndefined();
  });

  test.for([1, 2])("in history %i of 120 steps", async (seed) => {
    expect(await findDifference(history(seed, 120), (db) => db)).toBeUndefined();
  });

  test("in a session", async () => {
    const steps = history(3, 80).filter((step) => !("exec" in step));
    expect(await findDifference(steps, (db) => db.withSession("first-primary"))).toBeUndefined();
  });
});
