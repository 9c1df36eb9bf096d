import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Opens D1 through Drizzle. D1 has no transactions: what must happen together is one `batch()`, and no batch may hold a
 * join, whose columns D1 would mix up. */
export function openDatabase(binding: D1Database): Database {
  return drizzle(binding);
}
