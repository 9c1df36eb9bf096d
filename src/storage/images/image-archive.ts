/** What an archive of an image is made of. */
import { asc, inArray, type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Database } from "../database.ts";
import type { StoredManifest } from "../content/find-manifest.ts";
import { blobs, manifestBlobs, manifestChildren, manifests } from "../schema.ts";

export interface ArchiveParts {
  /** The manifest itself first, then those of an index, and of the indexes in it. */
  manifests: (StoredManifest & { id: number })[];
  /** Each once, the smallest first: a reader then has the configurations before the layers. */
  blobs: { digest: Digest; size: number; objectKey: string }[];
}

/**
 * Everything that a manifest cannot be pulled without, as far as the registry has it.
 *
 * @param limit how many manifests, and how many blobs, are looked for at most.
 */
export async function findArchiveParts(db: Database, manifestId: number, limit: number): Promise<ArchiveParts> {
  const [foundManifests, foundBlobs] = await Promise.all([
    archiveManifestsQuery(db, manifestId, limit),
    archiveBlobsQuery(db, manifestId, limit),
  ]);
  return { manifests: foundManifests, blobs: foundBlobs };
}

function archiveManifestsQuery(db: Database, manifestId: number, limit: number) {
  return db
    .select({
      id: manifests.id,
      digest: manifests.digest,
      mediaType: manifests.mediaType,
      size: manifests.size,
    })
    .from(manifests)
    .where(inArray(manifests.id, partsOf(manifestId)))
    .orderBy(sql`${manifests.id} <> ${manifestId}`, asc(manifests.id))
    .limit(limit);
}

function archiveBlobsQuery(db: Database, manifestId: number, limit: number) {
  const named = sql`(
    SELECT ${manifestBlobs.blobId} FROM ${manifestBlobs} WHERE ${manifestBlobs.manifestId} IN ${partsOf(manifestId)})`;
  return db
    .select({ digest: blobs.digest, size: blobs.size, objectKey: blobs.objectKey })
    .from(blobs)
    .where(inArray(blobs.id, named))
    .orderBy(asc(blobs.size), asc(blobs.id))
    .limit(limit);
}

/** The ids of a manifest, of what it names if it is an index, and so on: a set, so that one named twice ends the search. */
function partsOf(manifestId: number): SQL {
  return sql`(
    WITH RECURSIVE part (id) AS (
      SELECT ${manifestId}
      UNION
      SELECT ${manifestChildren.childId} FROM part
      CROSS JOIN ${manifestChildren} WHERE ${manifestChildren.parentId} = part.id)
    SELECT id FROM part)`;
}
