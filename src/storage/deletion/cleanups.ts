/**
 * Deleting what may have any number of rows. For everybody it is gone with one small batch, and its name is free at once: an
 * image gets account 0 and a name that none can have, an organization such a name, a manifest such a digest (`gone.ts`).
 * What it had is noted in the table `cleanups` and then deleted in slices, each of which holds the database for a few
 * milliseconds. A slice finds what those before it have left, so that a process that dies on the way loses nothing, and two
 * at once do no harm.
 */
import { and, asc, eq, gt, sql, type SQL } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "../database.ts";
import { GONE } from "./gone.ts";
import {
  type CleanupKind,
  cleanups,
  deliveries,
  deliveryAttempts,
  organizations,
  syncAttempts,
  syncJobs,
  triggers,
} from "../schema.ts";

/** Rows of each kind that one slice changes, besides what triggers change along. */
export const SLICE_ROWS = 100;

/** For a batch, after a statement that may have changed something: notes what is to be taken apart if it did. */
export function insertCleanup(db: Database, kind: CleanupKind, targetId: SQL) {
  return db
    .insert(cleanups)
    .select(sql`SELECT NULL, ${kind}, ${targetId}, '' WHERE changes() > 0`)
    .onConflictDoUpdate({ target: [cleanups.kind, cleanups.targetId], set: { position: "" } });
}

/** Notes all deleted organizations that are not noted yet. A batch cannot know the id of the one that it deleted. */
export function insertOrganizationCleanups(db: Database) {
  return db
    .insert(cleanups)
    .select(
      sql`SELECT NULL, 'organization', ${organizations.id}, '' FROM ${organizations}
          WHERE ${organizations.name} >= ${GONE} AND changes() > 0`,
    )
    .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] });
}

/** Notes the deleted triggers of a repository. */
export function insertGoneTriggers(db: Database, repositoryId: number) {
  return db
    .insert(cleanups)
    .select(
      sql`SELECT NULL, 'trigger', ${triggers.id}, '' FROM ${triggers}
          WHERE ${triggers.repositoryId} = ${repositoryId} AND ${triggers.name} >= ${GONE} AND changes() > 0`,
    )
    .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] });
}

export type Cleanup = typeof cleanups.$inferSelect;

/** What is to be taken apart, the oldest first, behind an id. */
export async function listCleanups(db: Database, after: number, limit: number): Promise<Cleanup[]> {
  return db.select().from(cleanups).where(gt(cleanups.id, after)).orderBy(asc(cleanups.id)).limit(limit);
}

/**
 * Forgets what was to be taken apart, at the end of the batch that may have done the last of it. The second statement finds
 * a row unless that is so; another run may have forgotten it before.
 */
export function deleteCleanup(db: Database, kind: CleanupKind, targetId: number, isDone: SQL) {
  const isMeant = and(eq(cleanups.kind, kind), eq(cleanups.targetId, targetId));
  return [
    db.delete(cleanups).where(and(isMeant, isDone)),
    db.select({ id: cleanups.id }).from(cleanups).where(isMeant),
  ] as const;
}

/** Deletes a slice of the rows of a table that meet a condition. */
export function deleteSlice(db: Database, table: SQLiteTable, condition: SQL) {
  return db
    .delete(table)
    .where(sql`${table}.rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${SLICE_ROWS})`);
}

/** A slice of the jobs of synchronization of an image, with their tries, which are few each. */
export function deleteSyncs(db: Database, repositoryId: number) {
  const slice = sql`(
    SELECT ${syncJobs.id} FROM ${syncJobs} WHERE ${syncJobs.repositoryId} = ${repositoryId} LIMIT ${SLICE_ROWS / 4})`;
  return [
    db.delete(syncAttempts).where(sql`${syncAttempts.jobId} IN ${slice}`),
    db
      .delete(syncJobs)
      .where(sql`${syncJobs.id} IN ${slice}`)
      .returning({ id: syncJobs.id }),
  ] as const;
}

/** A slice of the deliveries of triggers, with their tries, which are few each. */
export function deleteDeliveries(db: Database, triggerIds: SQL) {
  const slice = sql`(
    SELECT ${deliveries.id} FROM ${deliveries} WHERE ${deliveries.triggerId} IN (${triggerIds}) LIMIT ${SLICE_ROWS / 4})`;
  return [
    db.delete(deliveryAttempts).where(sql`${deliveryAttempts.deliveryId} IN ${slice}`),
    db
      .delete(deliveries)
      .where(sql`${deliveries.id} IN ${slice}`)
      .returning({ id: deliveries.id }),
  ] as const;
}
