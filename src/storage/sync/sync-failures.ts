/**
 * What did not arrive at a remote registry and will not by itself: the jobs that failed, and that no later one of the same tag and
 * target has made up for. Looked for among the newest jobs, in their indexes: a job that is further behind stands in the list of
 * jobs only.
 */
import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { User } from "../../model/rights/access.ts";
import type { SyncStatus } from "../../model/sync/sync-jobs.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { MAX_WALKED } from "../bounded.ts";
import type { Database } from "../database.ts";
import { isOwnImage } from "../rights/access.ts";
import { repositories, syncJobs } from "../schema.ts";

/** A job by which a tag did not arrive. */
export interface FailedSync {
  id: number;
  repository: RepositoryName;
  tag: Tag;
  remote: string;
  /** "" for a target without one. */
  remoteOrganization: string;
  status: SyncStatus;
  detail: string | null;
  /** Milliseconds since 1970. */
  createdAt: number;
  finishedAt: number | null;
}

/** A later job of the tag and target counts whatever comes of it: one that fails tells of itself. */
const isLasting = sql`failed.status IN ('failed', 'timeout', 'existed') AND NOT EXISTS (
  SELECT 1 FROM ${syncJobs} AS later
  WHERE later.repository_id = failed.repository_id AND later.tag = failed.tag AND later.id > failed.id
    AND later.remote = failed.remote AND later.remote_organization = failed.remote_organization)`;

/** @param isOwned of which account or image: what an index has in the order of ids. */
function newestJobs(db: Database, isOwned: SQL) {
  const { id, repositoryId, tag, remote, remoteOrganization, status, detail, createdAt, finishedAt } = syncJobs;
  return db
    .select({ id, repositoryId, tag, remote, remoteOrganization, status, detail, createdAt, finishedAt })
    .from(syncJobs)
    .where(isOwned)
    .orderBy(desc(syncJobs.id))
    .limit(MAX_WALKED)
    .as("failed");
}

/**
 * The query of those in images that a user may edit, the newest first, among the newest {@link MAX_WALKED} jobs of the account. Its
 * columns have names of their own, as a batch demands.
 */
export function failedSyncsQuery(db: Database, user: User, limit: number) {
  const failed = newestJobs(db, eq(syncJobs.accountId, user.accountId));
  const found = db
    .select({
      id: sql<number>`failed.id`.as("failed_id"),
      repository: sql<RepositoryName>`${repositories.name}`.as("repository"),
      tag: sql<Tag>`failed.tag`.as("failed_tag"),
      remote: sql<string>`failed.remote`.as("failed_remote"),
      remoteOrganization: sql<string>`failed.remote_organization`.as("failed_organization"),
      status: sql<SyncStatus>`failed.status`.as("failed_status"),
      detail: sql<string | null>`failed.detail`.as("failed_detail"),
      createdAt: sql<number>`failed.created_at`.as("failed_created_at"),
      finishedAt: sql<number | null>`failed.finished_at`.as("failed_finished_at"),
    })
    .from(failed)
    .innerJoin(repositories, sql`${repositories.id} = failed.repository_id`)
    .where(and(isLasting, isOwnImage(db, user, "edit")))
    .orderBy(desc(sql`failed.id`))
    .limit(limit)
    .as("found");
  return db.select().from(found);
}

/** How many there are of an image, among its newest {@link MAX_WALKED} jobs. */
export async function countFailedSyncs(db: Database, repositoryId: number): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)` })
    .from(newestJobs(db, eq(syncJobs.repositoryId, repositoryId)))
    .where(isLasting);
  return row?.count ?? 0;
}
