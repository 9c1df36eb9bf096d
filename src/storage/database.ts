// Imported by name, because scripts that run in Node do not have the types of the platform as globals.
import type { D1Database } from "@cloudflare/workers-types";
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
 * Opens D1 through Drizzle. D1 has no transactions: what must happen together is one `batch()`, and no batch may hold a
 * join, whose columns D1 would mix up.
 *
 * @param maxQueries how many may be sent: for one invocation, {@link MAX_QUERIES}, here as on the platform. One more is an
 * error.
 */
export function openDatabase(binding: D1Database, maxQueries = Number.POSITIVE_INFINITY): Database {
  const sent = { queries: 0 };
  const prepare = (query: string) => {
    if (sent.queries >= maxQueries) throw new Error(`more than ${maxQueries} queries in one invocation`);
    sent.queries += 1;
    return binding.prepare(query);
  };
  // Drizzle prepares a statement for every query that it sends, alone or in a batch.
  const counting = new Proxy(binding, {
    get(target, key) {
      if (key === "prepare") return prepare;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const db = drizzle(counting);
  SENT.set(db, sent);
  return db;
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
