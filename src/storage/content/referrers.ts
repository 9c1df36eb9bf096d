import { and, asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { MAX_PAGE_BYTES } from "../../kernel/excerpt.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { StoredManifest } from "./find-manifest.ts";
import type { Database } from "../database.ts";
import { repositoryIdOf } from "../images/repositories.ts";
import { manifests, repositories } from "../schema.ts";

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
 * @returns at most `limit`, fewer when their annotations are long, whether there are more, and the repository, undefined when there is none. A page has at most
 * `MAX_PAGE_BYTES` and one more referrer, whose annotations have up to 1 MiB.
 */
export async function listReferrers(
  db: Database,
  query: { repository: RepositoryName; subject: Digest; artifactType: string | undefined; last: string; limit: number },
): Promise<{ referrers: Referrer[]; hasMore: boolean; repository: { id: number } | undefined }> {
  const { repository, subject, artifactType, last, limit } = query;
  const { digest, mediaType, size, annotations } = getTableColumns(manifests);
  const before = sql<number>`sum(${REFERRER_BYTES}) OVER (ORDER BY ${digest} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
  const candidates = db
    .select({
      digest,
      mediaType,
      size,
      artifactType: manifests.artifactType,
      annotations,
      before: before.as("before"),
    })
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
      repository: { id: repositories.id },
      referrer: {
        digest: candidates.digest,
        mediaType: candidates.mediaType,
        size: candidates.size,
        artifactType: candidates.artifactType,
        annotations: candidates.annotations,
      },
      count: sql<number>`(SELECT count(*) FROM ${candidates})`,
    })
    .from(repositories)
    .leftJoin(candidates, sql`ifnull(${candidates.before}, 0) < ${MAX_PAGE_BYTES}`)
    .where(eq(repositories.name, repository))
    .orderBy(asc(candidates.digest));
  const [first] = rows;
  const referrers = rows.flatMap(({ referrer }) => referrer ?? []);
  return {
    referrers: referrers.slice(0, limit),
    hasMore: (first?.count ?? 0) > Math.min(referrers.length, limit),
    repository: first?.repository,
  };
}
