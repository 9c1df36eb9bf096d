import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Platform } from "../../kernel/platform.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { asColumn, type Database, type Given, writtenOnceInColumns } from "../database.ts";
import { blobs, manifestPlatforms, manifests, repositories, repositoryBlobs, tags } from "../schema.ts";

/**
 * The statement that notes what a manifest runs on, unless that is known or the manifest is gone.
 *
 * @param platforms or their JSON.
 */
export function insertPlatforms(
  db: Database,
  repositoryId: number | SQL<number>,
  digest: Given<Digest>,
  platforms: readonly Platform[] | Given<string>,
) {
  return db
    .insert(manifestPlatforms)
    .select(
      sql`SELECT ${manifests.id}, ${manifests.repositoryId}, value ->> 'os', value ->> 'architecture', value ->> 'variant',
                 EXISTS (SELECT 1 FROM ${tags} WHERE ${tags.manifestId} = ${manifests.id} AND ${tags.companionOf} IS NULL)
          FROM ${manifests} JOIN json_each(${Array.isArray(platforms) ? JSON.stringify(platforms) : platforms})
          WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${digest}`,
    )
    .onConflictDoNothing({
      target: [
        manifestPlatforms.manifestId,
        manifestPlatforms.architecture,
        manifestPlatforms.os,
        manifestPlatforms.variant,
      ],
    });
}

/** Where the configuration of an image is whose platform has not been noted yet; undefined when there is nothing to do. */
export async function findUnreadConfig(
  db: Database,
  repository: RepositoryName,
  manifest: Digest,
  config: Digest,
): Promise<{ repositoryId: number; objectKey: string; size: number } | undefined> {
  const [row] = await unreadConfigOf(db, { repository, manifest, config });
  if (!row) return undefined;
  const [repositoryId, objectKey, size] = row;
  return { repositoryId, objectKey, size };
}

const unreadConfigOf = writtenOnceInColumns<[repositoryId: number, objectKey: string, size: number]>((db) =>
  db
    .select({ repositoryId: repositories.id, objectKey: blobs.objectKey, size: blobs.size })
    .from(repositories)
    .innerJoin(
      manifests,
      and(eq(manifests.repositoryId, repositories.id), eq(manifests.digest, sql.placeholder("manifest"))),
    )
    .innerJoin(blobs, eq(blobs.digest, sql.placeholder("config")))
    .innerJoin(
      repositoryBlobs,
      and(eq(repositoryBlobs.repositoryId, repositories.id), eq(repositoryBlobs.blobId, blobs.id)),
    )
    .where(
      and(
        eq(repositories.name, sql.placeholder("repository")),
        sql`NOT EXISTS (SELECT 1 FROM ${manifestPlatforms} WHERE ${manifestPlatforms.manifestId} = ${manifests.id})`,
      ),
    ),
);

/** Platforms that a list names of each tag: an index may have a hundred. */
export const MAX_LISTED_PLATFORMS = 20;

/** What a manifest runs on, as a column: a JSON array of the first {@link MAX_LISTED_PLATFORMS}. */
export function platformsOfManifest(manifest: typeof manifests): SQL<string> {
  return asColumn<string>(sql`(
  SELECT json_group_array(json_object('os', os, 'architecture', architecture, 'variant', variant)) FROM (
    SELECT ${manifestPlatforms.os} AS os, ${manifestPlatforms.architecture} AS architecture,
           ${manifestPlatforms.variant} AS variant
    FROM ${manifestPlatforms} WHERE ${manifestPlatforms.manifestId} = ${manifest.id} LIMIT ${sql.raw(String(MAX_LISTED_PLATFORMS))}))`);
}

/** How many there are. */
export function countPlatforms(manifest: typeof manifests): SQL<number> {
  return asColumn<number>(sql`(
  SELECT count(*) FROM ${manifestPlatforms} WHERE ${manifestPlatforms.manifestId} = ${manifest.id})`);
}

/** Whether a tag of a repository leads to something for an architecture. The 1 is written out for the partial index. */
function offers(repositoryId: SQL, architecture: SQL): SQL {
  return sql`EXISTS (
    SELECT 1 FROM ${manifestPlatforms}
    WHERE ${manifestPlatforms.repositoryId} = ${repositoryId} AND ${manifestPlatforms.architecture} = ${architecture}
      AND ${manifestPlatforms.isTagged} = 1)`;
}

/** Whether a row of `repositories` is one with a tag for an architecture. */
export function hasArchitecture(architecture: string): SQL {
  return offers(sql`${repositories.id}`, sql`${architecture}`);
}

/** Architectures that are named of an image: there are not so many. */
export const MAX_LISTED_ARCHITECTURES = 32;

/** The architectures that the tags of each repository are for, in alphabetical order: the first of them. */
export async function listArchitectures(
  db: Database,
  repositoryIds: readonly number[],
): Promise<Map<number, string[]>> {
  const rows = await db.all<{ repository_id: number; architecture: string }>(
    listArchitecturesQuery(JSON.stringify(repositoryIds)),
  );
  const found = new Map<number, string[]>();
  for (const row of rows) {
    const architectures = found.get(row.repository_id) ?? [];
    architectures.push(row.architecture);
    found.set(row.repository_id, architectures);
  }
  return found;
}

/** Jumps from one architecture to the next along the index, past the manifests, of which there may be any number. */
function listArchitecturesQuery(repositoryIds: string): SQL {
  const { repositoryId, architecture, isTagged } = manifestPlatforms;
  return sql`
    WITH RECURSIVE found (repository_id, architecture, number) AS (
      SELECT value, (
        SELECT min(${architecture}) FROM ${manifestPlatforms} WHERE ${repositoryId} = value AND ${isTagged} = 1), 1
      FROM json_each(${repositoryIds})
      UNION ALL
      SELECT found.repository_id, (
        SELECT min(${architecture}) FROM ${manifestPlatforms}
        WHERE ${repositoryId} = found.repository_id AND ${architecture} > found.architecture AND ${isTagged} = 1),
        found.number + 1
      FROM found WHERE found.architecture IS NOT NULL AND found.number < ${MAX_LISTED_ARCHITECTURES})
    SELECT repository_id, architecture FROM found WHERE architecture IS NOT NULL ORDER BY repository_id, architecture`;
}
