import { and, asc, eq, getTableColumns, gt, type SQL, sql } from "drizzle-orm";
import { requireDocumentMemory, SMALL_DOCUMENT_BYTES } from "../../documents.ts";
import type { Lease } from "../../memory.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_PAGE_BYTES } from "../../kernel/excerpt.ts";
import { MAX_TRIGGERS } from "../../kernel/limits.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type Reference, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { companionByName, companionOf, isAnnounced, tagKindOf } from "../../kernel/tag-kind.ts";
import { insertAudit, insertAuditIfChanged } from "../audit/audit.ts";
import { isAttached, type Unsettled, unsettledQuery } from "./companions.ts";
import { countQueries, type Database, isConstraintFailure, MAX_QUERIES } from "../database.ts";
import {
  insertDeliveries,
  limitDeliveries,
  MAX_DELIVERIES_PER_PUSH,
  type OutboxEntry,
  tooManyDeliveries,
} from "../triggers/deliveries.ts";
import { refuseImmutable } from "../deletion/deletion.ts";
import { DELETED, goneManifest, isManifestThere } from "../deletion/gone.ts";
import { findImmutableTags, immutableTag, isImmutable, isKept } from "../immutable-rules/immutable-rules.ts";
import { isOfKey } from "./leading-tags.ts";
import { insertPlatforms } from "../images/platforms.ts";
import { failedPrecondition, isPreconditionFailure, requireHolds } from "./preconditions.ts";
import { throwExplained } from "../quotas/quotas.ts";
import { repositoryIdOf, unknownRepository } from "../images/repositories.ts";
import {
  blobs,
  manifestBlobs,
  manifestChildren,
  manifests,
  manifestTexts,
  repositories,
  repositoryBlobs,
  tagHistory,
  tags,
} from "../schema.ts";

export interface StoredManifest {
  digest: Digest;
  mediaType: string;
  /** Bytes. */
  size: number;
}

/** A manifest, and since when nothing has needed it: null, or 0 where garbage collection has yet to look. */
export type FoundManifest = StoredManifest & { id: number; unreferencedSince: number | null };

/**
 * Whether a row of `manifests` names a blob that is lost, or a part of it does, or a part of that. They are looked at only
 * when any blob is lost, which an index tells: so it costs one row where nothing is, and no more than the blobs of the
 * manifest and of its parts where much is.
 */
const hasLostBlob = sql<boolean>`(
  EXISTS (SELECT 1 FROM blobs AS lost WHERE lost.lost_at IS NOT NULL)
  AND EXISTS (
    WITH RECURSIVE parts(id) AS (
      SELECT ${manifests.id}
      UNION SELECT edges.child_id FROM parts CROSS JOIN ${manifestChildren} AS edges ON edges.parent_id = parts.id)
    SELECT 1 FROM parts CROSS JOIN ${manifestBlobs} ON ${manifestBlobs.manifestId} = parts.id
    CROSS JOIN ${blobs} ON ${blobs.id} = ${manifestBlobs.blobId}
    WHERE ${blobs.lostAt} IS NOT NULL))`.mapWith(Boolean);

/** Length of one piece of a manifest's text in UTF-16 units, of which each takes at most 3 bytes: a D1 row ends at 2 MB. */
const TEXT_PIECE_LENGTH = 600_000;

/**
 * Finds a manifest by tag or digest, in one query, without its text.
 *
 * @returns undefined when the repository has no such manifest.
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function findManifest(
  db: Database,
  repository: RepositoryName,
  reference: Reference,
): Promise<(FoundManifest & { hasLostBlob: boolean }) | undefined> {
  const [row] = await findManifestQuery(db, repository, reference);
  if (!row) throw unknownRepository(repository);
  return row.manifest ? { ...row.manifest, hasLostBlob: row.hasLostBlob } : undefined;
}

export function findManifestQuery(db: Database, repository: RepositoryName, reference: Reference) {
  return db
    .select({ manifest: manifests, hasLostBlob })
    .from(repositories)
    .leftJoin(manifests, isReferredTo(reference))
    .where(eq(repositories.name, repository));
}

export interface ReadManifest extends FoundManifest {
  repository: { id: number; accountId: number };
  /** Whether an index of the repository names it. */
  isChild: boolean;
  /** Whether it is no image of its own: a companion, or a cache. */
  isAttached: boolean;
  /** Exactly as it was pushed. */
  text: string;
}

/**
 * Notes that somebody relies on a manifest that nothing needs: its grace period begins anew.
 *
 * @returns false when it was collected just before.
 */
export async function touchManifest(db: Database, id: number): Promise<boolean> {
  const touched = await db
    .update(manifests)
    .set({
      unreferencedSince: sql`CASE WHEN ${manifests.unreferencedSince} > 0 THEN ${Date.now()} ELSE ${manifests.unreferencedSince} END`,
    })
    .where(eq(manifests.id, id))
    .returning({ id: manifests.id });
  return touched.length > 0;
}

/**
 * The same with its exact text, and what counting its pull takes, in one query; the text of a large one in another, once
 * there is memory for it.
 *
 * @param memory of documents: what it takes for the text is the caller's to give back.
 * @throws RegistryError OVERLOADED when there is none.
 */
export async function readManifest(
  db: Database,
  repository: RepositoryName,
  reference: Reference,
  memory: Lease,
): Promise<ReadManifest | undefined> {
  const [row] = await readManifestQuery(db, repository, reference);
  if (!row) throw unknownRepository(repository);
  if (!row.manifest) return undefined;
  const { manifest, text: short, ...facts } = row;
  const text = short ?? (await readManifestText(db, manifest, memory));
  return text === undefined ? undefined : { ...manifest, ...facts, text };
}

/** The exact text of a manifest; undefined when it is gone. What it throws and takes is as {@link readManifest} says. */
export async function readManifestText(
  db: Database,
  { id, size }: { id: number; size: number },
  memory: Lease,
): Promise<string | undefined> {
  await requireDocumentMemory(memory, size);
  const rows = await db
    .select({ text: manifestTexts.text })
    .from(manifestTexts)
    .where(eq(manifestTexts.manifestId, id))
    .orderBy(asc(manifestTexts.position));
  return rows.length > 0 ? rows.map(({ text }) => text).join("") : undefined;
}

export function readManifestQuery(db: Database, repository: RepositoryName, reference: Reference) {
  return db
    .select({
      manifest: manifests,
      // A short one has one piece.
      text: sql<string | null>`CASE WHEN ${manifests.size} <= ${SMALL_DOCUMENT_BYTES} THEN (
        SELECT ${manifestTexts.text} FROM ${manifestTexts}
        WHERE ${manifestTexts.manifestId} = ${manifests.id} AND ${manifestTexts.position} = 0) END`,
      repository: { id: repositories.id, accountId: repositories.accountId },
      isChild:
        sql`EXISTS (SELECT 1 FROM ${manifestChildren} WHERE ${manifestChildren.childId} = ${manifests.id})`.mapWith(
          Boolean,
        ),
      isAttached: isAttached.mapWith(Boolean),
    })
    .from(repositories)
    .leftJoin(manifests, isReferredTo(reference))
    .where(eq(repositories.name, repository));
}

function isReferredTo(reference: Reference): SQL | undefined {
  if (reference.includes(":")) {
    return and(eq(manifests.repositoryId, repositories.id), eq(manifests.digest, reference as Digest));
  }
  const tagged = sql`(SELECT ${tags.manifestId} FROM ${tags} WHERE ${tags.repositoryId} = ${repositories.id} AND ${tags.name} = ${reference})`;
  return eq(manifests.id, tagged);
}

/**
 * Stores a manifest with all that hangs on it and moves tags to it, in one batch: all of it happens or nothing.
 *
 * @returns what triggers are to be told of; undefined when a blob or child is not in the repository; then nothing is stored. {@link findMissing} names them.
 * @throws RegistryError PRECONDITION_FAILED, TAG_IMMUTABLE when a rule keeps one of the tags where it is, MANIFEST_INVALID when the same bytes are
 * stored as another media type, TOO_MANY_TAGS when they would set off too many deliveries, NAME_UNKNOWN when the repository
 * is gone, QUOTA_EXCEEDED; nothing is stored then either.
 */
export async function saveManifest(
  db: Database,
  push: {
    repository: RepositoryName;
    repositoryId: number;
    digest: Digest;
    text: string;
    size: number;
    manifest: Manifest;
    tags: Tag[];
    actor: Actor;
    /** The registry's address, as events name it. */
    registry: string;
    /** What must hold for what `reference` points to. */
    condition?: { precondition: Precondition; reference: Reference } | undefined;
  },
): Promise<{ outbox: OutboxEntry[]; unsettled: Unsettled[] } | undefined> {
  const { repository, repositoryId, digest, text, size, manifest, actor, registry, condition } = push;
  const now = new Date();
  const { mediaType, subject, artifactType, content } = manifest;
  const manifestId = sql<number>`(SELECT ${manifests.id} FROM ${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest})`;
  const blobId = sql`(
    SELECT ${blobs.id} FROM ${blobs} JOIN ${repositoryBlobs} ON ${repositoryBlobs.blobId} = ${blobs.id}
    WHERE ${repositoryBlobs.repositoryId} = ${repositoryId} AND ${blobs.digest} = named.value AND ${blobs.lostAt} IS NULL)`;
  const childId = sql`(
    SELECT ${manifests.id} FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = named.value AND NOT ${hasLostBlob})`;
  const tagNames = sql`json_each(${JSON.stringify(push.tags)})`;
  const moved = push.tags.map((tag) => {
    const companion = companionOf(tag, { digest, content, subject });
    const isNamed = companion !== undefined && companion === companionByName(tag, content);
    return { tag, companion, isNamed, isAnnounced: isAnnounced(tagKindOf(companion, content)) };
  });
  const movedTags = sql`json_each(${JSON.stringify(moved)})`;
  const companion = sql`(value ->> 'companion')`;
  const isWaiting = sql`value ->> 'isNamed' AND NOT EXISTS (
    SELECT 1 FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${repositoryId} AND ${isOfKey(sql`${manifests.digest}`, companion)})`;
  const isFixed = sql`EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = value ->> 'tag' AND ${tags.manifestId} <> ${manifestId}
      AND ${isImmutable})`;
  // Only the referrers API reads them.
  const annotations = subject && manifest.annotations ? JSON.stringify(manifest.annotations) : null;

  const event = { repository, user: actor.user.name, registry };
  const isSame = sql`EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = moved.value ->> 'tag' AND ${tags.manifestId} = ${manifestId})`;

  try {
    const results = await db.batch([
      // First, while the tags are where they were.
      insertDeliveries(db, repositoryId, sql`${JSON.stringify(moved)}`, event, { digest, mediaType, size }, isSame),
      // It counts what the statement before it has written.
      ...(push.tags.length * MAX_TRIGGERS > MAX_DELIVERIES_PER_PUSH ? [limitDeliveries(db)] : []),
      ...(condition ? [requireHolds(db, condition.precondition, repositoryId, condition.reference)] : []),
      db
        .insert(manifests)
        .values({ repositoryId, digest, mediaType, size, artifactType, annotations, subject, createdAt: now, content })
        .onConflictDoUpdate({
          target: [manifests.repositoryId, manifests.digest],
          // Bytes are what they were first stored as: NULL refuses the whole batch, as below.
          set: {
            mediaType: sql`CASE WHEN ${manifests.mediaType} = excluded.media_type THEN ${manifests.mediaType} END`,
            artifactType,
            content,
            unreferencedSince: 0,
          },
        }),
      ...pieces(text).map((piece, position) =>
        db.insert(manifestTexts).values({ manifestId, position, text: piece }).onConflictDoNothing(),
      ),
      // A digest that is not there becomes NULL, which the column refuses, and with it the whole batch. The conflict
      // clause names its target because without one it would also swallow that refusal.
      db
        .insert(manifestBlobs)
        .select(sql`SELECT ${manifestId}, ${blobId} FROM ${each(manifest.blobs)} AS named WHERE true`)
        .onConflictDoNothing({ target: [manifestBlobs.manifestId, manifestBlobs.blobId] }),
      db
        .insert(manifestBlobs)
        .select(
          sql`SELECT ${manifestId}, ${blobId} FROM ${each(manifest.optionalBlobs)} AS named WHERE ${blobId} IS NOT NULL`,
        )
        .onConflictDoNothing({ target: [manifestBlobs.manifestId, manifestBlobs.blobId] }),
      db
        .insert(manifestChildren)
        .select(sql`SELECT ${manifestId}, ${childId} FROM ${each(manifest.children)} AS named WHERE true`)
        .onConflictDoNothing({ target: [manifestChildren.parentId, manifestChildren.childId] }),
      ...(manifest.platforms.length > 0 ? [insertPlatforms(db, repositoryId, digest, manifest.platforms)] : []),
      db.insert(tagHistory).select(
        sql`SELECT NULL, ${repositoryId}, value, ${digest}, ${actor.user.id}, ${now.getTime()} FROM ${tagNames}
            WHERE NOT EXISTS (
              SELECT 1 FROM ${tags}
              WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = value AND ${tags.manifestId} = ${manifestId})`,
      ),
      db
        .insert(tags)
        .select(
          // NULL refuses the whole batch, as above.
          sql`SELECT ${repositoryId}, value ->> 'tag', CASE WHEN ${isFixed} THEN NULL ELSE ${manifestId} END,
                     ${now.getTime()}, ${now.getTime()}, ${companion}, CASE WHEN ${isWaiting} THEN ${now.getTime()} END
              FROM ${movedTags} WHERE true`,
        )
        .onConflictDoUpdate({ target: [tags.repositoryId, tags.name], set: MOVED }),
      db.update(repositories).set({ updatedAt: now }).where(eq(repositories.id, repositoryId)),
      insertAudit(db, actor, {
        action: "manifest.push",
        organization: organizationOf(repository),
        resource: push.tags.length === 1 ? `${repository}:${push.tags[0]}` : `${repository}@${digest}`,
        detail: { digest, mediaType, tags: push.tags },
      }),
      // Last, as its result is found.
      unsettledQuery(db, repositoryId),
    ]);
    return { outbox: results[0], unsettled: results.at(-1) as Unsettled[] };
  } catch (error) {
    if (condition && isPreconditionFailure(error)) throw failedPrecondition(condition.reference);
    const tooMany = tooManyDeliveries(error, push.tags);
    if (tooMany) throw tooMany;
    if (isConstraintFailure(error, "NOT NULL constraint failed: tags.manifest_id")) {
      const pushed = and(eq(tags.repositoryId, repositoryId), sql`${tags.name} IN (SELECT value FROM ${tagNames})`);
      throw immutableTag(await findImmutableTags(db, pushed), error);
    }
    if (isConstraintFailure(error, "NOT NULL constraint failed: manifests.media_type")) {
      const stored = await findManifest(db, repository, digest);
      throw new RegistryError(
        "MANIFEST_INVALID",
        `${digest} is stored as ${stored?.mediaType ?? "another type"} already: push it with that Content-Type`,
        { cause: error },
      );
    }
    if (isConstraintFailure(error, "NOT NULL constraint failed")) return undefined;
    // Somebody deleted the image meanwhile.
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) throw unknownRepository(repository);
    const needed = { manifestBytes: size, tags: push.tags.length };
    return throwExplained(db, error, { organization: organizationOf(repository), needed });
  }
}

/** What of a tag changes with what it points to. */
export const MOVED = {
  manifestId: sql`excluded.manifest_id`,
  updatedAt: sql`excluded.updated_at`,
  companionOf: sql`excluded.companion_of`,
  waitingSince: sql`excluded.waiting_since`,
};

/** Any number of values as one bound parameter: D1 refuses a query with more than 100. */
function each(values: readonly string[]): SQL {
  return sql`json_each(${JSON.stringify(values)})`;
}

function pieces(text: string): string[] {
  const result: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + TEXT_PIECE_LENGTH, text.length);
    if (isHighSurrogate(text.charCodeAt(end - 1)) && end < text.length) end -= 1; // half a character is not UTF-8
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

export interface MissingParts {
  /** As many as were asked for at most, in the order in which the manifest names them. */
  digests: Digest[];
  total: number;
}

function partsOf(rows: readonly { value: Digest; total: number }[]): MissingParts {
  return { digests: rows.map(({ value }) => value), total: rows[0]?.total ?? 0 };
}

/** Which of these are not in the repository: the first `limit` of each kind. */
export async function findMissing(
  db: Database,
  repositoryId: number,
  named: { blobs: Digest[]; children: Digest[] },
  limit: number,
): Promise<{ blobs: MissingParts; children: MissingParts }> {
  const missing = (digests: Digest[], present: SQL) =>
    db.all<{ value: Digest; total: number }>(
      sql`SELECT value, count(*) OVER () AS total FROM ${each(digests)}
          WHERE value NOT IN (${present} AND digest IN (SELECT value FROM ${each(digests)})) ORDER BY key LIMIT ${limit}`,
    );
  const [missingBlobs, missingChildren] = await Promise.all([
    missing(
      named.blobs,
      sql`SELECT ${blobs.digest} FROM ${blobs} JOIN ${repositoryBlobs} ON ${repositoryBlobs.blobId} = ${blobs.id} WHERE ${repositoryBlobs.repositoryId} = ${repositoryId} AND ${blobs.lostAt} IS NULL`,
    ),
    missing(
      named.children,
      sql`SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND NOT ${hasLostBlob}`,
    ),
  ]);
  return { blobs: partsOf(missingBlobs), children: partsOf(missingChildren) };
}

/** Tags that one statement deletes. */
const SLICE_TAGS = 500;
/** Queries of an invocation after which no further slice is begun: what comes behind it takes some. */
const MAX_QUERIES_FOR_TAGS = MAX_QUERIES - 200;

/**
 * Deletes a manifest and every tag that points to it, in one batch; what it named goes afterwards (`deletion.ts`). Its
 * blobs count as used until then, so that who is about to name them again has the grace period for it. Of very many tags
 * most go before it, in slices.
 *
 * @returns what is to be settled of its companions; undefined when there is no such manifest.
 * @throws RegistryError MANIFEST_IN_USE while an index of the repository needs it, TAG_IMMUTABLE when a rule keeps one of
 * its tags, OVERLOADED when it has more tags than one request can delete: a repetition goes on.
 */
export async function deleteManifest(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  digest: Digest,
): Promise<Unsettled[] | undefined> {
  const repositoryId = repositoryIdOf(repository);
  const manifestId = sql<number>`(SELECT ${manifests.id} FROM ${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest})`;
  const gone = goneManifest(DELETED);
  const isNamed = sql`(
    EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${manifests.id})
    OR EXISTS (
      SELECT 1 FROM ${manifestChildren} JOIN ${manifests} AS parents ON parents.id = ${manifestChildren.parentId}
      WHERE ${manifestChildren.childId} = ${manifests.id} AND ifnull(parents.unreferenced_since, 0) >= 0))`;
  try {
    const [, , deleted, , unsettled] = await db.batch([
      // An immutable tag stays, and with it the manifest; as it does when it has more tags than that.
      ...deletingTags(db, actor, manifestId),
      // What it names goes in slices. A digest that is NULL is refused, and with it the whole batch.
      db
        .update(manifests)
        .set({ ...gone, digest: sql`CASE WHEN NOT ${isNamed} THEN ${gone.digest} END` })
        .where(eq(manifests.id, manifestId))
        .returning({ id: manifests.id }),
      insertAuditIfChanged(db, actor, {
        action: "manifest.delete",
        organization: organizationOf(repository),
        resource: `${repository}@${digest}`,
      }),
      unsettledQuery(db, repositoryId),
    ]);
    return deleted.length > 0 ? unsettled : undefined;
  } catch (error) {
    if (!isConstraintFailure(error, "NOT NULL constraint failed: manifests.digest")) throw error;
    await refuseImmutable(db, repositoryId, { manifestId, rule: isKept }, error);
    const parents = await db
      .select({ digest: manifests.digest })
      .from(manifestChildren)
      .innerJoin(manifests, eq(manifests.id, manifestChildren.parentId))
      .where(and(eq(manifestChildren.childId, manifestId), isManifestThere))
      .limit(10);
    if (parents.length > 0) throw inUse(digest, parents, error);
  }
  for (let deleted = SLICE_TAGS; deleted === SLICE_TAGS;) {
    if (countQueries(db) > MAX_QUERIES_FOR_TAGS) {
      const message = `${digest} has more tags than one request can delete: repeat the request, which goes on`;
      throw new RegistryError("OVERLOADED", { message, detail: { digest } });
    }
    deleted = (await db.batch(deletingTags(db, actor, manifestId)))[1].length;
  }
  return deleteManifest(db, actor, repository, digest);
}

/** The statements that delete those that no rule keeps among the first tags of a manifest. */
function deletingTags(db: Database, actor: Actor, manifestId: SQL) {
  const first = sql`(
    SELECT ${tags}.rowid AS id, ${tags.repositoryId}, ${tags.name}, ${tags.manifestId}, ${tags.companionOf} FROM ${tags}
    WHERE ${tags.manifestId} = ${manifestId} LIMIT ${SLICE_TAGS})`;
  const slice = sql`(SELECT id FROM ${first} AS ${tags} WHERE NOT ${isKept})`;
  return [
    db.insert(tagHistory).select(
      sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, ${actor.user.id}, ${Date.now()}
            FROM ${tags} WHERE ${tags}.rowid IN ${slice}`,
    ),
    db
      .delete(tags)
      .where(sql`${tags}.rowid IN ${slice}`)
      .returning({ name: tags.name }),
  ] as const;
}

function inUse(digest: Digest, parents: readonly { digest: Digest }[], cause: unknown): RegistryError {
  const culprits = parents.map((parent) => ({
    message: `manifest ${digest} is part of ${parent.digest}: delete that first`,
    detail: { digest, parent: parent.digest },
  }));
  return new RegistryError("MANIFEST_IN_USE", culprits, { cause });
}

export interface Referrer extends StoredManifest {
  artifactType: string | null;
  /** JSON object. */
  annotations: string | null;
}

/** What a referrer's texts have in bytes: pushers may make its annotations long. */
const REFERRER_BYTES = sql`ifnull(length(CAST(annotations AS BLOB)), 0) + ifnull(length(artifact_type), 0)`;

/**
 * Manifests whose subject is the given one, after `last` in the order of digests.
 *
 * @returns at most `limit`, fewer when their annotations are long, and whether there are more. A page has at most
 * `MAX_PAGE_BYTES` and one more referrer, whose annotations have up to 1 MiB.
 */
export async function listReferrers(
  db: Database,
  query: { repository: RepositoryName; subject: Digest; artifactType: string | undefined; last: string; limit: number },
): Promise<{ referrers: Referrer[]; hasMore: boolean }> {
  const { repository, subject, artifactType, last, limit } = query;
  const { digest, mediaType, size, annotations } = getTableColumns(manifests);
  const before = sql<number>`sum(${REFERRER_BYTES}) OVER (ORDER BY ${digest} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
  const candidates = db
    .select({ digest, mediaType, size, artifactType: manifests.artifactType, annotations, before: before.as("before") })
    .from(manifests)
    .where(
      and(
        eq(manifests.repositoryId, repositoryIdOf(repository)),
        eq(manifests.subject, subject),
        gt(digest, last as Digest),
        artifactType === undefined ? undefined : eq(manifests.artifactType, artifactType),
      ),
    )
    .orderBy(asc(digest))
    .limit(limit + 1)
    .as("candidates");
  const rows = await db
    .select({
      digest: candidates.digest,
      mediaType: candidates.mediaType,
      size: candidates.size,
      artifactType: candidates.artifactType,
      annotations: candidates.annotations,
      count: sql<number>`(SELECT count(*) FROM ${candidates})`,
    })
    .from(candidates)
    .where(sql`ifnull(${candidates.before}, 0) < ${MAX_PAGE_BYTES}`)
    .orderBy(asc(candidates.digest));
  return { referrers: rows.slice(0, limit), hasMore: (rows[0]?.count ?? 0) > Math.min(rows.length, limit) };
}
