/**
 * The statements that store a manifest and what it names, for one batch. A part that is not in the repository becomes NULL,
 * which its column refuses, and with it the whole batch. Conflict clauses name their target: without one they would also
 * swallow that refusal.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Manifest } from "../../kernel/manifest.ts";
import type { AllGiven, Database, Given } from "../database.ts";
import { blobs, manifestBlobs, manifestChildren, manifests, manifestTexts, repositoryBlobs } from "../schema.ts";
import { hasLostBlob } from "./find-manifest.ts";

/** A manifest by its digest, which may only be about to be stored. */
export interface ManifestPlace {
  /** Of the repository, or the expression that finds it. */
  repositoryId: number | SQL<number>;
  digest: Given<Digest>;
}

/** Length of one piece of a manifest's text in UTF-16 units, of which each takes at most 3 bytes: a D1 row ends at 2 MB. */
const TEXT_PIECE_LENGTH = 600_000;

/** The id of a manifest as part of a statement; null when it is not there. */
export function manifestIdAt({ repositoryId, digest }: ManifestPlace): SQL<number> {
  return sql<number>`(SELECT ${manifests.id} FROM ${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest})`;
}

/** What is stored of a manifest besides its text and what it names. */
export type ManifestColumns = ReturnType<typeof manifestColumns>;

export function manifestColumns({ mediaType, subject, artifactType, annotations, content }: Manifest, size: number) {
  return {
    mediaType,
    size,
    artifactType: artifactType ?? null,
    // Only the referrers API reads them.
    annotations: subject && annotations ? JSON.stringify(annotations) : null,
    subject: subject ?? null,
    content,
  };
}

/**
 * Bytes are what they were first stored as: another media type becomes NULL, which the column refuses.
 *
 * @param place.repositoryId null refuses the whole batch as well.
 */
export function upsertManifest(
  db: Database,
  { repositoryId, digest }: ManifestPlace,
  { mediaType, size, artifactType, annotations, subject, content }: AllGiven<ManifestColumns>,
  now: Given<number>,
) {
  const columns = { mediaType, size, artifactType, annotations, subject, content };
  return db
    .insert(manifests)
    .values({ repositoryId, digest, ...columns, createdAt: sql`${now}` })
    .onConflictDoUpdate({
      target: [manifests.repositoryId, manifests.digest],
      set: {
        mediaType: sql`CASE WHEN ${manifests.mediaType} = excluded.media_type THEN ${manifests.mediaType} END`,
        artifactType: sql`excluded.artifact_type`,
        content: sql`excluded.content`,
        unreferencedSince: 0,
      },
    });
}

/** @param texts the pieces that {@link piecesOf} makes of the text. */
export function insertTexts(db: Database, place: ManifestPlace, texts: readonly Given<string>[]) {
  return texts.map((text, position) =>
    db
      .insert(manifestTexts)
      .values({ manifestId: manifestIdAt(place), position, text })
      .onConflictDoNothing(),
  );
}

/** Notes the blobs without which a manifest cannot be pulled. */
export function insertNamedBlobs(db: Database, place: ManifestPlace, digests: List) {
  return db
    .insert(manifestBlobs)
    .select(
      sql`SELECT ${manifestIdAt(place)}, ${blobIdOf(place, sql`named.value`)} FROM ${each(digests)} AS named WHERE true`,
    )
    .onConflictDoNothing({ target: [manifestBlobs.manifestId, manifestBlobs.blobId] });
}

/** Notes those of the other blobs that are there. */
export function insertOptionalBlobs(db: Database, place: ManifestPlace, digests: List) {
  const blobId = blobIdOf(place, sql`named.value`);
  return db
    .insert(manifestBlobs)
    .select(sql`SELECT ${manifestIdAt(place)}, ${blobId} FROM ${each(digests)} AS named WHERE ${blobId} IS NOT NULL`)
    .onConflictDoNothing({ target: [manifestBlobs.manifestId, manifestBlobs.blobId] });
}

/** Notes the manifests of an index. One that has lost a blob counts as absent. */
export function insertChildren(db: Database, place: ManifestPlace, digests: List) {
  const childId = sql`(
    SELECT ${manifests.id} FROM ${manifests}
    WHERE ${manifests.repositoryId} = ${place.repositoryId} AND ${manifests.digest} = named.value AND NOT ${hasLostBlob(manifests)})`;
  return db
    .insert(manifestChildren)
    .select(sql`SELECT ${manifestIdAt(place)}, ${childId} FROM ${each(digests)} AS named WHERE true`)
    .onConflictDoNothing({ target: [manifestChildren.parentId, manifestChildren.childId] });
}

/** The id of a blob of the repository; null when it is not there, or lost. */
function blobIdOf({ repositoryId }: ManifestPlace, digest: SQL): SQL {
  return sql`(
    SELECT ${blobs.id} FROM ${blobs} JOIN ${repositoryBlobs} ON ${repositoryBlobs.blobId} = ${blobs.id}
    WHERE ${repositoryBlobs.repositoryId} = ${repositoryId} AND ${blobs.digest} = ${digest} AND ${blobs.lostAt} IS NULL)`;
}

/** Any number of values: an array, or its JSON. */
export type List = readonly unknown[] | Given<string>;

/** Any number of values as one bound parameter: D1 refuses a query with more than 100. */
export function each(values: List): SQL {
  return sql`json_each(${Array.isArray(values) ? JSON.stringify(values) : values})`;
}

/** The rows that a text takes: a manifest may be larger than one. */
export function piecesOf(text: string): string[] {
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
