/**
 * Versions of rows that people edit, for changes under a condition (`If-Match`). A row's version is the time of its last change,
 * which each change raises: two within a millisecond have two versions.
 */
import { and, not, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../kernel/precondition.ts";
import { type Database, messagesOf } from "./database.ts";
import type { agingRules, clusters, remotes, repositories, syncRules, triggers, trustRules } from "./schema.ts";

/** The tables whose rows have versions. */
type Versioned =
  | typeof agingRules
  | typeof clusters
  | typeof remotes
  | typeof repositories
  | typeof syncRules
  | typeof triggers
  | typeof trustRules;

/** The version that a change gives a row: now, or a millisecond after the one before. */
export function nextVersion({ updatedAt }: Versioned): SQL {
  return sql`max(${Date.now()}, ${updatedAt} + 1)`;
}

/**
 * The statement before those that change a row: it fails the whole batch ({@link isVersionFailure}) if the row is there in
 * another version.
 *
 * @param row tells the row that is meant.
 * @param versions one of these is wanted; undefined: any.
 */
export function requireVersion(db: Database, table: Versioned, row: SQL | undefined, versions: Versions | undefined) {
  const { updatedAt } = table;
  const isWanted =
    versions === undefined || versions === "*"
      ? sql`true`
      : sql`${updatedAt} IN (SELECT value FROM json_each(${JSON.stringify(versions.map((text) => Date.parse(text)))}))`;
  return db
    .update(table)
    .set({ updatedAt: sql`NULL` })
    .where(and(row, not(isWanted)));
}

/** Whether a batch failed because a row has another version than {@link requireVersion} wants. */
export function isVersionFailure(error: unknown): boolean {
  return messagesOf(error).some((message) => /NOT NULL constraint failed: \w+\.updated_at\b/.test(message));
}
