/** Repositories that something was removed from, until caches have been told. Triggers note them (migration 0008). */
import { sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { removals } from "../schema.ts";

/** What was removed from a repository is of an older generation than this one. */
export interface Removal {
  repositoryId: number;
  generation: number;
}

/** The first removals that caches have not been told of. */
export async function listRemovals(db: Database, limit: number): Promise<Removal[]> {
  return db
    .select({ repositoryId: removals.repositoryId, generation: removals.generation })
    .from(removals)
    .orderBy(removals.repositoryId)
    .limit(limit);
}

/**
 * Forgets removals that caches have been told of, unless more was removed from their repositories since; and those of
 * which they need not be told any more.
 *
 * @param ageMs from which age on they need not.
 */
export async function forgetRemovals(db: Database, told: readonly Removal[], ageMs: number): Promise<void> {
  const pairs = JSON.stringify(told.map(({ repositoryId, generation }) => [repositoryId, generation]));
  await db.delete(removals).where(
    sql`(${removals.repositoryId}, ${removals.generation}) IN (
          SELECT value ->> 0, value ->> 1 FROM json_each(${pairs}))
        OR ${removals.removedAt} < unixepoch() * 1000 - ${ageMs}`,
  );
}
