/**
 * What comes from a registry elsewhere, and is kept. A manifest is kept before its parts are there: what it names and nobody has
 * asked for yet is in `upstream_parts`, and moves from there to `manifest_blobs` and `manifest_children` when it comes. So the tag
 * of an image that is pulled through points to a manifest whose parts are all known, though not all here; all else that looks for
 * parts, such as garbage collection and archives, sees those that are.
 */
import { and, eq, not, type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { OrganizationName, RepositoryName, Tag } from "../../kernel/reference.ts";
import { insertAuditIfChanged, type Recorded } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { isImage } from "../deletion/gone.ts";
import { imageBytes } from "../images/image-detail.ts";
import { insertPlatforms } from "../images/platforms.ts";
import { repositoryIdOf } from "../images/repositories.ts";
import { isQuotaFailure } from "../quotas/quotas.ts";
import {
  blobs,
  manifestBlobs,
  manifestChildren,
  manifests,
  organizationBlobs,
  organizations,
  repositories,
  repositoryBlobs,
  tags,
  upstreamParts,
  upstreams,
  upstreamTags,
} from "../schema.ts";
import { insertLinks } from "../content/blobs.ts";
import {
  each,
  insertOptionalBlobs,
  insertTexts,
  manifestColumns,
  manifestIdAt,
  type ManifestPlace,
  piecesOf,
  upsertManifest,
} from "../content/manifest-statements.ts";
import { insertMoveHistory, movesOf, moveTags, touchRepository } from "../content/move-tags.ts";
import { type Unsettled, unsettledQuery } from "../content/settling.ts";

/** An image of an organization that stands for a registry elsewhere. */
export interface CachedImage {
  organizationId: number;
  repository: RepositoryName;
}

/** The same with whose it is, for the audit. */
export interface OwnedImage extends CachedImage {
  organization: OrganizationName;
  accountId: number;
}

/** A part that a manifest names, and its size in bytes, as that says. */
export interface NamedPart {
  digest: Digest;
  size: number;
}

/** A manifest that has come. */
export interface FetchedManifest {
  digest: Digest;
  text: string;
  /** Bytes. */
  size: number;
  manifest: Manifest;
  /** Of all that it names. */
  sizes: ReadonlyMap<Digest, number>;
}

/** Who has pulled, for audit and history. */
export interface Puller {
  /** Undefined for an anonymous caller, and for one of another account. */
  recorded: Recorded | undefined;
  userId: number | null;
}

/** What came of keeping something. Unless it was kept, nothing has changed. */
export type Keeping =
  | { outcome: "kept"; repositoryId: number; unsettled: Unsettled[] }
  /** A quota has no room for it. */
  | { outcome: "no-room" }
  /** The organization is gone, or stands for nothing but itself by now. */
  | { outcome: "gone" }
  /** A rule keeps the tag where it is. */
  | { outcome: "tag-immutable" }
  /** The same bytes are here as another media type. */
  | { outcome: "media-type-differs" };

/** When a tag was asked for last, and for how long that is believed. */
export interface TagCheck {
  checkedAt: Date;
  /** Seconds. */
  tagLifetime: number;
}

/** @returns undefined when the tag was never asked for, or the organization stands for no registry. */
export async function findTagCheck(
  db: Database,
  { organizationId, repository }: CachedImage,
  tag: Tag,
): Promise<TagCheck | undefined> {
  const [row] = await db
    .select({ checkedAt: upstreamTags.checkedAt, tagLifetime: upstreams.tagLifetime })
    .from(upstreamTags)
    .innerJoin(upstreams, eq(upstreams.organizationId, organizationId))
    .where(and(eq(upstreamTags.repositoryId, repositoryIdOf(repository)), eq(upstreamTags.name, tag)));
  return row;
}

/**
 * Notes that a tag was asked for, and still leads to what it led to here.
 *
 * @param isPull whether somebody pulls it; otherwise somebody only looked.
 */
export async function noteTagCheck(db: Database, image: CachedImage, tag: Tag, isPull: boolean): Promise<void> {
  await insertTagCheck(db, image, tag, { now: Date.now(), isPull });
}

function insertTagCheck(
  db: Database,
  { organizationId, repository }: CachedImage,
  tag: Tag,
  { now, isPull }: { now: number; isPull: boolean },
) {
  return db
    .insert(upstreamTags)
    .select(
      sql`SELECT ${repositories.id}, ${tag}, ${organizationId}, ${now}, ${now} FROM ${repositories}
          WHERE ${repositories.name} = ${repository} AND ${repositories.organizationId} = ${organizationId}`,
    )
    .onConflictDoUpdate({
      target: [upstreamTags.repositoryId, upstreamTags.name],
      set: { checkedAt: sql`excluded.checked_at`, ...(isPull && { usedAt: sql`excluded.used_at` }) },
    });
}

/** The id of an image, if its organization stands for a registry elsewhere when the statement runs; null otherwise. */
function cachedRepositoryId({ organizationId, repository }: CachedImage): SQL<number> {
  return sql<number>`(
    SELECT ${repositories.id} FROM ${repositories}
    WHERE ${repositories.name} = ${repository} AND ${repositories.organizationId} = ${organizationId}
      AND EXISTS (SELECT 1 FROM ${upstreams} WHERE ${upstreams.organizationId} = ${organizationId}))`;
}

/**
 * Keeps a manifest, and lets a tag lead to it, in one batch, which creates the repository if it does not exist. Blobs that another
 * image of the organization has are this one's as well then: both come from the same registry.
 *
 * @param tag undefined for one that was asked for by digest.
 */
export async function keepManifest(
  db: Database,
  image: OwnedImage,
  { digest, text, size, manifest, sizes }: FetchedManifest,
  tag: Tag | undefined,
  puller: Puller,
): Promise<Keeping> {
  const { repository } = image;
  const now = new Date();
  const repositoryId = repositoryIdOf(repository);
  const place = { repositoryId, digest };
  const names = tag === undefined ? [] : [tag];
  const sized = (digests: readonly Digest[]) =>
    digests.map((named) => ({ digest: named, size: sizes.get(named) ?? 0 }));
  try {
    const results = await db.batch([
      insertRepository(db, image, now),
      touchRepository(db, repository, now.getTime()),
      upsertManifest(
        db,
        { repositoryId: cachedRepositoryId(image), digest },
        manifestColumns(manifest, size),
        now.getTime(),
      ),
      ...insertTexts(db, place, piecesOf(text)),
      linkKnownBlobs(db, image, [...manifest.blobs, ...manifest.optionalBlobs]),
      insertOptionalBlobs(db, place, [...manifest.blobs, ...manifest.optionalBlobs]),
      insertKnownChildren(db, place, manifest.children),
      insertParts(db, place, sized([...manifest.blobs, ...manifest.optionalBlobs]), false),
      insertParts(db, place, sized(manifest.children), true),
      ...joinParents(db, place),
      ...(manifest.platforms.length > 0 ? [insertPlatforms(db, repositoryId, digest, manifest.platforms)] : []),
      ...(tag === undefined ? [] : [insertTagCheck(db, image, tag, { now: now.getTime(), isPull: true })]),
      insertMoveHistory(db, place, names, puller.userId, now.getTime()),
      moveTags(db, place, movesOf(names, { digest, ...manifest }), now.getTime()),
      ...(tag === undefined ? [] : recordMove(db, image, puller, { tag, digest, mediaType: manifest.mediaType })),
      unsettledQuery(db, repositoryId),
    ] as const);
    const [, [found]] = results;
    if (!found) throw new Error(`no row came back for repository ${repository}`);
    return { outcome: "kept", repositoryId: found.id, unsettled: results.at(-1) as Unsettled[] };
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * Lets a tag lead to a manifest that is here already.
 *
 * @returns undefined when it is not here.
 */
export async function moveCachedTag(
  db: Database,
  image: OwnedImage,
  tag: Tag,
  digest: Digest,
  puller: Puller,
): Promise<Keeping | undefined> {
  const { repository } = image;
  const [found] = await db
    .select({
      id: manifests.id,
      mediaType: manifests.mediaType,
      content: manifests.content,
      subject: manifests.subject,
      repositoryId: repositories.id,
    })
    .from(repositories)
    .innerJoin(manifests, and(eq(manifests.repositoryId, repositories.id), eq(manifests.digest, digest)))
    .where(and(eq(repositories.name, repository), eq(repositories.organizationId, image.organizationId)));
  if (!found) return undefined;
  const now = new Date();
  const { repositoryId, mediaType, content, subject } = found;
  const place = { repositoryId, digest };
  const moves = movesOf([tag], { digest, content, subject: subject ?? undefined });
  try {
    const results = await db.batch([
      insertMoveHistory(db, place, [tag], puller.userId, now.getTime()),
      moveTags(db, place, moves, now.getTime()),
      ...recordMove(db, image, puller, { tag, digest, mediaType }),
      insertTagCheck(db, image, tag, { now: now.getTime(), isPull: true }),
      touchRepository(db, repository, now.getTime()),
      unsettledQuery(db, repositoryId),
    ] as const);
    return { outcome: "kept", repositoryId, unsettled: results.at(-1) as Unsettled[] };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Records that a tag has come or moved, if the statement before has changed anything and the puller is one of the account. */
function recordMove(
  db: Database,
  { repository, organization, accountId }: OwnedImage,
  { recorded }: Puller,
  { tag, digest, mediaType }: { tag: Tag; digest: Digest; mediaType: string },
) {
  if (!recorded) return [];
  const event = {
    action: "manifest.fetch",
    accountId,
    organization,
    resource: `${repository}:${tag}`,
    detail: { digest, mediaType },
  } as const;
  return [insertAuditIfChanged(db, recorded, event)];
}

function refusalOf(error: unknown): Keeping {
  if (isConstraintFailure(error, "NOT NULL constraint failed: tags.manifest_id")) return { outcome: "tag-immutable" };
  if (isConstraintFailure(error, "NOT NULL constraint failed: manifests.media_type")) {
    return { outcome: "media-type-differs" };
  }
  const isGone = ["repositories.organization_id", "manifests.repository_id", "repository_blobs.repository_id"].some(
    (column) => isConstraintFailure(error, `NOT NULL constraint failed: ${column}`),
  );
  if (isGone) return { outcome: "gone" };
  if (isQuotaFailure(error)) return { outcome: "no-room" };
  throw error;
}

/**
 * The statement that creates an image, unless it exists, or makes one of what a push had begun. An organization that is gone, or stands for itself, refuses the batch.
 */
function insertRepository(
  db: Database,
  {
    organizationId,
    repository,
    organization,
    accountId,
  }: CachedImage & { organization: OrganizationName; accountId: number },
  now: Date,
) {
  const upstream = (column: SQL) => sql`(
    SELECT ${column} FROM ${upstreams} WHERE ${upstreams.organizationId} = ${organizationId}
      AND EXISTS (
        SELECT 1 FROM ${organizations} WHERE ${organizations.id} = ${organizationId} AND ${organizations.name} = ${organization}))`;
  return db
    .insert(repositories)
    .values({
      organizationId: sql`${upstream(sql`${upstreams.organizationId}`)}`,
      accountId,
      name: repository,
      isPublic: sql`ifnull(${upstream(sql`${upstreams.isPublic}`)}, 0)`,
      createdAt: now,
      updatedAt: now,
    })
    .onConflictDoUpdate({
      target: repositories.name,
      set: { isPublic: sql`excluded.is_public`, createdBy: null, createdAt: now, isImage: true },
      setWhere: not(isImage(repositories)),
    });
}

/** Blobs that the organization has, as a subquery for each value of `named`; null for others, and for lost ones. */
function organizationBlobId(organizationId: number, digest: SQL): SQL {
  return sql`(
    SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest} AND ${blobs.lostAt} IS NULL
      AND EXISTS (
        SELECT 1 FROM ${organizationBlobs}
        WHERE ${organizationBlobs.blobId} = ${blobs.id} AND ${organizationBlobs.organizationId} = ${organizationId}))`;
}

function linkKnownBlobs(db: Database, image: CachedImage, digests: readonly Digest[]) {
  const blobId = organizationBlobId(image.organizationId, sql`named.value`);
  return insertLinks(
    db,
    sql`SELECT ${cachedRepositoryId(image)}, ${blobId}, 0, 0 FROM ${each(digests)} AS named WHERE ${blobId} IS NOT NULL`,
  );
}

/** The id of a manifest of the same repository, for each value of `named`. */
function siblingId({ repositoryId }: ManifestPlace, digest: SQL): SQL {
  return sql`(
    SELECT ${manifests.id} FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest})`;
}

function insertKnownChildren(db: Database, place: ManifestPlace, digests: readonly Digest[]) {
  const childId = siblingId(place, sql`named.value`);
  return db
    .insert(manifestChildren)
    .select(sql`SELECT ${manifestIdAt(place)}, ${childId} FROM ${each(digests)} AS named WHERE ${childId} IS NOT NULL`)
    .onConflictDoNothing({ target: [manifestChildren.parentId, manifestChildren.childId] });
}

/** Notes those parts that are not here. */
function insertParts(db: Database, place: ManifestPlace, parts: readonly NamedPart[], isManifest: boolean) {
  const { repositoryId } = place;
  const digest = sql`named.value ->> 'digest'`;
  const isHere = isManifest
    ? sql`${siblingId(place, digest)} IS NOT NULL`
    : sql`EXISTS (
        SELECT 1 FROM ${manifestBlobs} WHERE ${manifestBlobs.manifestId} = ${manifestIdAt(place)}
          AND ${manifestBlobs.blobId} = (SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest}))`;
  return db
    .insert(upstreamParts)
    .select(
      sql`SELECT ${repositoryId}, ${digest}, ${manifestIdAt(place)}, ${isManifest ? 1 : 0}, named.value ->> 'size'
          FROM json_each(${JSON.stringify(parts)}) AS named WHERE NOT ${isHere}`,
    )
    .onConflictDoNothing({ target: [upstreamParts.repositoryId, upstreamParts.digest, upstreamParts.manifestId] });
}

/** Makes a manifest that has come a part of those that name it. */
function joinParents(db: Database, place: ManifestPlace) {
  const isOfIt = sql`${upstreamParts.repositoryId} = ${place.repositoryId} AND ${upstreamParts.digest} = ${place.digest}
    AND ${upstreamParts.isManifest} = 1`;
  return [
    db
      .insert(manifestChildren)
      .select(sql`SELECT ${upstreamParts.manifestId}, ${manifestIdAt(place)} FROM ${upstreamParts} WHERE ${isOfIt}`)
      .onConflictDoNothing({ target: [manifestChildren.parentId, manifestChildren.childId] }),
    weighTags(db, isOfIt),
    db.delete(upstreamParts).where(isOfIt),
  ] as const;
}

/** A blob that has come, and is stored. */
export interface FetchedBlob {
  digest: Digest;
  objectKey: string;
  size: number;
}

/** What came of keeping a blob. Unless it was kept, nothing has changed. */
export type BlobKeeping =
  /** The object that the blob has, and when it was found lost. */
  { outcome: "kept"; objectKey: string; lostAt: Date | null } | Exclude<Keeping, { outcome: "kept" }>;

/** Makes stored bytes, whose digest was verified, a blob of an image, and a part of its manifests that name it. */
export async function keepBlob(
  db: Database,
  image: CachedImage,
  { digest, objectKey, size }: FetchedBlob,
): Promise<BlobKeeping> {
  const now = new Date();
  const blobId = sql`(SELECT ${blobs.id} FROM ${blobs} WHERE ${blobs.digest} = ${digest})`;
  try {
    const [saved] = await db.batch([
      db
        .insert(blobs)
        .values({ digest, objectKey, size, createdAt: now, lastUsedAt: now })
        .onConflictDoUpdate({ target: blobs.digest, set: { lastUsedAt: now } })
        .returning({ objectKey: blobs.objectKey, lostAt: blobs.lostAt }),
      insertLinks(db, sql`SELECT ${cachedRepositoryId(image)}, ${blobId}, 0, 0 WHERE true`),
      ...joinManifests(db, image, digest, blobId),
    ]);
    const [row] = saved;
    if (!row) throw new Error(`no row came back for blob ${digest}`);
    return { outcome: "kept", ...row };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.outcome === "kept") throw error;
    return refusal;
  }
}

/**
 * Makes a blob that another image of the organization has one of this image, whose manifests name it: it need not come again.
 *
 * @returns where it is stored; undefined when no other image has it, or no manifest of this one names it.
 */
export async function adoptBlob(
  db: Database,
  image: CachedImage,
  digest: Digest,
): Promise<{ objectKey: string; size: number } | undefined> {
  const repositoryId = cachedRepositoryId(image);
  const blobId = organizationBlobId(image.organizationId, sql`${digest}`);
  const isNamed = sql`EXISTS (
    SELECT 1 FROM ${upstreamParts}
    WHERE ${upstreamParts.repositoryId} = ${repositoryId} AND ${upstreamParts.digest} = ${digest} AND ${upstreamParts.isManifest} = 0)`;
  try {
    const [linked, , , , [blob]] = await db.batch([
      insertLinks(db, sql`SELECT ${repositoryId}, ${blobId}, 0, 0 WHERE ${isNamed} AND ${blobId} IS NOT NULL`),
      ...joinManifests(db, image, digest, blobId),
      db.select({ objectKey: blobs.objectKey, size: blobs.size }).from(blobs).where(eq(blobs.digest, digest)),
    ]);
    return linked.length > 0 ? blob : undefined;
  } catch (error) {
    // It is fetched then, and not kept.
    if (refusalOf(error).outcome === "no-room") return undefined;
    throw error;
  }
}

/** Makes a blob that is here a part of the manifests that name it. One that is not here changes nothing. */
function joinManifests(db: Database, image: CachedImage, digest: Digest, blobId: SQL) {
  const isOfIt = sql`${upstreamParts.repositoryId} = ${repositoryIdOf(image.repository)} AND ${upstreamParts.digest} = ${digest}
    AND ${upstreamParts.isManifest} = 0 AND EXISTS (
      SELECT 1 FROM ${repositoryBlobs} WHERE ${repositoryBlobs.repositoryId} = ${repositoryIdOf(image.repository)}
        AND ${repositoryBlobs.blobId} = ${blobId})`;
  return [
    db
      .insert(manifestBlobs)
      .select(sql`SELECT ${upstreamParts.manifestId}, ${blobId} FROM ${upstreamParts} WHERE ${isOfIt}`)
      .onConflictDoNothing({ target: [manifestBlobs.manifestId, manifestBlobs.blobId] }),
    weighTags(db, isOfIt),
    db.delete(upstreamParts).where(isOfIt),
  ] as const;
}

/** The size of a blob that a manifest of an image names and nobody has asked for yet; undefined when none does. */
export async function findNamedBlob(
  db: Database,
  repository: RepositoryName,
  digest: Digest,
): Promise<number | undefined> {
  const [row] = await db
    .select({ size: upstreamParts.size })
    .from(upstreamParts)
    .where(
      and(
        eq(upstreamParts.repositoryId, repositoryIdOf(repository)),
        eq(upstreamParts.digest, digest),
        eq(upstreamParts.isManifest, false),
      ),
    )
    .limit(1);
  return row?.size;
}

/** Adds up anew the bytes of the tags that lead to manifests which a part has just come for, and to indexes of these. */
function weighTags(db: Database, isComing: SQL) {
  const joined = sql`SELECT ${upstreamParts.manifestId} FROM ${upstreamParts} WHERE ${isComing}`;
  return db
    .update(tags)
    .set({ imageBytes: imageBytes(tags.manifestId) })
    .where(
      sql`${tags.manifestId} IN (
        ${joined} UNION
        SELECT ${manifestChildren.parentId} FROM ${manifestChildren} WHERE ${manifestChildren.childId} IN (${joined}))`,
    );
}
