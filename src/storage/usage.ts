/** What organizations take up. */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { blobs, repositories, repositoryBlobs } from "./schema.ts";

/** Rows that say which image has which blob, of one organization, that a sum over them reads at most. */
export const MAX_SUMMED_LINKS = 200_000;

export interface OrganizationUsage {
  images: number;
  tags: number;
  /** Bytes, each image with all of its blobs. */
  imageBytes: number;
  /** Bytes, each blob once; undefined when there are more than {@link MAX_SUMMED_LINKS} to go through. */
  storedBytes: number | undefined;
}

/** What an organization takes up, counted now. */
export async function measureOrganization(
  db: Database,
  organizationId: number,
  maxLinks = MAX_SUMMED_LINKS,
): Promise<OrganizationUsage> {
  const [row] = await measureOrganizationQuery(db, organizationId, maxLinks);
  if (!row) throw new Error("no row came back for the usage of an organization");
  const { images, tags, imageBytes, links, storedBytes } = row;
  return { images, tags, imageBytes, storedBytes: links > maxLinks ? undefined : storedBytes };
}

export function measureOrganizationQuery(db: Database, organizationId: number, maxLinks: number) {
  return db.all<{ images: number; tags: number; imageBytes: number; links: number; storedBytes: number }>(sql`
    WITH links AS MATERIALIZED (
      SELECT ${repositoryBlobs.blobId} AS blob_id FROM ${repositories}
      JOIN ${repositoryBlobs} ON ${repositoryBlobs.repositoryId} = ${repositories.id}
      WHERE ${repositories.organizationId} = ${organizationId} LIMIT ${maxLinks + 1})
    SELECT count(*) AS images, ifnull(sum(${repositories.tagCount}), 0) AS tags,
           ifnull(sum(${repositories.storedBytes}), 0) AS imageBytes,
           (SELECT count(*) FROM links) AS links,
           (SELECT ifnull(sum(${blobs.size}), 0) FROM ${blobs}
            WHERE ${blobs.id} IN (SELECT blob_id FROM links)) AS storedBytes
    FROM ${repositories} WHERE ${repositories.organizationId} = ${organizationId}`);
}
