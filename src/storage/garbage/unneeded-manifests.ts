/** Manifests that nothing needs. Triggers note candidates (migration 0002); here it is found out whether they are needed. */
import { and, asc, eq, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import { isOfKey } from "../content/leading-tags.ts";
import type { Database } from "../database.ts";
import type { Cleanup } from "../deletion/cleanups.ts";
import { COLLECTED, GONE, goneManifest } from "../deletion/gone.ts";
import { cleanups, manifestChildren, manifests, repositories, restingCompanions, tags } from "../schema.ts";

export function isTagged({ id }: typeof manifests): SQL {
  return sql`EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${id})`;
}

export function hasParent({ id }: typeof manifests): SQL {
  return sql`EXISTS (SELECT 1 FROM ${manifestChildren} WHERE ${manifestChildren.childId} = ${id})`;
}

/**
 * Whether something needs a manifest: a tag, an index, a subject that it refers to, a subject that it belongs to by a tag
 * that rests, or the setting of its repository.
 */
export function isNeeded(manifest: typeof manifests): SQL {
  return sql`(
  ${isTagged(manifest)}
  OR ${hasParent(manifest)}
  OR EXISTS (
    SELECT 1 FROM ${manifests} AS subjects
    WHERE subjects.repository_id = ${manifest.repositoryId} AND subjects.digest = ${manifest.subject})
  OR EXISTS (
    SELECT 1 FROM ${restingCompanions} AS resting CROSS JOIN ${manifests} AS subjects
    WHERE resting.manifest_id = ${manifest.id} AND subjects.repository_id = resting.repository_id
      AND ${isOfKey(sql`subjects.digest`, sql`resting.companion_of`)})
  OR EXISTS (
    SELECT 1 FROM ${repositories}
    WHERE ${repositories.id} = ${manifest.repositoryId} AND ${repositories.keepsUntagged} = 1))`;
}

/** Candidates are looked at in the order of an index that holds nothing else. */
function unneededManifests(db: Database, condition: SQL, limit: number) {
  return db
    .select({ id: manifests.id })
    .from(manifests)
    .where(and(isNotNull(manifests.unreferencedSince), condition))
    .orderBy(asc(manifests.unreferencedSince), asc(manifests.id))
    .limit(limit);
}

/**
 * Starts the grace period of manifests that triggers have noted, and forgets those that something needs again.
 *
 * @returns how many it looked at; fewer than `limit` when there were no more.
 */
export async function observeManifests(db: Database, now: number, limit: number): Promise<number> {
  const noted = unneededManifests(db, eq(manifests.unreferencedSince, 0), limit);
  const observed = await db
    .update(manifests)
    .set({ unreferencedSince: sql`CASE WHEN ${isNeeded(manifests)} THEN NULL ELSE ${now} END` })
    .where(inArray(manifests.id, noted))
    .returning({ id: manifests.id });
  return observed.length;
}

/**
 * Deletes manifests that nothing has needed since a time: for everybody at once. What they named goes in slices
 * (`deletion/take-apart.ts`), and what only they needed is noted then.
 *
 * @returns how many it deleted, and how many it looked at.
 */
export async function deleteUnneededManifests(
  db: Database,
  since: number,
  limit: number,
): Promise<{ deleted: number; seen: number }> {
  const due = () => unneededManifests(db, isDue(since), limit);
  const [kept, deleted] = await db.batch([
    db
      .update(manifests)
      .set({ unreferencedSince: null })
      .where(and(inArray(manifests.id, due()), isNeeded(manifests)))
      .returning({ id: manifests.id }),
    db
      .update(manifests)
      .set(goneManifest(COLLECTED))
      .where(and(inArray(manifests.id, due()), sql`NOT ${isNeeded(manifests)}`))
      .returning({ id: manifests.id }),
  ]);
  return { deleted: deleted.length, seen: kept.length + deleted.length };
}

export function isDue(since: number): SQL {
  return sql`${manifests.unreferencedSince} > 0 AND ${manifests.unreferencedSince} <= ${since}`;
}

/** Manifests that one slice looks at. */
const SLICE_CHECKED = 200;

/**
 * Notes a slice of the manifests of a repository that nothing needs, for garbage collection to look at.
 *
 * @returns whether all have been looked at.
 */
export async function noteUnneeded(db: Database, { id, targetId, position }: Cleanup): Promise<boolean> {
  const slice = await db
    .select({ digest: manifests.digest })
    .from(manifests)
    .where(
      and(
        eq(manifests.repositoryId, targetId),
        sql`${manifests.digest} > ${position} AND ${manifests.digest} < ${GONE}`,
      ),
    )
    .orderBy(asc(manifests.digest))
    .limit(SLICE_CHECKED);
  const last = slice.at(-1)?.digest;
  const isThisOne = and(eq(cleanups.id, id), eq(cleanups.position, position));
  if (last === undefined) {
    await db.delete(cleanups).where(isThisOne);
    return true;
  }
  await db.batch([
    db
      .update(manifests)
      .set({ unreferencedSince: 0 })
      .where(
        sql`${manifests.repositoryId} = ${targetId} AND ${manifests.digest} > ${position} AND ${manifests.digest} <= ${last}
            AND ${manifests.unreferencedSince} IS NULL AND NOT ${isNeeded(manifests)}`,
      ),
    slice.length < SLICE_CHECKED
      ? db.delete(cleanups).where(isThisOne)
      : db.update(cleanups).set({ position: last }).where(isThisOne),
  ]);
  return slice.length < SLICE_CHECKED;
}
