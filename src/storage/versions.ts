/**
 * Versions of rows that people edit, for changes under a condition (`If-Match`). A row's version is the time of its last change,
 * which each change raises: two within a millisecond have two versions. Where there is no such time, it is what the row says, such as
 * the level of a right: who has seen the same does not overwrite anything unseen.
 */
import { and, not, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Versions } from "../kernel/precondition.ts";
import { type Database, messagesOf } from "./database.ts";
import {
  type agingRules,
  type clusters,
  organizationPermissions,
  quotas,
  type remotes,
  repositories,
  repositoryPermissions,
  type shares,
  type syncRules,
  type triggers,
  type trustRules,
  type upstreams,
  users,
} from "./schema.ts";

/** The tables whose rows have versions. */
type Versioned =
  | typeof agingRules
  | typeof clusters
  | typeof remotes
  | typeof repositories
  | typeof shares
  | typeof syncRules
  | typeof triggers
  | typeof trustRules
  | typeof upstreams;

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

/**
 * The same for a row whose version is what it says.
 *
 * @param of which kind of row.
 * @param row tells the row that is meant.
 * @param content its version, as an expression over the row.
 */
export function requireContent(
  db: Database,
  of: keyof typeof CONTENTS,
  { row, content }: { row: SQL | undefined; content: SQLWrapper },
  versions: Versions | undefined,
) {
  const isWanted =
    versions === undefined || versions === "*"
      ? sql`true`
      : sql`${content} IN (SELECT value FROM json_each(${JSON.stringify(versions)}))`;
  const { table, column } = CONTENTS[of];
  return db
    .update(table)
    .set({ [column]: sql`NULL` })
    .where(and(row, not(isWanted)));
}

/** By kinds of rows: their tables, and a column that may not be NULL, which fails a batch by becoming that. */
const CONTENTS = {
  user: { table: users, column: "role" },
  quota: { table: quotas, column: "used" },
  organizationPermission: { table: organizationPermissions, column: "level" },
  imagePermission: { table: repositoryPermissions, column: "level" },
  garbageSetting: { table: repositories, column: "keepsUntagged" },
} as const;

const FAILURE =
  /NOT NULL constraint failed: (?:\w+\.updated_at|users\.role|quotas\.used|\w+_permissions\.level|repositories\.keeps_untagged)\b/;

/** Whether a batch failed because a row has another version than {@link requireVersion} or {@link requireContent} wants. */
export function isVersionFailure(error: unknown): boolean {
  return messagesOf(error).some((message) => FAILURE.test(message));
}
