import { sql, type SQL } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { hasLostBlob } from "./find-manifest.ts";
import { each } from "./manifest-statements.ts";
import type { Database } from "../database.ts";
import { blobs, manifests, repositoryBlobs } from "../schema.ts";

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
      sql`SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND NOT ${hasLostBlob(manifests)}`,
    ),
  ]);
  return { blobs: partsOf(missingBlobs), children: partsOf(missingChildren) };
}
