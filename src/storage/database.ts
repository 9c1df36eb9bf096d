// Imported by name, because scripts that run in Node do not have the types of the platform as globals.
import type { D1Database, D1PreparedStatement, D1Result } from "@cloudflare/workers-types";
import { type SQL, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Queries that the platform lets one invocation of a Worker send to D1; each statement of a batch is one. */
export const MAX_QUERIES = 1000;

/** How much later than its own time a row may be written at most: longer than D1 lets a query take. */
export const MAX_WRITE_DELAY_MS = 5 * 60 * 1000;

/** How many queries were sent through each database that was opened. */
const SENT = new WeakMap<Database, { queries: number }>();

/**
 * How many queries an invocation sends as fast as it can: more than any request takes. What sends more is housekeeping, or
 * goes through something long, and leaves room for others from then on.
 */
const UNPACED_QUERIES = 30;
/** The longest pause after a query. */
const MAX_PAUSE_MS = 20;

/**
 * Opens D1 through Drizzle. D1 has no transactions: what must happen together is one `batch()`, and no batch may hold a
 * join, whose columns D1 would mix up.
 *
 * D1 does one thing at a time. So after the first few queries each one is followed by a pause as long as it took, up to 20 ms,
 * in which requests have the database for themselves.
 *
 * @param maxQueries how many may be sent: for one invocation, {@link MAX_QUERIES}, here as on the platform. One more is an
 * error.
 */
export function openDatabase(binding: D1Database, maxQueries = Number.POSITIVE_INFINITY): Database {
  const sent = { queries: 0 };
  const pacing = new Pacing();
  const prepare = (query: string) => {
    if (sent.queries >= maxQueries) throw new Error(`more than ${maxQueries} queries in one invocation`);
    sent.queries += 1;
    const statement = binding.prepare(query);
    return sent.queries > UNPACED_QUERIES ? pacing.statement(statement) : statement;
  };
  // Drizzle prepares a statement for every query that it sends, alone or in a batch.
  const counting = new Proxy(binding, {
    get(target, key) {
      if (key === "prepare") return prepare;
      if (key === "batch") return (statements: D1PreparedStatement[]) => pacing.batch(target, statements);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const db = drizzle(counting);
  SENT.set(db, sent);
  return db;
}

/** Lets a pause follow what is sent by the statements that it has made. */
class Pacing {
  readonly #originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

  statement(original: D1PreparedStatement): D1PreparedStatement {
    const paced = new Proxy(original, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...values: unknown[]) => Promise<unknown>;
        if (key === "bind") return (...values: unknown[]) => this.statement(target.bind(...values));
        return (...values: unknown[]) => followedByPause(() => call(...values));
      },
    });
    this.#originals.set(paced, original);
    return paced;
  }

  batch<T>(binding: D1Database, statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
    const originals = statements.map((statement) => this.#originals.get(statement) ?? statement);
    const isPaced = originals.some((original, at) => original !== statements[at]);
    return isPaced ? followedByPause(() => binding.batch<T>(originals)) : binding.batch<T>(originals);
  }
}

async function followedByPause<T>(send: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  try {
    return await send();
  } finally {
    // At least one turn of the clock: a chain of answers that are there at once would keep the runtime from its sockets.
    const ms = Math.min(MAX_PAUSE_MS, Math.max(1, Date.now() - startedAt));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** How many queries were sent through a database since it was opened. */
export function countQueries(db: Database): number {
  return SENT.get(db)?.queries ?? 0;
}

/** Drizzle wraps D1's error, which is known by its text alone. */
export function isConstraintFailure(error: unknown, constraint: string): boolean {
  return messagesOf(error).some((message) => message.includes(constraint));
}

/** The messages of an error and of its causes. */
export function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages;
}

/**
 * A subquery as a column of a result. In a query without joins Drizzle writes the columns at the top of an expression
 * without their tables, and a subquery would take them for its own; one level down it leaves them alone.
 */
export function asColumn<T>(subquery: SQL): SQL<T> {
  return sql<T>`${subquery}`;
}
