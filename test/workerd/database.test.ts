import { env } from "cloudflare:workers";
import { eq, type Placeholder, sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { countQueries, openDatabase, writtenOnce } from "../../src/storage/database.ts";
import { accounts } from "../../src/storage/schema.ts";
import { replacing } from "../support/replacing.ts";

const QUERY_MS = 15;
const ROUNDS = 60;

/** D1 with a known latency, and the pauses between what it is asked. */
function slowDatabase() {
  const pauses: number[] = [];
  let endedAt = performance.now();
  const slow = async <T>(answer: () => Promise<T>): Promise<T> => {
    pauses.push(performance.now() - endedAt);
    await new Promise((resolve) => setTimeout(resolve, QUERY_MS));
    try {
      return await answer();
    } finally {
      endedAt = performance.now();
    }
  };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = replacing(statement, {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => slow(() => statement.all()),
      run: () => slow(() => statement.run()),
      raw: () => slow(() => statement.raw()),
    });
    originals.set(wrapped, statement);
    return wrapped;
  };
  const binding = replacing(env.DB, {
    prepare: (text: string) => wrap(env.DB.prepare(text)),
    batch: (statements: D1PreparedStatement[]) => {
      const batch = statements.map((statement) => {
        const original = originals.get(statement);
        if (!original) throw new TypeError("no statement of D1's");
        return original;
      });
      return slow(() => env.DB.batch(batch));
    },
  });
  return { db: openDatabase(binding), pauses };
}

function accountOf(db: ReturnType<typeof openDatabase>, id: number) {
  return db.select({ name: accounts.name }).from(accounts).where(eq(accounts.id, id));
}

describe("an invocation that sends many queries", () => {
  it.for([
    ["one by one", (db: ReturnType<typeof openDatabase>) => db.all(sql`SELECT ${1} AS one`)],
    ["in batches", (db: ReturnType<typeof openDatabase>) => db.batch([accountOf(db, 1), accountOf(db, 2)])],
    ["that fail", (db: ReturnType<typeof openDatabase>) => db.all(sql`SELECT nothing`).catch(() => undefined)],
  ] as const)("%s leaves D1 to others for as long as each took", async ([, query], { expect }) => {
    const { db, pauses } = slowDatabase();
    for (let round = 0; round < ROUNDS; round += 1) await query(db);
    expect(pauses).toHaveLength(ROUNDS);
    const [first, later] = [pauses.slice(1, 20), pauses.slice(-20)];
    expect(median(first)).toBeLessThan(QUERY_MS / 3);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(QUERY_MS - 2);
  });

  it("gets the same answers as before", async ({ expect }) => {
    const db = openDatabase(env.DB);
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await db.all(sql`SELECT ${round} AS round`)).toEqual([{ round }]);
    }
    await db.insert(accounts).values({ name: "an-account", createdAt: new Date() });
    const [first] = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.name, "an-account"));
    expect(await db.batch([accountOf(db, first?.id ?? 0), accountOf(db, -1)])).toEqual([[{ name: "an-account" }], []]);
  });

  it("is refused what goes beyond its queries", async ({ expect }) => {
    const db = openDatabase(env.DB, ROUNDS);
    for (let round = 0; round < ROUNDS; round += 1) await db.all(sql`SELECT 1`);
    await expect(async () => db.all(sql`SELECT 1`)).rejects.toThrow(`more than ${ROUNDS} queries in one invocation`);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe("a query that is written once", () => {
  const length = (text: Placeholder) => sql<number>`length(${text})`;

  it("is sent through each database with its own values", async ({ expect }) => {
    let written = 0;
    const measure = writtenOnce((db) => {
      written += 1;
      return db.select({ length: length(sql.placeholder("text")) }).from(sql`(SELECT 1)`);
    });
    const [one, other] = [openDatabase(env.DB), openDatabase(env.DB, 1)];
    expect(await measure(one, { text: "four" })).toEqual([{ length: 4 }]);
    expect(await measure(other, { text: "eleven more" })).toEqual([{ length: 11 }]);
    expect(await Promise.all([measure(one, { text: "a" }), measure(one, { text: "ab" })])).toEqual([
      [{ length: 1 }],
      [{ length: 2 }],
    ]);
    expect(written).toBe(1);
    expect(countQueries(other)).toBe(1);
    await expect(measure(other, { text: "" })).rejects.toThrow("more than 1 queries");
  });
});
