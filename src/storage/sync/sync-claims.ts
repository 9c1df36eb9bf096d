/** Who is at a job of synchronization, and what it notes on the way (ADR 0030). */
import { and, asc, eq, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { OrganizationName, RepositoryName } from "../../kernel/reference.ts";
import type { Reason } from "../../kernel/reasons.ts";
import { writeDetail } from "../../model/write-detail.ts";
import type { SyncStatus } from "../../model/sync/sync-jobs.ts";
import type { Database } from "../database.ts";
import { isThere } from "../deletion/gone.ts";
import { freeAt, type Outbound, paceOf, spendIfChanged } from "../outbound/paces.ts";
import { outboundPaces, organizations, remotes, repositories, syncAttempts, syncJobs, syncRules } from "../schema.ts";
import { endOf, isSamePlace, type SyncJobRecord } from "./sync-jobs.ts";

/** A job with what it depends on. */
export interface SyncWork {
  job: SyncJobRecord;
  organization: OrganizationName;
  repository: RepositoryName;
  /** Undefined when it is gone. */
  remote: typeof remotes.$inferSelect | undefined;
  /** The globs of its rule; undefined when that is gone, or there never was one. */
  rule: { images: string; tags: string } | undefined;
}

/** What a job is about; undefined when it is gone, or its image is. */
export async function findSyncWork(db: Database, id: number): Promise<SyncWork | undefined> {
  const [row] = await db
    .select({
      job: syncJobs,
      organization: organizations.name,
      repository: repositories.name,
      remote: remotes,
      rule: { id: syncRules.id, images: syncRules.images, tags: syncRules.tags },
    })
    .from(syncJobs)
    .innerJoin(repositories, and(eq(repositories.id, syncJobs.repositoryId), isThere(repositories)))
    .innerJoin(organizations, eq(organizations.id, repositories.organizationId))
    .leftJoin(remotes, eq(remotes.id, syncJobs.remoteId))
    .leftJoin(syncRules, eq(syncRules.id, syncJobs.ruleId))
    .where(eq(syncJobs.id, id));
  if (!row) return undefined;
  return { ...row, remote: row.remote ?? undefined, rule: row.rule ?? undefined };
}

/** Jobs that are under way to one host, over all accounts; and of one account. */
export const MAX_SYNCS_AT_HOST = 20;
export const MAX_ACCOUNT_SYNCS_AT_HOST = 4;

/** Requests of an account's jobs in a minute, and those to one host over all accounts: an image takes five and more. */
const ACCOUNT_PER_MINUTE = 3000;
const HOST_PER_MINUTE = 6000;
/** So many looks at a host are each account's own, whatever others send there. */
const SHARE_PER_MINUTE = 60;

/** The paces of jobs, apart from those of webhooks, which are not to wait behind thousands of blobs. */
function pacesOf({ accountId, host }: Outbound) {
  return {
    account: paceOf(`sync account ${accountId}`, ACCOUNT_PER_MINUTE, 500),
    host: paceOf(`sync host ${host}`, HOST_PER_MINUTE, 1000),
    share: paceOf(`sync account ${accountId} at ${host}`, SHARE_PER_MINUTE, 5),
  };
}

/** How long a job whose host has no room waits before the next look: longer the longer it has waited. */
const MIN_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

/** What came of looking at a job: the caller is to do it, or it has to wait. */
export type SyncClaim = { job: SyncJobRecord } | { dueAt: Date };

/**
 * Takes a job that is due, for so long that nobody else takes it meanwhile; should its process die, it is due again after that.
 * A job waits while another one brings the same tag to the same place, so that of two the newer one comes last.
 *
 * @returns undefined when it is not due, or done, or somebody else is at it.
 */
export async function claimSyncJob(
  db: Database,
  id: number,
  leaseMs: number,
  outbound: Outbound,
): Promise<SyncClaim | undefined> {
  const [, , [job], , , [waiting]] = await db.batch(claimQueries(db, id, leaseMs, outbound));
  if (job) return { job };
  return waiting?.dueAt ? { dueAt: waiting.dueAt } : undefined;
}

function claimQueries(db: Database, id: number, leaseMs: number, outbound: Outbound) {
  const now = Date.now();
  const paces = pacesOf(outbound);
  const isFree = and(
    eq(syncJobs.id, id),
    isNotNull(syncJobs.nextAttemptAt),
    lte(syncJobs.nextAttemptAt, new Date(now)),
    or(isNull(syncJobs.leasedUntil), lte(syncJobs.leasedUntil, new Date(now))),
  );
  const isAlone = sql`NOT EXISTS (
    SELECT 1 FROM ${syncJobs} AS own
    CROSS JOIN ${syncJobs} AS other INDEXED BY sync_jobs_unfinished ON ${isSamePlace("other", "own")} AND other.id <> own.id
    WHERE own.id = ${id} AND other.finished_at IS NULL AND other.leased_until > ${now})`;
  const waited = sql`(${now} - ${syncJobs.slotAt})`;
  return [
    // The account's turns are given out in advance: so each job comes back once, and in the order in which they came.
    db
      .update(syncJobs)
      .set({ slotAt: sql`max(${now}, ${freeAt(paces.account)})` })
      .where(and(isFree, isNull(syncJobs.slotAt))),
    spendIfChanged(db, paces.account, now),
    db
      .update(syncJobs)
      .set({
        leasedUntil: new Date(now + leaseMs),
        slotAt: null,
        host: outbound.host,
        status: "running",
        claims: sql`${syncJobs.claims} + 1`,
        startedAt: sql`ifnull(${syncJobs.startedAt}, ${now})`,
      })
      .where(and(isFree, lte(syncJobs.slotAt, new Date(now)), isAlone, hasRoom(outbound, now)))
      .returning(),
    spendIfChanged(db, paces.host, now),
    spendIfChanged(db, paces.share, now, true),
    // What was not taken is still free.
    db
      .update(syncJobs)
      .set({
        nextAttemptAt: sql`CASE WHEN ${syncJobs.slotAt} > ${now} THEN ${syncJobs.slotAt}
          ELSE ${now} + min(${MAX_WAIT_MS}, max(${MIN_WAIT_MS}, ${waited} / 2)) + abs(random() % ${MIN_WAIT_MS}) END`,
      })
      .where(isFree)
      .returning({ dueAt: syncJobs.nextAttemptAt }),
  ] as const;
}

/** Whether one more job may go to a host, as far as the host is concerned. */
function hasRoom({ accountId, host }: Outbound, now: number): SQL | undefined {
  const paces = pacesOf({ accountId, host });
  const underWay = (more: SQL, limit: number) => sql`(
    SELECT count(*) FROM (
      SELECT 1 FROM ${syncJobs} AS other
      WHERE other.host = ${host} AND ${more} AND other.leased_until > ${now} LIMIT ${limit}))`;
  const own = (limit: number) => underWay(sql`other.account_id = ${accountId}`, limit);
  const isFree = and(
    sql`${freeAt(paces.host)} <= ${now}`,
    sql`${underWay(sql`1`, MAX_SYNCS_AT_HOST)} < ${MAX_SYNCS_AT_HOST}`,
    sql`${own(MAX_ACCOUNT_SYNCS_AT_HOST)} < ${MAX_ACCOUNT_SYNCS_AT_HOST}`,
  );
  // A host that others have filled is open to an account that has nothing under way there.
  return or(isFree, and(sql`${freeAt(paces.share)} <= ${now}`, sql`${own(1)} = 0`));
}

/** What is noted of a job on its way. */
export interface SyncNote {
  plan?: string | undefined;
  progress?: string | undefined;
  bytesDone?: number | undefined;
  bytesTotal?: number | null | undefined;
}

/**
 * Notes how far a job has come, and puts off the end of the lease.
 *
 * @param requests how many it has sent since the last note: they count against the paces of its account and its host.
 * @returns whether it is still the caller's: not when somebody has cancelled it, or its lease has ended and another has it.
 */
export async function noteSyncJob(
  db: Database,
  job: SyncJobRecord,
  note: SyncNote,
  { leaseMs, requests, host }: { leaseMs: number; requests: number; host: string },
): Promise<boolean> {
  const now = Date.now();
  const [noted] = await db.batch([
    db
      .update(syncJobs)
      .set({ ...note, leasedUntil: new Date(now + leaseMs) })
      .where(isOwn(job))
      .returning({ id: syncJobs.id }),
    ...spending(db, { accountId: job.accountId, host }, requests, now),
  ]);
  return noted.length > 0;
}

function spending(db: Database, outbound: Outbound, requests: number, now: number) {
  if (requests === 0) return [];
  const { account, host } = pacesOf(outbound);
  return [account, host].map(({ key, interval }) => {
    const all = Math.ceil(interval * requests);
    return db
      .insert(outboundPaces)
      .values({ key, nextAt: now + all })
      .onConflictDoUpdate({
        target: outboundPaces.key,
        set: { nextAt: sql`max(${outboundPaces.nextAt}, ${now}) + ${all}` },
      });
  });
}

/** Whether a job is still the one that was claimed. */
function isOwn({ id, claims }: SyncJobRecord): SQL | undefined {
  return and(eq(syncJobs.id, id), eq(syncJobs.claims, claims), isNull(syncJobs.finishedAt));
}

/** A try that did not bring a job to its end. */
export interface SyncTry {
  startedAt: Date;
  /** Milliseconds. */
  duration: number;
  /** The status that it was refused with; null without an answer. */
  status: number | null;
  reasons: readonly Reason[];
}

/**
 * Gives a job back that is to be gone on with.
 *
 * @param tried what went wrong; undefined when only its time was over.
 * @param attempts how many tries in a row have brought nothing, this one included.
 * @returns whether it still was the caller's.
 */
export async function releaseSyncJob(
  db: Database,
  job: SyncJobRecord,
  note: SyncNote,
  { next, attempts, tried }: { next: Date; attempts: number; tried: SyncTry | undefined },
): Promise<boolean> {
  const [released] = await db.batch([
    db
      .update(syncJobs)
      .set({
        ...note,
        status: tried ? "waiting" : "running",
        attempts,
        nextAttemptAt: next,
        leasedUntil: null,
        slotAt: null,
        ...(tried && { detail: writeDetail(tried.reasons) }),
      })
      .where(isOwn(job))
      .returning({ id: syncJobs.id }),
    ...(tried ? [insertTry(db, job.id, Math.max(attempts, 1), tried)] : []),
  ]);
  return released.length > 0;
}

/** One that brought something on takes the place of the one before it, so that there are never more than may be tried. */
function insertTry(db: Database, jobId: number, number: number, tried: SyncTry) {
  return db
    .insert(syncAttempts)
    .select(
      sql`SELECT ${jobId}, ${number}, ${tried.startedAt.getTime()}, ${tried.duration}, ${tried.status}, ${writeDetail(tried.reasons)} WHERE changes() > 0`,
    )
    .onConflictDoUpdate({
      target: [syncAttempts.jobId, syncAttempts.number],
      set: {
        startedAt: sql`excluded.started_at`,
        duration: sql`excluded.duration`,
        status: sql`excluded.status`,
        detail: sql`excluded.detail`,
      },
    });
}

/** Ends a job. @returns whether it still was the caller's. */
export async function finishSyncJob(
  db: Database,
  job: SyncJobRecord,
  end: { status: SyncStatus; reasons: readonly Reason[]; bytesDone?: number; attempts?: number },
  tried?: SyncTry,
): Promise<boolean> {
  const { status, reasons, ...rest } = end;
  const [ended] = await db.batch([
    db
      .update(syncJobs)
      .set({ ...endOf(status, reasons), ...rest })
      .where(isOwn(job))
      .returning({ id: syncJobs.id }),
    ...(tried ? [insertTry(db, job.id, Math.max(end.attempts ?? job.attempts, 1), tried)] : []),
  ]);
  return ended.length > 0;
}

/** Jobs that have been due for a while without anybody taking them: their message was lost, or never sent, or a Worker died. */
export async function listOverdueSyncs(db: Database, before: Date, limit: number): Promise<number[]> {
  const rows = await overdueQuery(db, before, limit);
  return rows.map(({ id }) => id);
}

function overdueQuery(db: Database, before: Date, limit: number) {
  return db
    .select({ id: syncJobs.id })
    .from(syncJobs)
    .where(
      and(
        isNotNull(syncJobs.nextAttemptAt),
        lte(syncJobs.nextAttemptAt, before),
        or(isNull(syncJobs.leasedUntil), lte(syncJobs.leasedUntil, new Date())),
      ),
    )
    .orderBy(asc(syncJobs.nextAttemptAt))
    .limit(limit);
}

/** Jobs of an image that nobody has looked at yet. */
export async function listFreshSyncs(db: Database, repositoryId: number, limit: number): Promise<SyncJobRecord[]> {
  return db
    .select()
    .from(syncJobs)
    .where(
      and(
        eq(syncJobs.repositoryId, repositoryId),
        isNull(syncJobs.finishedAt),
        eq(syncJobs.status, "waiting"),
        eq(syncJobs.claims, 0),
        isNull(syncJobs.slotAt),
      ),
    )
    .orderBy(asc(syncJobs.id))
    .limit(limit);
}
