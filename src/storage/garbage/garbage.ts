/**
 * What nothing needs any more, and its removal. Triggers note candidates (migration 0002), so that nothing here searches a
 * whole table; every statement that removes something checks again that nothing needs it.
 */
import { and, asc, desc, eq, lte, ne, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor } from "../../model/rights/access.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { insertAudit, insertAuditIfChanged } from "../audit/audit.ts";
import { digestKey } from "../content/companions.ts";
import type { Database } from "../database.ts";
import { hasParent, isDue, isNeeded, isTagged } from "./unneeded-manifests.ts";
import { insertCleanup } from "../deletion/cleanups.ts";
import { isManifestThere, isThere } from "../deletion/gone.ts";
import {
  blobs,
  collections,
  garbageObjects,
  manifestBlobs,
  manifestChildren,
  manifests,
  openUploads,
  repositories,
  repositoryBlobs,
  restingCompanions,
  tags,
} from "../schema.ts";
import { nextVersion, requireContent } from "../versions.ts";

/** Blobs of repositories none of whose manifests names them, in the order of an index that holds nothing else. */
function unneededLinks(condition: SQL, limit: number): SQL {
  return sql`(
    SELECT unneeded.rowid FROM ${repositoryBlobs} AS unneeded
    WHERE unneeded.unneeded_since IS NOT NULL AND ${condition} ORDER BY unneeded.unneeded_since LIMIT ${limit})`;
}

/**
 * Starts the grace period of blobs that no manifest of their repository names any more, or yet.
 *
 * @returns how many there were; fewer than `limit` when there are no more.
 */
export async function observeLinks(db: Database, now: number, limit: number): Promise<number> {
  const observed = await db
    .update(repositoryBlobs)
    .set({ unneededSince: now })
    .where(sql`${repositoryBlobs}.rowid IN ${unneededLinks(sql`unneeded.unneeded_since = 0`, limit)}`)
    .returning({ blobId: repositoryBlobs.blobId });
  return observed.length;
}

/**
 * Takes blobs from repositories when no manifest there has named them since a time, even if others need them: there they no
 * longer take room.
 *
 * @returns how many there were; fewer than `limit` when there are no more.
 */
export async function deleteUnneededLinks(db: Database, since: number, limit: number): Promise<number> {
  const isLinkDue = sql`unneeded.unneeded_since > 0 AND unneeded.unneeded_since <= ${since}`;
  const deleted = await db
    .delete(repositoryBlobs)
    .where(sql`${repositoryBlobs}.rowid IN ${unneededLinks(isLinkDue, limit)}`)
    .returning({ blobId: repositoryBlobs.blobId });
  return deleted.length;
}

/** Begun images that are looked through for those that have nothing any more. */
const MAX_SEEN_BEGUN = 1000;

/**
 * Deletes images that were begun before a time, got no manifest, and have no blobs any more, the oldest first. Those stay whose
 * user still has uploads under way in the organization: a large layer may take longer than a day.
 *
 * @returns how many there were; fewer than `limit` when there are no more.
 */
export async function deleteAbandoned(db: Database, before: number, limit: number): Promise<number> {
  // Written out, because SQLite sees that a partial index fits by the text alone.
  const begun = sql`
    SELECT ${repositories.id} AS id, ${repositories.organizationId} AS organization_id, ${repositories.createdBy} AS created_by
    FROM ${repositories} WHERE ${repositories.isImage} = 0 AND ${repositories.createdAt} <= ${before} AND ${isThere(repositories)}
    ORDER BY ${repositories.createdAt} LIMIT ${MAX_SEEN_BEGUN}`;
  const deleted = await db
    .delete(repositories)
    .where(
      sql`${repositories.id} IN (
        SELECT begun.id FROM (${begun}) AS begun
        WHERE NOT EXISTS (SELECT 1 FROM ${repositoryBlobs} WHERE ${repositoryBlobs.repositoryId} = begun.id)
          AND NOT EXISTS (
            SELECT 1 FROM ${openUploads}
            WHERE ${openUploads.userId} = begun.created_by AND ${openUploads.organizationId} = begun.organization_id)
        LIMIT ${limit})`,
    )
    .returning({ id: repositories.id });
  return deleted.length;
}

/** Whether a row of `blobs` is garbage: no manifest names it, and nobody has touched it since a time. */
function isGarbage(since: number): SQL {
  return sql`${blobs.isUnreferenced} = 1 AND ${blobs.lastUsedAt} <= ${since}
    AND NOT EXISTS (SELECT 1 FROM ${manifestBlobs} WHERE ${manifestBlobs.blobId} = ${blobs.id})`;
}

/**
 * Deletes the rows of garbage, and notes their objects in the same batch. A blob may be in any number of repositories: a
 * slice deletes so many of these links, and the blobs that have none left.
 *
 * @returns how many blobs were deleted, and whether there may be more.
 */
export async function deleteGarbageBlobs(
  db: Database,
  since: number,
  limit: number,
): Promise<{ deleted: number; hasMore: boolean }> {
  const garbage = sql`(
    SELECT ${blobs.id} FROM ${blobs} WHERE ${isGarbage(since)} ORDER BY ${blobs.lastUsedAt}, ${blobs.id} LIMIT ${limit})`;
  const unlinked = sql`(
    SELECT found.id FROM ${garbage} AS found
    WHERE NOT EXISTS (SELECT 1 FROM ${repositoryBlobs} WHERE ${repositoryBlobs.blobId} = found.id))`;
  const [links, , deleted] = await db.batch([
    db
      .delete(repositoryBlobs)
      .where(
        sql`${repositoryBlobs}.rowid IN (
          SELECT links.rowid FROM ${garbage} AS found CROSS JOIN ${repositoryBlobs} AS links ON links.blob_id = found.id
          LIMIT ${limit})`,
      )
      .returning({ blobId: repositoryBlobs.blobId }),
    db
      .insert(garbageObjects)
      .select(sql`SELECT ${blobs.objectKey}, ${blobs.size} FROM ${blobs} WHERE ${blobs.id} IN ${unlinked}`)
      .onConflictDoNothing({ target: garbageObjects.objectKey }),
    db
      .delete(blobs)
      .where(sql`${blobs.id} IN ${unlinked}`)
      .returning({ id: blobs.id }),
  ]);
  return { deleted: deleted.length, hasMore: links.length === limit || deleted.length === limit };
}

export interface GarbageObject {
  objectKey: string;
  /** Bytes. */
  size: number;
}

export async function listGarbageObjects(db: Database, limit: number): Promise<GarbageObject[]> {
  return db.select().from(garbageObjects).orderBy(asc(garbageObjects.objectKey)).limit(limit);
}

/** Forgets objects that R2 has deleted. */
export async function forgetGarbageObjects(db: Database, keys: readonly string[]): Promise<void> {
  await db
    .delete(garbageObjects)
    .where(sql`${garbageObjects.objectKey} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`);
}

/** Which of these keys no row names. */
export async function findUnknownObjects(db: Database, keys: readonly string[]): Promise<Set<string>> {
  const rows = await db.all<{ key: string }>(
    sql`SELECT value AS key FROM json_each(${JSON.stringify(keys)})
        WHERE NOT EXISTS (SELECT 1 FROM ${blobs} WHERE ${blobs.objectKey} = value)
          AND NOT EXISTS (SELECT 1 FROM ${garbageObjects} WHERE ${garbageObjects.objectKey} = value)`,
  );
  return new Set(rows.map(({ key }) => key));
}

/** Rows of each kind that a count looks at: telling an operator how much there is must not read a whole registry. */
export const MAX_COUNTED = 1000;

/** What is waiting for collection. */
export interface Garbage {
  manifests: number;
  blobs: number;
  /** Of those blobs, and of blobs whose rows are gone. */
  objects: number;
  /** Of those objects. */
  bytes: number;
  /** Whether that is all: otherwise there are more than {@link MAX_COUNTED} of a kind. */
  isExact: boolean;
}

/**
 * What nothing needs at present, with what goes along: blobs that only such manifests name, and what only they refer to
 * or are referred to by. Of an index within an index the inner one is left out.
 */
export async function countReclaimable(db: Database): Promise<Garbage> {
  const hasLivingParent = sql`EXISTS (
    SELECT 1 FROM ${manifestChildren} AS edges JOIN ${manifests} AS parents ON parents.id = edges.parent_id
    WHERE edges.child_id = ${manifests.id} AND (
      parents.unreferenced_since IS NULL OR EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = parents.id)))`;
  const children = sql`
    SELECT ${manifests.id}, ${manifests.repositoryId}, ${manifests.digest} FROM gone
    CROSS JOIN ${manifestChildren} ON ${manifestChildren.parentId} = gone.id
    JOIN ${manifests} ON ${manifests.id} = ${manifestChildren.childId}
    WHERE NOT ${isTagged(manifests)} AND NOT ${hasLivingParent}`;
  const referrers = sql`
    SELECT ${manifests.id}, ${manifests.repositoryId}, ${manifests.digest} FROM gone
    CROSS JOIN ${manifests} ON ${manifests.repositoryId} = gone.repository_id AND ${manifests.subject} = gone.digest
    WHERE NOT ${isTagged(manifests)} AND NOT ${hasParent(manifests)}`;
  const companions = sql`
    SELECT ${manifests.id}, ${manifests.repositoryId}, ${manifests.digest} FROM gone
    CROSS JOIN ${restingCompanions} AS resting
      ON resting.repository_id = gone.repository_id AND resting.companion_of = ${digestKey(sql`gone.digest`)}
    CROSS JOIN ${manifests} ON ${manifests.id} = resting.manifest_id AND ${isManifestThere(manifests)}
    WHERE NOT ${isTagged(manifests)} AND NOT ${hasParent(manifests)}`;
  const followers = sql`UNION ${children} UNION ${referrers} UNION ${companions}`;
  return countGarbage(db, sql`true`, followers, Number.MAX_SAFE_INTEGER);
}

/** What a collection would take now, of what nothing has needed since a time. */
export async function countDue(db: Database, since: number): Promise<Garbage> {
  return countGarbage(db, isDue(since), sql``, since);
}

/**
 * Joins are CROSS JOINs because SQLite, which cannot know how little is gone, would otherwise walk all edges.
 *
 * @param condition on rows of `manifests` that nothing needs.
 * @param followers further terms of a recursion over `gone`.
 * @param since when blobs were used last, at the latest.
 */
async function countGarbage(db: Database, condition: SQL, followers: SQL, since: number): Promise<Garbage> {
  const [rows, objects] = await Promise.all([
    db.all<{ manifests: number; blobs: number; bytes: number }>(sql`
      WITH RECURSIVE gone(id, repository_id, digest) AS (
        SELECT * FROM (
          SELECT ${manifests.id}, ${manifests.repositoryId}, ${manifests.digest} FROM ${manifests}
          WHERE ${manifests.unreferencedSince} >= 0 AND ${condition} AND NOT ${isNeeded(manifests)} LIMIT ${MAX_COUNTED})
        ${followers} LIMIT ${MAX_COUNTED}),
      released(id) AS (
        SELECT id FROM (SELECT ${blobs.id} FROM ${blobs} WHERE ${isGarbage(since)} LIMIT ${MAX_COUNTED})
        UNION
        SELECT ${manifestBlobs.blobId} FROM gone CROSS JOIN ${manifestBlobs} ON ${manifestBlobs.manifestId} = gone.id
        WHERE NOT EXISTS (
          SELECT 1 FROM ${manifestBlobs} AS others
          WHERE others.blob_id = ${manifestBlobs.blobId} AND others.manifest_id NOT IN (SELECT id FROM gone)))
      SELECT (SELECT count(*) FROM gone) AS manifests, count(*) AS blobs, ifnull(sum(${blobs.size}), 0) AS bytes
      FROM ${blobs} WHERE ${blobs.id} IN (SELECT id FROM released) AND ${blobs.lastUsedAt} <= ${since}`),
    db.all<{ count: number; bytes: number }>(sql`
      SELECT count(*) AS count, ifnull(sum(size), 0) AS bytes
      FROM (SELECT ${garbageObjects.size} FROM ${garbageObjects} LIMIT ${MAX_COUNTED})`),
  ]);
  const [{ manifests: manifestCount, blobs: blobCount, bytes } = { manifests: 0, blobs: 0, bytes: 0 }] = rows;
  const [unnamed = { count: 0, bytes: 0 }] = objects;
  return {
    manifests: manifestCount,
    blobs: blobCount,
    objects: blobCount + unnamed.count,
    bytes: bytes + unnamed.bytes,
    isExact: Math.max(manifestCount, blobCount, unnamed.count) < MAX_COUNTED,
  };
}

export type CollectionRecord = typeof collections.$inferSelect;

/** How many runs are remembered. */
const MAX_COLLECTIONS = 500;

/**
 * Records that a run has begun, and forgets old ones. It goes on with the search for objects where the last one was.
 *
 * @param actor who started it, for the audit; undefined for the clock.
 */
export async function startCollection(db: Database, now: number, actor: Actor | undefined): Promise<CollectionRecord> {
  const [started] = await db.batch([
    db
      .insert(collections)
      .values({
        startedAt: new Date(now),
        objectCursor: sql`(SELECT ${collections.objectCursor} FROM ${collections} ORDER BY ${collections.id} DESC LIMIT 1)`,
      })
      .returning(),
    db
      .delete(collections)
      .where(
        lte(
          collections.id,
          sql`(SELECT ${collections.id} FROM ${collections} ORDER BY ${collections.id} DESC LIMIT 1 OFFSET ${MAX_COLLECTIONS})`,
        ),
      ),
    ...(actor ? [insertAudit(db, actor, { action: "garbage.collect", resource: "garbage" })] : []),
  ]);
  const [row] = started;
  if (!row) throw new Error("no row came back for a collection");
  return row;
}

/** Records how far a run has come. */
export async function saveCollection(db: Database, { id, ...record }: CollectionRecord): Promise<void> {
  await db.update(collections).set(record).where(eq(collections.id, id));
}

/** Where the search for objects goes on. */
export async function findObjectCursor(db: Database): Promise<string | null> {
  const [last] = await listCollections(db, 1);
  return last?.objectCursor ?? null;
}

/** Runs, the newest first. */
export async function listCollections(db: Database, limit: number): Promise<CollectionRecord[]> {
  return db.select().from(collections).orderBy(desc(collections.id)).limit(limit);
}

/** Whether a repository keeps manifests that nothing needs; undefined when there is none of that id. */
export async function findKeepsUntagged(db: Database, repositoryId: number): Promise<boolean | undefined> {
  const [row] = await db
    .select({ keepsUntagged: repositories.keepsUntagged })
    .from(repositories)
    .where(eq(repositories.id, repositoryId));
  return row?.keepsUntagged;
}

/**
 * Sets whether a repository keeps manifests that nothing needs; those that it no longer keeps are noted again.
 *
 * @param versions "true" or "false", as it must be so far, or else the batch fails: `isVersionFailure`.
 */
export async function setKeepsUntagged(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  keepsUntagged: boolean,
  versions?: Versions,
): Promise<void> {
  const content = sql`iif(${repositories.keepsUntagged}, 'true', 'false')`;
  await db.batch([
    requireContent(db, "garbageSetting", { row: eq(repositories.id, repository.id), content }, versions),
    db
      .update(repositories)
      .set({ keepsUntagged, updatedAt: nextVersion(repositories) })
      .where(and(eq(repositories.id, repository.id), ne(repositories.keepsUntagged, keepsUntagged))),
    insertAuditIfChanged(db, actor, {
      action: "image.update",
      organization: organizationOf(repository.name),
      resource: repository.name,
      detail: { keepsUntagged: { from: !keepsUntagged, to: keepsUntagged } },
    }),
    // An image may have any number of manifests: they are looked at in slices.
    ...(keepsUntagged ? [] : [insertCleanup(db, "untagged", sql`${repository.id}`)]),
  ]);
}
