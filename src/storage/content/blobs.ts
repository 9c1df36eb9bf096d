import { and, asc, eq, gt, isNull, lt, lte, type SQL, sql } from "drizzle-orm";
import { type Actor, type Pusher, pusherOf, type RepositoryPlace } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import {
  isPullable,
  pusherIn,
  type PusherShape,
  pusherShapeOf,
  type PusherValues,
  pusherValuesOf,
} from "../rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { type AllGiven, type Database, isConstraintFailure, writtenOnceInColumns } from "../database.ts";
import { deleteOpenUpload, endedKey, isUploadEnded } from "./open-uploads.ts";
import {
  batchIn,
  batchWrittenOnceIn,
  type CreationRefusal,
  isRepository,
  type MeantRepository,
  PLACE_COLUMNS,
  type PlaceColumns,
  placeOf,
  pushTargetOf,
  refusedIn,
  type RepositoryCreation,
  repositoryIdOf,
} from "../images/repositories.ts";
import { blobs, manifestBlobs, manifests, repositories, repositoryBlobs } from "../schema.ts";

export type BlobRecord = typeof blobs.$inferSelect;

/** How many blobs without an object are looked at in one go: each costs a question to R2. */
const MAX_UNLISTED = 50;
/** How many blobs {@link listBlobsBeside} finds, and how many manifests it looks at. */
const MAX_BESIDE = 200;
const MAX_NAMING = 20;
/** How many keys one statement takes. */
const MAX_MARKED = 1000;

/**
 * A blob, the repository that it was found in, and since when no manifest there has named it (as `unreferencedSince` of
 * manifests).
 */
export interface FoundBlob extends Pick<BlobRecord, "id" | "digest" | "objectKey" | "size" | "lastUsedAt"> {
  repository: RepositoryPlace;
  unneededSince: number | null;
}

/** What a search for a blob in a repository has found. */
export type BlobSearch =
  | { outcome: "found"; blob: FoundBlob }
  /** The repository does not have it, or its object is known to be lost. */
  | { outcome: "blob-unknown"; repository: RepositoryPlace }
  | { outcome: "repository-unknown" };

/** What a search for a blob selects, in this order; all null where the repository does not have it. */
const BLOB_COLUMNS = {
  blobId: repositoryBlobs.blobId,
  unneededSince: repositoryBlobs.unneededSince,
  digest: blobs.digest,
  objectKey: blobs.objectKey,
  size: blobs.size,
  lastUsedAt: blobs.lastUsedAt,
  lostAt: blobs.lostAt,
};
type BlobColumns = [
  blobId: number,
  unneededSince: number | null,
  digest: Digest,
  objectKey: string,
  size: number,
  lastUsedAt: number,
  lostAt: number | null,
];
type NoColumns = [blobId: null, unneededSince: null, ...unknown[]];

const findBy = (by: "name" | "id") =>
  writtenOnceInColumns<[...PlaceColumns, ...(BlobColumns | NoColumns)]>((db) =>
    db
      .select({ repository: PLACE_COLUMNS, blob: BLOB_COLUMNS })
      .from(repositories)
      .leftJoin(blobs, eq(blobs.digest, sql.placeholder("digest")))
      .leftJoin(
        repositoryBlobs,
        and(eq(repositoryBlobs.repositoryId, repositories.id), eq(repositoryBlobs.blobId, blobs.id)),
      )
      .where(isRepository(by)),
  );
const FINDS = { name: findBy("name"), id: findBy("id") };

/** Finds a blob that a repository may serve, in one query. */
export async function findBlob(db: Database, repository: MeantRepository, digest: Digest): Promise<BlobSearch> {
  const [row] =
    typeof repository === "string"
      ? await FINDS.name(db, { repository, digest })
      : await FINDS.id(db, { repository: repository.id, digest });
  if (!row) return { outcome: "repository-unknown" };
  const foundIn = placeOf(row);
  const [, , , id, unneededSince, foundDigest, objectKey, size, lastUsedAt, lostAt] = row;
  // A lost one is absent, so that a client that pushes it sends its bytes again.
  if (id === null || lostAt !== null) return { outcome: "blob-unknown", repository: foundIn };
  const blob = { id, digest: foundDigest, objectKey, size, lastUsedAt: new Date(lastUsedAt) };
  return { outcome: "found", blob: { ...blob, unneededSince, repository: foundIn } };
}

/**
 * Blobs that belong to an image together with this one, and are not lost: those that the repository's two newest manifests name
 * which name this one. At most {@link MAX_BESIDE}; only the last {@link MAX_NAMING} manifests of all repositories that name it are
 * looked at, so that a common base layer costs no more.
 */
export async function listBlobsBeside(
  db: Database,
  { id, repository }: FoundBlob,
): Promise<{ digest: Digest; objectKey: string; size: number }[]> {
  const naming = sql`
    SELECT ${manifests.id} FROM (
      SELECT ${manifestBlobs.manifestId} AS id FROM ${manifestBlobs}
      WHERE ${manifestBlobs.blobId} = ${id} ORDER BY ${manifestBlobs}.rowid DESC LIMIT ${MAX_NAMING}) AS named
    CROSS JOIN ${manifests} ON ${manifests.id} = named.id
    WHERE ${manifests.repositoryId} = ${repository.id} ORDER BY ${manifests.id} DESC LIMIT 2`;
  return db
    .selectDistinct({ digest: blobs.digest, objectKey: blobs.objectKey, size: blobs.size })
    .from(manifestBlobs)
    .innerJoin(blobs, eq(blobs.id, manifestBlobs.blobId))
    .where(and(sql`${manifestBlobs.manifestId} IN (${naming})`, isNull(blobs.lostAt)))
    .limit(MAX_BESIDE);
}

/**
 * Notes that somebody relies on a blob of a repository, which keeps garbage collection away from it for the grace period.
 *
 * @returns false when it was collected just before.
 */
export async function touchBlob(db: Database, { id, repository }: FoundBlob): Promise<boolean> {
  const now = new Date();
  const [, touched] = await db.batch([
    db.update(blobs).set({ lastUsedAt: now }).where(eq(blobs.id, id)),
    db
      .update(repositoryBlobs)
      .set({
        unneededSince: sql`iif(${repositoryBlobs.unneededSince} > 0, ${now.getTime()}, ${repositoryBlobs.unneededSince})`,
      })
      .where(and(eq(repositoryBlobs.repositoryId, repository.id), eq(repositoryBlobs.blobId, id)))
      .returning({ blobId: repositoryBlobs.blobId }),
  ]);
  return touched.length > 0;
}

/** What became of a blob that was pushed. */
export type BlobSaving =
  /** The object that the blob has, and when it was found lost. */
  | { outcome: "saved"; objectKey: string; lostAt: Date | null }
  /** There is no such repository, or no right to push to it, or not any more. */
  | { outcome: "repository-unknown" }
  /** The upload was ended. */
  | { outcome: "upload-unknown" }
  | CreationRefusal;

/** Verified bytes, about to become a blob. */
export interface UploadedBlob {
  digest: Digest;
  objectKey: string;
  size: number;
  /** The upload that they came by, whose place is given back. */
  upload?: string;
  /** The upload that they came by in one request: unless that was ended. */
  wholeUpload?: string | undefined;
}

/**
 * Makes verified bytes a blob of a repository and gives the place of their upload back, in one batch, if the user may push
 * when it runs. When the digest is stored already, the older object is kept and its key is what comes back: the caller's own
 * object is then superfluous. Unless it was saved, nothing has changed.
 *
 * @param by who pushes it, and where to.
 * @param creation who creates the repository in the same batch if it does not exist; undefined when nobody does.
 */
export async function saveBlob(
  db: Database,
  blob: UploadedBlob,
  by: Pusher & { repository: RepositoryName },
  creation?: RepositoryCreation,
): Promise<BlobSaving> {
  const { repository } = by;
  const { digest, objectKey, size, upload, wholeUpload } = blob;
  const values = {
    ...pusherValuesOf(by),
    repository,
    digest,
    objectKey,
    size,
    now: new Date(),
    upload: upload ?? "",
    ended: wholeUpload === undefined ? "" : endedKey(wholeUpload),
  };
  const shape = {
    ...pusherShapeOf(by),
    hasPlace: upload !== undefined,
    isWhole: wholeUpload !== undefined,
  };
  try {
    const [saved] = await saveBlobIn(db, repository, creation, values, shape);
    const [row] = saved;
    if (!row) throw new Error(`no row came back for blob ${digest}`);
    return { outcome: "saved", ...row };
  } catch (error) {
    if (isWithoutTarget(error)) return { outcome: "repository-unknown" };
    if (isConstraintFailure(error, "NOT NULL constraint failed: repository_blobs.blob_id")) {
      return { outcome: "upload-unknown" };
    }
    return refusedIn(db, error, repository, creation, { storedBytes: size });
  }
}

/** Values of the batch of {@link saveBlob}. Those that its shape leaves out are not used. */
interface SavedBlob extends PusherValues {
  repository: RepositoryName;
  digest: Digest;
  objectKey: string;
  size: number;
  now: Date;
  upload: string;
  ended: string;
}

/** Which statements the batch has. */
interface SavedBlobShape extends PusherShape {
  /** Whether it gives the place of an upload back. */
  hasPlace: boolean;
  /** Whether the blob came in one request. */
  isWhole: boolean;
}

const saveBlobIn = batchWrittenOnceIn((db, values: AllGiven<SavedBlob>, shape: SavedBlobShape) => {
  const { repository, digest, objectKey, size, now, upload, ended } = values;
  const id = sql`(SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest})`;
  const blobId = shape.isWhole ? sql`CASE WHEN NOT ${isUploadEnded(ended)} THEN ${id} END` : id;
  const target = pushTargetOf(db, repository, pusherIn(values, shape));
  return [
    db
      .insert(blobs)
      .values({ digest, objectKey, size, createdAt: now, lastUsedAt: now })
      .onConflictDoUpdate({ target: blobs.digest, set: { lastUsedAt: sql`excluded.last_used_at` } })
      .returning({ objectKey: blobs.objectKey, lostAt: blobs.lostAt }),
    insertLinks(db, sql`SELECT ${target}, ${blobId}, 0, 0 WHERE true`),
    ...(shape.hasPlace ? [deleteOpenUpload(db, upload)] : []),
  ] as const;
});

/** Whether a batch failed because the repository of {@link insertLinks} was null. */
function isWithoutTarget(error: unknown): boolean {
  return isConstraintFailure(error, "NOT NULL constraint failed: repository_blobs.repository_id");
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
  for (let at = 0; at < keys.length; at += MAX_MARKED) {
    const some = JSON.stringify(keys.slice(at, at + MAX_MARKED));
    await db
      .update(blobs)
      .set({ lostAt: new Date() })
      .where(and(sql`${blobs.objectKey} IN (SELECT value FROM json_each(${some}))`, isNull(blobs.lostAt)));
  }
}

/** Notes that an object which was marked as lost is there after all. */
export async function markFound(db: Database, key: string): Promise<void> {
  await db.update(blobs).set({ lostAt: null }).where(eq(blobs.objectKey, key));
}

/**
 * Objects that blobs have, and that a listing of the bucket does not: in the order of keys, after one and up to another.
 *
 * @param listed what the bucket has in that range.
 * @param before leaves out blobs that were saved since, which the listing may have come too early for.
 */
export async function findUnlisted(
  db: Database,
  range: { after: string; upTo: string | undefined },
  listed: readonly string[],
  before: Date,
): Promise<{ objectKey: string; size: number }[]> {
  return db
    .select({ objectKey: blobs.objectKey, size: blobs.size })
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
    .orderBy(asc(blobs.objectKey))
    .limit(MAX_UNLISTED);
}

/**
 * Links the selected pairs, each with 0 and 0: nothing names it yet. A pair with null refuses the whole batch. Over an existing link it writes the same link, so that
 * a row comes back in either case, and its grace period begins anew.
 */
export function insertLinks(db: Database, pairs: SQL) {
  return db
    .insert(repositoryBlobs)
    .select(pairs)
    .onConflictDoUpdate({
      target: [repositoryBlobs.repositoryId, repositoryBlobs.blobId],
      set: {
        blobId: sql`excluded.blob_id`,
        unneededSince: sql`iif(${repositoryBlobs.unneededSince} IS NULL, NULL, 0)`,
      },
    })
    .returning({ blobId: repositoryBlobs.blobId });
}

/** What became of a {@link mountBlob}. */
export type BlobMounting =
  | { outcome: "mounted"; object: { objectKey: string; size: number } }
  | { outcome: "blob-unknown" }
  /** There is no such repository to mount it into, or no right to push to it, or not any more. */
  | { outcome: "repository-unknown" }
  | CreationRefusal;

/**
 * Lets a repository serve a blob that another one serves, without moving bytes; not one that is lost. That the actor may push
 * to the one and pull from the other is decided in the batch.
 *
 * @param among names of repositories that alone it may be mounted from; undefined: all that the actor may pull from.
 * @param creation who creates the repository in the same batch if it does not exist; undefined when nobody does.
 */
export async function mountBlob(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  digest: Digest,
  among: readonly string[] | undefined,
  creation?: RepositoryCreation,
): Promise<BlobMounting> {
  const isAmong = among && sql`${repositories.name} IN (SELECT value FROM json_each(${JSON.stringify(among)}))`;
  const isSource = and(isAmong, isPullable(db, actor.user));
  const isServed = sql`EXISTS (
    SELECT 1 FROM ${repositoryBlobs} JOIN ${repositories} ON ${repositories.id} = ${repositoryBlobs.repositoryId}
    WHERE ${repositoryBlobs.blobId} = ${blobs.id} AND ${isSource})`;
  const now = new Date();
  try {
    const target = pushTargetOf(db, repository, pusherOf(actor));
    const [[object], mounted, [found]] = await batchIn(db, repository, creation, [
      db
        .update(blobs)
        .set({ lastUsedAt: now })
        .where(and(eq(blobs.digest, digest), isServed))
        .returning({ objectKey: blobs.objectKey, size: blobs.size }),
      insertLinks(
        db,
        sql`SELECT ${target}, ${blobs.id}, 0, 0 FROM ${blobs}
            WHERE ${blobs.digest} = ${digest} AND ${blobs.lostAt} IS NULL AND ${isServed}`,
      ),
      db.select({ id: sql<number | null>`${target}` }).from(sql`(SELECT 1)`),
    ]);
    if ((found?.id ?? null) === null) return { outcome: "repository-unknown" };
    return object && mounted.length > 0 ? { outcome: "mounted", object } : { outcome: "blob-unknown" };
  } catch (error) {
    if (isWithoutTarget(error)) return { outcome: "repository-unknown" };
    const [blob] = await db.select({ size: blobs.size }).from(blobs).where(eq(blobs.digest, digest));
    return refusedIn(db, error, repository, creation, { storedBytes: blob?.size ?? 0 });
  }
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
        eq(repositoryBlobs.manifestCount, 0),
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
