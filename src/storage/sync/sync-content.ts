/** What a job of synchronization sends: the manifests and blobs of an image, with what refers to it. */
import { sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { digestKeyOf } from "../../kernel/tag-kind.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import type { Database } from "../database.ts";
import {
  blobs,
  manifestBlobs,
  manifestChildren,
  manifests,
  repositories,
  repositoryBlobs,
  syncJobs,
  tags,
} from "../schema.ts";

/** Manifests of which the bytes are added up; beyond, a job does not know how much there is. */
const MAX_COUNTED = 1000;
/** Jobs that are looked through for images which a remote registry has. */
const MAX_SEEN_JOBS = 200;
/** Blobs of a manifest that are looked for there; the others are sent, or found. */
const MAX_MOUNTED = 200;

interface PartRow {
  id: number;
  digest: Digest;
}

/**
 * The manifests that an index, or a manifest, consists of, itself included: children before those that name them.
 *
 * @returns none when it is not in the repository.
 */
export async function listTree(db: Database, repositoryId: number, digest: Digest): Promise<PartRow[]> {
  const edges = await db.all<{ id: number; digest: Digest; parent: number | null }>(sql`
    WITH RECURSIVE parts(id, parent) AS (
      SELECT ${manifests.id}, NULL FROM ${manifests}
      WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest}
      UNION SELECT edges.child_id, edges.parent_id FROM parts
        CROSS JOIN ${manifestChildren} AS edges ON edges.parent_id = parts.id)
    SELECT parts.id AS id, parts.parent AS parent, named.digest AS digest FROM parts
    CROSS JOIN ${manifests} AS named ON named.id = parts.id`);
  return childrenFirst(edges);
}

function childrenFirst(edges: readonly (PartRow & { parent: number | null })[]): PartRow[] {
  const children = new Map<number, PartRow[]>();
  const roots: PartRow[] = [];
  for (const { id, digest, parent } of edges) {
    if (parent === null) roots.push({ id, digest });
    else children.set(parent, [...(children.get(parent) ?? []), { id, digest }]);
  }
  const ordered = new Map<number, PartRow>();
  const visit = (part: PartRow) => {
    if (ordered.has(part.id)) return;
    for (const child of children.get(part.id) ?? []) visit(child);
    ordered.set(part.id, part);
  };
  roots.forEach(visit);
  return [...ordered.values()];
}

/** Something that refers to a manifest: by its `subject`, or by the name of its tag. */
export interface AttachedManifest {
  digest: Digest;
  /** The tag that makes it one; null when its subject does. */
  tag: Tag | null;
}

/** What refers to any of these manifests, by digest and tag. */
export async function listAttached(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
  limit: number,
): Promise<AttachedManifest[]> {
  const among = JSON.stringify(digests);
  const keys = JSON.stringify([...new Set(digests.map(digestKeyOf))]);
  return db.all<AttachedManifest>(sql`
    SELECT attached.digest AS digest, NULL AS tag FROM json_each(${among}) AS subjects
    CROSS JOIN ${manifests} AS attached ON attached.repository_id = ${repositoryId} AND attached.subject = subjects.value
    UNION
    SELECT named.digest AS digest, companions.name AS tag FROM json_each(${keys}) AS keys
    CROSS JOIN ${tags} AS companions ON companions.repository_id = ${repositoryId} AND companions.companion_of = keys.value
    CROSS JOIN ${manifests} AS named ON named.id = companions.manifest_id
    ORDER BY digest, tag LIMIT ${limit}`);
}

/** The bytes of the blobs of manifests, by their ids; of the first of very many. */
export async function sumBlobs(db: Database, ids: readonly number[]): Promise<Map<number, number>> {
  const counted = ids.slice(0, MAX_COUNTED);
  const rows = await db.all<{ id: number; bytes: number }>(sql`
    SELECT ids.value AS id, ifnull(sum(${blobs.size}), 0) AS bytes FROM json_each(${JSON.stringify(counted)}) AS ids
    LEFT JOIN ${manifestBlobs} ON ${manifestBlobs.manifestId} = ids.value
    LEFT JOIN ${blobs} ON ${blobs.id} = ${manifestBlobs.blobId}
    GROUP BY ids.value`);
  return new Map(rows.map(({ id, bytes }) => [id, bytes]));
}

export interface StoredBlob {
  digest: string;
  objectKey: string;
  /** Bytes. */
  size: number;
}

/** The blobs of a repository with these digests, but for those that are lost. */
export async function findBlobs(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<Map<string, StoredBlob>> {
  const rows = await db.all<StoredBlob>(sql`
    SELECT ${blobs.digest} AS digest, ${blobs.objectKey} AS objectKey, ${blobs.size} AS size
    FROM json_each(${JSON.stringify(digests)}) AS wanted
    CROSS JOIN ${blobs} ON ${blobs.digest} = wanted.value
    CROSS JOIN ${repositoryBlobs}
      ON ${repositoryBlobs.repositoryId} = ${repositoryId} AND ${repositoryBlobs.blobId} = ${blobs.id}
    WHERE ${blobs.lostAt} IS NULL`);
  return new Map(rows.map((row) => [row.digest, row]));
}

/** Another repository of a remote registry that has a blob, by what was copied there. */
export interface MountSource {
  digest: string;
  /** The name of the image here, and what comes before it there. */
  repository: RepositoryName;
  remoteOrganization: string;
}

/**
 * Where a remote registry has blobs already: in repositories that images with them were copied to lately.
 *
 * @param own the place that they are to come to.
 */
export async function listMountSources(
  db: Database,
  own: { repositoryId: number; remoteId: number; remoteOrganization: string },
  digests: readonly string[],
): Promise<Map<string, MountSource>> {
  const { repositoryId, remoteId, remoteOrganization } = own;
  const rows = await db.all<MountSource>(sql`
    SELECT ${blobs.digest} AS digest, ${repositories.name} AS repository, places.remote_organization AS remoteOrganization
    FROM (
      SELECT DISTINCT repository_id, remote_organization FROM (
        SELECT ${syncJobs.repositoryId} AS repository_id, ${syncJobs.remoteOrganization} AS remote_organization
        FROM ${syncJobs}
        WHERE ${syncJobs.remoteId} = ${remoteId} AND ${syncJobs.status} = 'success' AND ${syncJobs.operation} = 'copy'
        ORDER BY ${syncJobs.id} DESC LIMIT ${MAX_SEEN_JOBS})
      WHERE repository_id <> ${repositoryId} OR remote_organization <> ${remoteOrganization} LIMIT 20) AS places
    CROSS JOIN json_each(${JSON.stringify(digests.slice(0, MAX_MOUNTED))}) AS wanted
    CROSS JOIN ${blobs} ON ${blobs.digest} = wanted.value
    CROSS JOIN ${repositoryBlobs}
      ON ${repositoryBlobs.repositoryId} = places.repository_id AND ${repositoryBlobs.blobId} = ${blobs.id}
    CROSS JOIN ${repositories} ON ${repositories.id} = places.repository_id AND ${repositories.accountId} <> 0`);
  return new Map(rows.map((row) => [row.digest, row]));
}
