import { type SQL, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Opens D1 through Drizzle. D1 has no transactions: what must happen together is one `batch()`, and no batch may hold a
 * join, whose columns D1 would mix up. */
export function openDatabase(binding: D1Database): Database {
  return drizzle(binding);
}

/** Drizzle wraps D1's error, which is known by its text alone. */
export function isConstraintFailure(error: unknown, constraint: string): boolean {
  return messagesOf(error).some((message) => message.includes(constraint));
}

/** What an error says, and what those say that caused it. */
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
