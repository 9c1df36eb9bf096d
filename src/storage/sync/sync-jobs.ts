/** Writing jobs of synchronization: in the batch that moves or deletes tags, and for somebody who asks for them. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { MAX_SYNC_JOBS_PER_PUSH } from "../../kernel/limits.ts";
import type { Tag } from "../../kernel/reference.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import type { AuditEntry } from "../../model/audit/audit.ts";
import type { Actor } from "../../model/rights/access.ts";
import { writeDetail } from "../../model/write-detail.ts";
import type { SyncOptions } from "../../model/sync/sync-rules.ts";
import type { SyncOperation } from "../../model/sync/sync-jobs.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { type AllGiven, type Database, type Given, isConstraintFailure } from "../database.ts";
import { isOfKey } from "../content/leading-tags.ts";
import { manifestChildren, manifests, remotes, repositories, syncJobs, syncRules, tags } from "../schema.ts";

export type SyncJobRecord = typeof syncJobs.$inferSelect;

/** Who sets jobs off, and at which address of the registry. */
export interface SyncOrigin {
  /** Null for what the registry does by itself. */
  userId: number | null;
  userName: string;
  registry: string;
}

/** The same, and when. */
export interface SyncOccasion extends SyncOrigin {
  now: number;
}

/** A job that was written with a push. */
export interface SyncEntry {
  id: number;
  ruleId: number | null;
  tag: Tag;
}

const ENTRY = { id: syncJobs.id, ruleId: syncJobs.ruleId, tag: syncJobs.tag };

/** Tags of one image that a push of a signature concerns at most; the first by name. */
const MAX_SIGNED_TAGS = 20;

/**
 * The statement that writes the jobs of tags that are about to move: a row for each automatic rule of the image and of its
 * organization. Globs are looked at afterwards, because SQL cannot (`registry/sync/sync-queue.ts`), so some of these rows are
 * deleted again. More than one push may set off refuse the whole batch: {@link isTooManySyncJobs}.
 *
 * @param moves what is moved, as JSON: an array of `tag` and `isAnnounced`.
 * @param isSame whether a tag has the manifest already, as a condition on its name.
 * @param isMoving whether the batch moves tags at all.
 */
export function insertSyncJobs(
  db: Database,
  repositoryId: number | SQL<number>,
  moves: SQL,
  occasion: AllGiven<SyncOccasion>,
  digest: SQL | Given<string>,
  isSame: (tag: SQL) => SQL = () => sql`0`,
  isMoving = sql`1`,
) {
  const tag = sql`(moved.value ->> 'tag')`;
  return db
    .insert(syncJobs)
    .select(
      sql`${columnsOf("copy", repositoryId, occasion, { tag, digest: sql`${digest}` })}
          FROM ${rulesOf(repositoryId)} CROSS JOIN ${remotes} ON ${remotes.id} = ${syncRules.remoteId}
          CROSS JOIN json_each(${moves}) AS moved
          WHERE ${syncRules.isAutomatic} = 1 AND moved.value ->> 'isAnnounced' AND NOT ${isSame(tag)} AND ${isMoving}`,
    )
    .returning(ENTRY);
}

/**
 * The same for what belongs to images: a signature or an SBOM that is about to come sets off the rules that take such along, for
 * the tags of its image.
 *
 * @param keys of the digests that what comes belongs to, or their JSON.
 */
export function insertSyncJobsOfAttached(
  db: Database,
  repositoryId: SQL<number>,
  keys: readonly string[] | Given<string>,
  occasion: AllGiven<SyncOccasion>,
) {
  // What a signature is of may be a part of an index, or an SBOM that itself belongs to an image.
  const signed = sql`(
    WITH RECURSIVE above(id) AS (
      SELECT signed.id FROM json_each(${Array.isArray(keys) ? JSON.stringify(keys) : keys}) AS keys CROSS JOIN ${manifests} AS signed
      WHERE signed.repository_id = ${repositoryId} AND ${isOfKey(sql`signed.digest`, sql`keys.value`)}
      UNION SELECT edges.parent_id FROM above CROSS JOIN ${manifestChildren} AS edges ON edges.child_id = above.id
      UNION SELECT subjects.id FROM above CROSS JOIN ${manifests} AS attached ON attached.id = above.id
        CROSS JOIN ${manifests} AS subjects
        ON subjects.repository_id = ${repositoryId} AND subjects.digest = attached.subject)
    SELECT named.name AS tag, above_manifests.digest AS digest FROM above
    CROSS JOIN ${manifests} AS above_manifests ON above_manifests.id = above.id
    CROSS JOIN ${tags} AS named ON named.manifest_id = above.id
    WHERE named.companion_of IS NULL ORDER BY named.name LIMIT ${MAX_SIGNED_TAGS})`;
  return db
    .insert(syncJobs)
    .select(
      sql`${columnsOf("copy", repositoryId, occasion, { tag: sql`signed.tag`, digest: sql`signed.digest` })}
          FROM ${rulesOf(repositoryId)} CROSS JOIN ${remotes} ON ${remotes.id} = ${syncRules.remoteId}
          CROSS JOIN ${signed} AS signed
          WHERE ${syncRules.isAutomatic} = 1 AND ${syncRules.hasReferrers} = 1`,
    )
    .returning(ENTRY);
}

/**
 * The statement that writes the jobs of tags that are about to be deleted: of versions, for each rule that follows deletions.
 *
 * @param isDeleted which of the tags, as a condition on a row of `tags`.
 */
export function insertSyncDeletions(
  db: Database,
  repositoryId: number | SQL<number>,
  isDeleted: SQL | undefined,
  by: Pick<SyncOrigin, "userId" | "userName">,
) {
  const occasion = { ...by, registry: "", now: Date.now() };
  const digest = sql`(SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.id} = ${tags.manifestId})`;
  const isVersion = sql`${tags.companionOf} IS NULL
    AND EXISTS (SELECT 1 FROM ${manifests} WHERE ${manifests.id} = ${tags.manifestId} AND ${manifests.content} <> 'cache')`;
  return db
    .insert(syncJobs)
    .select(
      sql`${columnsOf("delete", repositoryId, occasion, { tag: sql`${tags.name}`, digest })}
          FROM ${rulesOf(repositoryId)} CROSS JOIN ${remotes} ON ${remotes.id} = ${syncRules.remoteId}
          CROSS JOIN ${tags}
          WHERE ${syncRules.followsDeletion} = 1 AND ${isVersion} AND ${isDeleted}`,
    )
    .returning(ENTRY);
}

/** Whether a batch failed because it would have set off more jobs than one push may. */
export function isTooManySyncJobs(error: unknown): boolean {
  return isConstraintFailure(error, "NOT NULL constraint failed: sync_jobs.repository_id");
}

/** The rules that concern an image, as a table: its own, and those of its organization. */
function rulesOf(repositoryId: number | SQL<number>): SQL {
  const organization = sql`(
    SELECT ${repositories.organizationId} FROM ${repositories} WHERE ${repositories.id} = ${repositoryId})`;
  return sql`(
    SELECT own.* FROM ${syncRules} AS own WHERE own.repository_id = ${repositoryId}
    UNION ALL
    SELECT common.* FROM ${syncRules} AS common
    WHERE common.organization_id = ${organization} AND common.repository_id IS NULL) AS ${syncRules}`;
}

/** The beginning of a SELECT from {@link rulesOf} and `remotes` that has the columns of a new job. */
function columnsOf(
  operation: SyncOperation,
  repositoryId: number | SQL<number>,
  { userId, userName, registry, now }: AllGiven<SyncOccasion>,
  { tag, digest }: { tag: SQL; digest: SQL },
): SQL {
  const limited =
    operation === "copy"
      ? sql`CASE WHEN row_number() OVER () <= ${MAX_SYNC_JOBS_PER_PUSH} THEN ${repositoryId} END`
      : sql`${repositoryId}`;
  return sql`SELECT NULL, ${syncRules.accountId}, ${syncRules.organizationId}, ${limited}, ${syncRules.id}, ${operation},
    ${tag}, ${digest}, ${remotes.id}, ${remotes.name}, ${syncRules.remoteOrganization}, ${syncRules.overrides},
    ${syncRules.hasReferrers}, ${userId}, ${userName}, ${registry}, 'waiting', 0, ${now}, NULL, 0, NULL, NULL, NULL, NULL, NULL,
    0, NULL, ${now}, NULL, NULL`;
}

/** Where somebody wants tags to be copied to now. */
export interface WantedCopy extends SyncOptions {
  accountId: number;
  organizationId: number;
  repositoryId: number;
  /** Null without a rule. */
  ruleId: number | null;
  remote: { id: number; name: string };
  remoteOrganization: string;
}

/**
 * Writes jobs for tags as they are now.
 *
 * @returns the jobs of those that are there.
 */
export async function insertWantedCopies(
  db: Database,
  actor: Actor,
  origin: SyncOrigin,
  wanted: WantedCopy,
  names: readonly Tag[],
  entry: AuditEntry,
): Promise<SyncEntry[]> {
  const now = Date.now();
  const { accountId, organizationId, repositoryId, ruleId, remote, remoteOrganization, overrides, hasReferrers } =
    wanted;
  const [entries] = await db.batch([
    db
      .insert(syncJobs)
      .select(
        sql`SELECT NULL, ${accountId}, ${organizationId}, ${repositoryId}, ${ruleId}, 'copy', ${tags.name},
                   (SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.id} = ${tags.manifestId}), ${remote.id},
                   ${remote.name}, ${remoteOrganization}, ${overrides ? 1 : 0}, ${hasReferrers ? 1 : 0}, ${origin.userId},
                   ${origin.userName}, ${origin.registry}, 'waiting', 0, ${now}, NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL,
                   ${now}, NULL, NULL
            FROM ${tags} WHERE ${tags.repositoryId} = ${repositoryId}
              AND ${tags.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
      )
      .returning(ENTRY),
    insertAuditIfChanged(db, actor, entry),
  ]);
  return entries;
}

/** Writes a job that deletes a tag there once more, as an older one was to. @returns its id. */
export async function insertWantedDeletion(
  db: Database,
  actor: Actor,
  origin: SyncOrigin,
  job: SyncJobRecord,
  entry: AuditEntry,
): Promise<number> {
  const now = new Date();
  const { accountId, organizationId, repositoryId, ruleId, tag, digest, remoteId, remote, remoteOrganization } = job;
  const [[row]] = await db.batch([
    db
      .insert(syncJobs)
      .values({
        ...origin,
        accountId,
        organizationId,
        repositoryId,
        ruleId,
        tag,
        digest,
        remoteId,
        remote,
        remoteOrganization,
        operation: "delete",
        overrides: job.overrides,
        hasReferrers: job.hasReferrers,
        status: "waiting",
        nextAttemptAt: now,
        createdAt: now,
      })
      .returning({ id: syncJobs.id }),
    insertAuditIfChanged(db, actor, entry),
  ]);
  if (!row) throw new Error("no row came back for a job");
  return row.id;
}

/** Takes back jobs that their rules turned out not to want. */
export async function deleteSyncJobs(db: Database, ids: readonly number[]): Promise<void> {
  await db.delete(syncJobs).where(sql`${syncJobs.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/** What the history says of a job that gave way. */
export const SUPERSEDED = reason("SUPERSEDED");

/** The columns of a job that has ended. */
export function endOf(status: SyncJobRecord["status"], reasons: readonly Reason[]) {
  return {
    status,
    detail: writeDetail(reasons),
    nextAttemptAt: null,
    leasedUntil: null,
    slotAt: null,
    finishedAt: new Date(),
    claims: sql`${syncJobs.claims} + 1`,
    plan: null,
    progress: null,
  };
}

/** Whether two jobs have the same tag here and the same place there. */
export function isSamePlace(one: string, other: string): SQL {
  const same = ["repository_id", "tag", "remote_id", "remote_organization"];
  return sql.raw(same.map((column) => `${one}.${column} = ${other}.${column}`).join(" AND "));
}

/** Ends the jobs that wait for tags which newer jobs bring to the same place. */
export async function supersedeOlder(db: Database, ids: readonly number[]): Promise<void> {
  const older = sql`
    SELECT older.id FROM json_each(${JSON.stringify(ids)}) AS wanted
    CROSS JOIN ${syncJobs} AS newer ON newer.id = wanted.value
    CROSS JOIN ${syncJobs} AS older INDEXED BY sync_jobs_unfinished
      ON ${isSamePlace("older", "newer")} AND older.id < newer.id
    WHERE older.finished_at IS NULL AND older.status = 'waiting'`;
  await db
    .update(syncJobs)
    .set(endOf("cancel", [SUPERSEDED]))
    .where(and(eq(syncJobs.status, "waiting"), sql`${syncJobs.id} IN (${older})`));
}

/** Whether a newer job brings the tag to the same place, or has. */
export async function isOvertaken(db: Database, { id }: { id: number }): Promise<boolean> {
  const rows = await overtakenQuery(db, id);
  return rows.length > 0;
}

function overtakenQuery(db: Database, id: number) {
  return db
    .select({ id: sql<number>`newer.id`.as("newer_id") })
    .from(
      sql`${syncJobs} AS own CROSS JOIN ${syncJobs} AS newer ON ${isSamePlace("newer", "own")} AND newer.id > own.id`,
    )
    .where(sql`own.id = ${id} AND newer.status <> 'cancel'`)
    .limit(1);
}
