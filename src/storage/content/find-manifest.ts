import { and, asc, eq, gt, sql, type SQL } from "drizzle-orm";
import { requireDocumentMemory, SMALL_DOCUMENT_BYTES } from "../../documents.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import type { Lease } from "../../memory.ts";
import type { RepositoryPlace } from "../../model/rights/access.ts";
import { isAttached } from "./companions.ts";
import { type Database, writtenOnceInColumns } from "../database.ts";
import {
  isRepository,
  type MeantRepository,
  PLACE_COLUMNS,
  type PlaceColumns,
  placeOf,
} from "../images/repositories.ts";
import { blobs, manifestBlobs, manifestChildren, manifests, manifestTexts, repositories, tags } from "../schema.ts";

export interface StoredManifest {
  digest: Digest;
  mediaType: string;
  /** Bytes. */
  size: number;
}

/** A manifest, and since when nothing has needed it: null, or 0 where garbage collection has yet to look. */
export type FoundManifest = StoredManifest & { id: number; unreferencedSince: number | null };

/** Whether any blob of the registry is lost, which an index tells. */
const isAnyBlobLost = sql<0 | 1>`EXISTS (SELECT 1 FROM blobs AS lost WHERE lost.lost_at IS NOT NULL)`;

/**
 * Whether a manifest names a blob that is lost, or a part of it does, or a part of that. The blobs are looked at only when any
 * blob of the registry is lost: so the condition costs one row as long as none is, and otherwise no more
 * than the blobs of the manifest and of its parts.
 */
export function hasLostBlob(manifest: typeof manifests): SQL<boolean> {
  return sql<boolean>`(
  ${isAnyBlobLost} AND EXISTS (
    WITH RECURSIVE parts(id) AS (
      SELECT ${manifest.id}
      UNION SELECT edges.child_id FROM parts CROSS JOIN ${manifestChildren} AS edges ON edges.parent_id = parts.id)
    SELECT 1 FROM parts CROSS JOIN ${manifestBlobs} ON ${manifestBlobs.manifestId} = parts.id
    CROSS JOIN ${blobs} ON ${blobs.id} = ${manifestBlobs.blobId}
    WHERE ${blobs.lostAt} IS NOT NULL))`.mapWith(Boolean);
}

/** What a search by tag or digest has found. */
export type ManifestSearch<M extends FoundManifest> =
  | { outcome: "found"; manifest: M; repository: { id: number } }
  | { outcome: "manifest-unknown"; repository: { id: number } }
  | { outcome: "repository-unknown" };

/** A manifest without its text. */
export interface DescribedManifest extends FoundManifest {
  repository: RepositoryPlace;
  /** False while no blob of the registry is lost; otherwise {@link lacksBlob} knows. */
  mayLackBlob: boolean;
}

/** What of a manifest is known to who looks for it. */
type ReferenceKind = "tag" | "digest";

function kindOf(reference: Reference): ReferenceKind {
  return reference.includes(":") ? "digest" : "tag";
}

/** What a search for a manifest selects, in this order. */
const MANIFEST_COLUMNS = {
  id: manifests.id,
  digest: manifests.digest,
  mediaType: manifests.mediaType,
  size: manifests.size,
  unreferencedSince: manifests.unreferencedSince,
};
type ManifestColumns = [id: number, digest: Digest, mediaType: string, size: number, unreferencedSince: number | null];
/** Of a manifest that is not there. */
type NoColumns = [null, null, null, null, null];

const find = (kind: ReferenceKind) =>
  writtenOnceInColumns<
    [...PlaceColumns, ...([...ManifestColumns, mayLackBlob: 0 | 1] | [...NoColumns, mayLackBlob: 0 | 1])]
  >((db) =>
    db
      .select({ repository: PLACE_COLUMNS, manifest: MANIFEST_COLUMNS, mayLackBlob: isAnyBlobLost })
      .from(repositories)
      .leftJoin(manifests, isReferredTo(kind))
      .where(eq(repositories.name, sql.placeholder("repository"))),
  );
const FINDS = { tag: find("tag"), digest: find("digest") };

/** Finds a manifest by tag or digest, in one query, without its text. */
export async function findManifest(
  db: Database,
  repository: RepositoryName,
  reference: Reference,
): Promise<ManifestSearch<DescribedManifest>> {
  const [row] = await FINDS[kindOf(reference)](db, { repository, reference });
  if (!row) return { outcome: "repository-unknown" };
  const foundIn = placeOf(row);
  const [, , , id, digest, mediaType, size, unreferencedSince, mayLackBlob] = row;
  if (id === null) return { outcome: "manifest-unknown", repository: foundIn };
  const described = { id, digest, mediaType, size, unreferencedSince };
  return {
    outcome: "found",
    manifest: { ...described, mayLackBlob: mayLackBlob === 1, repository: foundIn },
    repository: foundIn,
  };
}

/**
 * Whether a manifest has a lost blob, as {@link hasLostBlob} says. In the query that finds a manifest it would cost each of
 * them its time, and nearly never be true.
 */
export async function lacksBlob(db: Database, { id }: Pick<FoundManifest, "id">): Promise<boolean> {
  const found = await db
    .select({ id: manifests.id })
    .from(manifests)
    .where(and(eq(manifests.id, id), hasLostBlob(manifests)));
  return found.length > 0;
}

const isChild = sql`EXISTS (SELECT 1 FROM ${manifestChildren} WHERE ${manifestChildren.childId} = ${manifests.id})`;

/** A manifest with its text, and what counting its pull takes. */
export interface ReadManifest extends FoundManifest {
  repository: RepositoryPlace;
  /** Whether an index of the repository names it. */
  isChild: boolean;
  /** Whether it is no image of its own: a companion, or a cache. */
  isAttached: boolean;
  /** Exactly as it was pushed. */
  text: string;
}

/** How exact the beginning of a grace period is: looking at a manifest that nothing needs writes at most this often. */
export const TOUCH_INTERVAL_MS = 60 * 60 * 1000;

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

/** The same where it is not known whether anything needs the manifest: what is needed is left as it is. */
export async function touchUnneeded(db: Database, id: number): Promise<void> {
  await db
    .update(manifests)
    .set({ unreferencedSince: Date.now() })
    .where(and(eq(manifests.id, id), gt(manifests.unreferencedSince, 0)));
}

const read = (by: "name" | "id", kind: ReferenceKind) =>
  writtenOnceInColumns<
    [
      ...PlaceColumns,
      ...(
        | [...ManifestColumns, text: string | null, isChild: 0 | 1, isAttached: 0 | 1]
        | [...NoColumns, text: null, isChild: 0 | 1, isAttached: 0 | 1 | null]
      ),
    ]
  >((db) =>
    db
      .select({
        repository: PLACE_COLUMNS,
        manifest: MANIFEST_COLUMNS,
        // A short one has one piece.
        text: sql<string | null>`CASE WHEN ${manifests.size} <= ${SMALL_DOCUMENT_BYTES} THEN (
          SELECT ${manifestTexts.text} FROM ${manifestTexts}
          WHERE ${manifestTexts.manifestId} = ${manifests.id} AND ${manifestTexts.position} = 0) END`,
        isChild,
        isAttached: isAttached(manifests),
      })
      .from(repositories)
      .leftJoin(manifests, isReferredTo(kind))
      .where(isRepository(by)),
  );
const READS = {
  name: { tag: read("name", "tag"), digest: read("name", "digest") },
  id: { tag: read("id", "tag"), digest: read("id", "digest") },
};

/**
 * Finds a manifest by tag or digest with its text, in one query; the text of a large one is read by another query, once there is
 * memory for it.
 *
 * @param memory of documents: what it takes for the text is the caller's to give back.
 * @throws what `requireDocumentMemory` throws when there is none.
 */
export async function readManifest(
  db: Database,
  repository: MeantRepository,
  reference: Reference,
  memory: Lease,
): Promise<ManifestSearch<ReadManifest>> {
  const [row] =
    typeof repository === "string"
      ? await READS.name[kindOf(reference)](db, { repository, reference })
      : await READS.id[kindOf(reference)](db, { repository: repository.id, reference });
  if (!row) return { outcome: "repository-unknown" };
  const foundIn = placeOf(row);
  const [, , , id, digest, mediaType, size, unreferencedSince, short, isPart, isNoImage] = row;
  if (id === null) return { outcome: "manifest-unknown", repository: foundIn };
  const text = short ?? (await readManifestText(db, { id, size }, memory));
  // It is gone when its text is.
  if (text === undefined) return { outcome: "manifest-unknown", repository: foundIn };
  const facts = { isChild: isPart === 1, isAttached: isNoImage === 1, repository: foundIn };
  const manifest = { id, digest, mediaType, size, unreferencedSince, text, ...facts };
  return { outcome: "found", manifest, repository: foundIn };
}

/** Which of these manifests are no images of their own: parts of an index, companions, or caches. */
export async function findParts(db: Database, ids: readonly number[]): Promise<Set<number>> {
  const rows = await db
    .select({ id: manifests.id })
    .from(manifests)
    .where(
      sql`${manifests.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND (${isChild} OR ${isAttached(manifests)})`,
    );
  return new Set(rows.map(({ id }) => id));
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

/** Whether a row is the manifest that the value `reference` names. */
function isReferredTo(kind: ReferenceKind): SQL | undefined {
  const reference = sql.placeholder("reference");
  if (kind === "digest") return and(eq(manifests.repositoryId, repositories.id), eq(manifests.digest, reference));
  const tagged = sql`(SELECT ${tags.manifestId} FROM ${tags} WHERE ${tags.repositoryId} = ${repositories.id} AND ${tags.name} = ${reference})`;
  return eq(manifests.id, tagged);
}
