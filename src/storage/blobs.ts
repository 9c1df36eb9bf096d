import { and, eq, gt, isNull, lt, lte, type SQL, sql } from "drizzle-orm";
import type { Actor, User } from "../model/access.ts";
import type { Digest } from "../model/digest.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import { isPullable } from "./access.ts";
import { insertAuditIfChanged } from "./audit.ts";
import type { Database } from "./database.ts";
import { repositoryIdOf, unknownRepository } from "./repositories.ts";
import { blobs, manifestBlobs, manifests, repositories, repositoryBlobs } from "./schema.ts";

export type BlobRecord = typeof blobs.$inferSelect;

/** How many blobs without an object are looked at in one go: each costs a question to R2. */
const MAX_UNLISTED = 50;

/** A blob, and the repository that it was found in. */
export type FoundBlob = BlobRecord & { repository: { id: number; accountId: number } };

/**
 * Finds a blob that a repository may serve, in one query.
 *
 * @returns undefined when the repository exists without that blob, or its object is known to be lost.
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function findBlob(
  db: Database,
  repository: RepositoryName,
  digest: Digest,
): Promise<FoundBlob | undefined> {
  const [row] = await findBlobQuery(db, repository, digest);
  if (!row) throw unknownRepository(repository);
  // A lost one is absent, so that whoever pushes it sends its bytes again.
  return row.link && row.blob && row.blob.lostAt === null ? { ...row.blob, repository: row.repository } : undefined;
}

export function findBlobQuery(db: Database, repository: RepositoryName, digest: Digest) {
  return db
    .select({
      blob: blobs,
      link: repositoryBlobs,
      repository: { id: repositories.id, accountId: repositories.accountId },
    })
    .from(repositories)
    .leftJoin(blobs, eq(blobs.digest, digest))
    .leftJoin(
      repositoryBlobs,
      and(eq(repositoryBlobs.repositoryId, repositories.id), eq(repositoryBlobs.blobId, blobs.id)),
    )
    .where(eq(repositories.name, repository));
}

/**
 * Notes that somebody relies on a blob, which keeps garbage collection away from it for the grace period.
 *
 * @returns false when the blob was collected just before.
 */
export async function touchBlob(db: Database, id: number): Promise<boolean> {
  const touched = await db
    .update(blobs)
    .set({ lastUsedAt: new Date() })
    .where(eq(blobs.id, id))
    .returning({ id: blobs.id });
  return touched.length > 0;
}

/**
 * Makes verified bytes a blob of a repository, in one batch. When the digest is stored already, the older object is
 * kept and its key is what comes back: the caller's own object is then superfluous.
 *
 * @throws RegistryError NAME_UNKNOWN when the repository was deleted meanwhile; the bytes are then not recorded for it.
 */
export async function saveBlob(
  db: Database,
  blob: { repository: RepositoryName; digest: Digest; objectKey: string; size: number },
): Promise<{ objectKey: string; lostAt: Date | null }> {
  const now = new Date();
  const { repository, digest, objectKey, size } = blob;
  const [saved, linked] = await db.batch([
    db
      .insert(blobs)
      .values({ digest, objectKey, size, createdAt: now, lastUsedAt: now })
      .onConflictDoUpdate({ target: blobs.digest, set: { lastUsedAt: now } })
      .returning({ objectKey: blobs.objectKey, lostAt: blobs.lostAt }),
    insertLinks(
      db,
      sql`SELECT ${repositories.id}, (SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest})
          FROM ${repositories} WHERE ${repositories.name} = ${repository}`,
    ),
  ]);
  if (linked.length === 0) throw unknownRepository(repository);
  const [row] = saved;
  if (!row) throw new Error(`no row came back for blob ${digest}`);
  return row;
}

/**
 * Gives a blob another object with the same bytes, in place of one that is lost.
 *
 * @returns the key of the object that it has now, which is a third one if somebody else was faster.
 */
export async function replaceObject(db: Database, digest: Digest, lost: string, objectKey: string): Promise<string> {
  const [, [row]] = await db.batch([
    db
      .update(blobs)
      .set({ objectKey, lostAt: null })
      .where(and(eq(blobs.digest, digest), eq(blobs.objectKey, lost))),
    db.select({ objectKey: blobs.objectKey }).from(blobs).where(eq(blobs.digest, digest)),
  ]);
  if (!row) throw new Error(`blob ${digest} was collected while it was pushed: push it again`);
  return row.objectKey;
}

/**
 * Notes that objects are gone from R2: their blobs count as absent until they are pushed again.
 *
 * @param keys of objects; those of blobs that have been given another object meanwhile change nothing.
 */
export async function markLost(db: Database, keys: readonly string[]): Promise<void> {
  await db
    .update(blobs)
    .set({ lostAt: new Date() })
    .where(
      and(sql`${blobs.objectKey} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`, isNull(blobs.lostAt)),
    );
}

/** Takes that back for an object that is there after all. */
export async function markFound(db: Database, key: string): Promise<void> {
  await db.update(blobs).set({ lostAt: null }).where(eq(blobs.objectKey, key));
}

/**
 * Keys that blobs have, and that a listing of the bucket does not: in the order of keys, after one and up to another.
 *
 * @param listed what the bucket has in that range.
 * @param before leaves out blobs that were saved since, which the listing may have come too early for.
 */
export async function findUnlisted(
  db: Database,
  range: { after: string; upTo: string | undefined },
  listed: readonly string[],
  before: Date,
): Promise<string[]> {
  const rows = await db
    .select({ key: blobs.objectKey })
    .from(blobs)
    .where(
      and(
        gt(blobs.objectKey, range.after),
        range.upTo === undefined ? undefined : lte(blobs.objectKey, range.upTo),
        isNull(blobs.lostAt),
        lt(blobs.createdAt, before),
        sql`${blobs.objectKey} NOT IN (SELECT value FROM json_each(${JSON.stringify(listed)}))`,
      ),
    )
    .limit(MAX_UNLISTED);
  return rows.map(({ key }) => key);
}

/** Links the selected pairs. Over an existing link it writes the same link, so that a row comes back in either case. */
function insertLinks(db: Database, pairs: SQL) {
  return db
    .insert(repositoryBlobs)
    .select(pairs)
    .onConflictDoUpdate({
      target: [repositoryBlobs.repositoryId, repositoryBlobs.blobId],
      set: { blobId: sql`excluded.blob_id` },
    })
    .returning({ blobId: repositoryBlobs.blobId });
}

/** Repositories of which a blob must be in one: the named ones, or any that a user may pull from. */
export type MountSource = { repositories: readonly string[] } | { user: User };

/**
 * Lets a repository serve a blob that another one serves, without moving bytes; not one that is lost.
 *
 * @returns whether there was such a blob.
 */
export async function mountBlob(
  db: Database,
  repositoryId: number,
  digest: Digest,
  from: MountSource,
): Promise<boolean> {
  const isSource =
    "user" in from
      ? isPullable(db, from.user)
      : sql`${repositories.name} IN (SELECT value FROM json_each(${JSON.stringify(from.repositories)}))`;
  const isServed = sql`EXISTS (
    SELECT 1 FROM ${repositoryBlobs} JOIN ${repositories} ON ${repositories.id} = ${repositoryBlobs.repositoryId}
    WHERE ${repositoryBlobs.blobId} = ${blobs.id} AND ${isSource})`;
  const now = new Date();
  const [, mounted] = await db.batch([
    db
      .update(blobs)
      .set({ lastUsedAt: now })
      .where(and(eq(blobs.digest, digest), isServed)),
    insertLinks(
      db,
      // Selected from there, because the repository may have been deleted since.
      sql`SELECT ${repositories.id}, ${blobs.id} FROM ${repositories} CROSS JOIN ${blobs}
          WHERE ${repositories.id} = ${repositoryId} AND ${blobs.digest} = ${digest} AND ${blobs.lostAt} IS NULL AND ${isServed}`,
    ),
  ]);
  return mounted.length > 0;
}

/**
 * Stops a repository from serving a blob; the bytes stay until garbage collection finds nobody who serves them.
 *
 * @returns whether it was removed: not when the repository has no such blob, nor while one of its manifests needs it.
 */
export async function unlinkBlob(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  digest: Digest,
): Promise<boolean> {
  const removal = db
    .delete(repositoryBlobs)
    .where(
      and(
        eq(repositoryBlobs.repositoryId, repositoryIdOf(repository)),
        eq(repositoryBlobs.blobId, sql`(SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest})`),
        sql`NOT EXISTS (
          SELECT 1 FROM ${manifestBlobs} JOIN ${manifests} ON ${manifests.id} = ${manifestBlobs.manifestId}
          WHERE ${manifestBlobs.blobId} = ${repositoryBlobs.blobId}
            AND ${manifests.repositoryId} = ${repositoryBlobs.repositoryId})`,
      ),
    )
    .returning({ blobId: repositoryBlobs.blobId });
  const [removed] = await db.batch([
    removal,
    insertAuditIfChanged(db, actor, {
      action: "blob.delete",
      organization: organizationOf(repository),
      resource: `${repository}@${digest}`,
    }),
  ]);
  return removed.length > 0;
}
