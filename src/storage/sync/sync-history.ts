/** Jobs of synchronization as people see them. */
import { and, asc, desc, eq, getTableColumns, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { RepositoryName } from "../../kernel/reference.ts";
import { reason } from "../../kernel/reasons.ts";
import type { AuditEntry } from "../../model/audit/audit.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isThere } from "../deletion/gone.ts";
import { accounts, repositories, syncAttempts, syncJobs } from "../schema.ts";
import { endOf, type SyncJobRecord } from "./sync-jobs.ts";

/** A job without what only it needs itself. */
export type ShownSyncJob = Omit<SyncJobRecord, "plan" | "progress" | "claims" | "slotAt"> & {
  repository: RepositoryName;
  accountName: string;
};

export type SyncAttemptRecord = typeof syncAttempts.$inferSelect;

function select(db: Database) {
  const { plan: _plan, progress: _progress, claims: _claims, slotAt: _slotAt, ...columns } = getTableColumns(syncJobs);
  return db
    .select({ ...columns, repository: repositories.name, accountName: accounts.name })
    .from(syncJobs)
    .innerJoin(repositories, and(eq(repositories.id, syncJobs.repositoryId), isThere(repositories)))
    .innerJoin(accounts, eq(accounts.id, syncJobs.accountId))
    .$dynamic();
}

/** Which jobs are meant: of one image, or of all of an organization. */
export type SyncJobOwner = { repositoryId: number } | { organizationId: number };

function isOwnedBy(owner: SyncJobOwner) {
  return "repositoryId" in owner
    ? eq(syncJobs.repositoryId, owner.repositoryId)
    : eq(syncJobs.organizationId, owner.organizationId);
}

/** A page of jobs, the newest first, behind an id. */
export async function listSyncJobs(
  db: Database,
  owner: SyncJobOwner,
  before: number | undefined,
  limit: number,
): Promise<ShownSyncJob[]> {
  return select(db)
    .where(and(isOwnedBy(owner), before === undefined ? undefined : lt(syncJobs.id, before)))
    .orderBy(desc(syncJobs.id))
    .limit(limit);
}

/** A page by offset, as SWR pages, and how many there are in all. Those left out are read in an index only. */
export async function listSyncJobsByOffset(
  db: Database,
  repositoryId: number,
  { limit, offset, isDescending }: { limit: number; offset: number; isDescending: boolean },
): Promise<{ jobs: ShownSyncJob[]; total: number }> {
  const direction = isDescending ? desc : asc;
  const page = db
    .select({ id: syncJobs.id })
    .from(syncJobs)
    .where(eq(syncJobs.repositoryId, repositoryId))
    .orderBy(direction(syncJobs.id))
    .limit(limit)
    .offset(offset);
  const [jobs, [counted]] = await Promise.all([
    select(db)
      .where(sql`${syncJobs.id} IN ${page}`)
      .orderBy(direction(syncJobs.id)),
    db
      .select({ total: sql<number>`count(*)` })
      .from(
        db
          .select({ id: syncJobs.id })
          .from(syncJobs)
          .where(eq(syncJobs.repositoryId, repositoryId))
          .limit(MAX_COUNTED)
          .as("counted"),
      ),
  ]);
  return { jobs, total: counted?.total ?? 0 };
}

/** Jobs that are counted: an image that is pushed often has more than anybody goes through by offset. */
const MAX_COUNTED = 11_000;

export async function findSyncJob(db: Database, owner: SyncJobOwner, id: number): Promise<ShownSyncJob | undefined> {
  const [row] = await select(db).where(and(isOwnedBy(owner), eq(syncJobs.id, id)));
  return row;
}

/** A whole job, to be repeated. */
export async function findWholeSyncJob(db: Database, id: number): Promise<SyncJobRecord | undefined> {
  const [row] = await db.select().from(syncJobs).where(eq(syncJobs.id, id));
  return row;
}

/** The tries of a job that did not bring it to its end, the first first. */
export async function listSyncAttempts(db: Database, jobId: number): Promise<SyncAttemptRecord[]> {
  return db.select().from(syncAttempts).where(eq(syncAttempts.jobId, jobId)).orderBy(asc(syncAttempts.number));
}

/**
 * Ends a job that somebody does not want any more. What is sent at this moment is broken off within seconds.
 *
 * @returns whether it had not ended before.
 */
export async function cancelSyncJob(db: Database, actor: Actor, id: number, entry: AuditEntry): Promise<boolean> {
  const [cancelled] = await db.batch([
    db
      .update(syncJobs)
      .set(endOf("cancel", [reason("CANCELLED", { user: actor.user.name })]))
      .where(and(eq(syncJobs.id, id), isNull(syncJobs.finishedAt)))
      .returning({ id: syncJobs.id }),
    insertAuditIfChanged(db, actor, entry),
  ]);
  return cancelled.length > 0;
}

/** Deletes history older than a time, at most `limit` jobs with their tries; what is still to be done stays. */
export async function deleteSyncJobsBefore(db: Database, before: Date, limit: number): Promise<number> {
  const ids = db
    .select({ id: syncJobs.id })
    .from(syncJobs)
    .where(and(lt(syncJobs.createdAt, before), isNotNull(syncJobs.finishedAt)))
    .orderBy(asc(syncJobs.createdAt))
    .limit(limit);
  const deleted = await db
    .delete(syncJobs)
    .where(sql`${syncJobs.id} IN ${ids}`)
    .returning({ id: syncJobs.id });
  return deleted.length;
}
