/**
 * Upload sessions that are under way, each a row that takes a place of its organization, account and user. The row is written
 * before there is a session, and goes with it; what dies in between leaves a row that others may clear away.
 */
import { and, asc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { QuotaHolder } from "../../kernel/quotas.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { mayPushNow } from "../rights/access.ts";
import type { Database } from "../database.ts";
import { type QuotaRefusal, refusedByQuota, roomOf } from "../quotas/quotas.ts";
import { openUploads, organizations, repositories } from "../schema.ts";

/**
 * The statements that open an upload in a repository if the user may push there, for the end of a batch. The first answers
 * a row when it was opened, the second how many bytes more may be stored there: {@link readOpening} reads both.
 */
export function insertOpenUpload(
  db: Database,
  { user, passwordChanges }: Actor,
  repository: RepositoryName,
  id: string,
) {
  const organization = sql`FROM ${organizations} WHERE ${organizations.name} = ${organizationOf(repository)}`;
  const rooms = sql<number>`min(
    ${roomOf("organization", sql`(SELECT ${organizations.id} ${organization})`, "storedBytes")},
    ${roomOf("account", sql`(SELECT ${organizations.accountId} ${organization})`, "storedBytes")})`;
  return [
    db
      .insert(openUploads)
      .select(
        sql`SELECT ${id}, ${repositories.organizationId}, ${user.id}, ${Date.now()} FROM ${repositories}
            WHERE ${repositories.name} = ${repository} AND ${mayPushNow(db, { userId: user.id, passwordChanges })}`,
      )
      .returning({ id: openUploads.id }),
    db.select({ room: rooms }).from(sql`(SELECT 1)`),
  ] as const;
}

/** Whether an upload was opened, and with it how many bytes more its organization and account may store. */
export type UploadPlace = { outcome: "opened"; room: number } | { outcome: "not-opened" };

/** What the statements of {@link insertOpenUpload} answered. */
export function readOpening(opened: readonly unknown[], rooms: readonly { room: number | null }[]): UploadPlace {
  return opened.length > 0 ? { outcome: "opened", room: rooms[0]?.room ?? 0 } : { outcome: "not-opened" };
}

/** Opens an upload in a repository that exists and that the user may push to; otherwise nothing is opened. */
export async function openUploadRow(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  id: string,
): Promise<UploadPlace | QuotaRefusal> {
  try {
    const [opened, rooms] = await db.batch(insertOpenUpload(db, actor, repository, id));
    return readOpening(opened, rooms);
  } catch (error) {
    return refusedByQuota(db, error, { organization: organizationOf(repository), needed: {} });
  }
}

/** The statement that gives the place of an upload back. */
export function deleteOpenUpload(db: Database, id: string) {
  return db.delete(openUploads).where(eq(openUploads.id, id));
}

/** Notes that sessions are there still. */
export async function touchOpenUploads(db: Database, ids: readonly string[]): Promise<void> {
  await db
    .update(openUploads)
    .set({ seenAt: new Date() })
    .where(inArray(openUploads.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`));
}

/** Whose places are taken. */
export interface TakenPlaces {
  holder: QuotaHolder | "user";
  organization: OrganizationName;
  userId: number;
}

/** Uploads that were opened, or last known to be there, before a time: those first that were silent for longest. */
export async function listOldUploads(
  db: Database,
  places: TakenPlaces,
  before: Date,
  limit: number,
): Promise<string[]> {
  const rows = await oldUploadsQuery(db, places, before, limit);
  return rows.map(({ id }) => id);
}

function oldUploadsQuery(db: Database, { holder, organization, userId }: TakenPlaces, before: Date, limit: number) {
  const found = sql`FROM ${organizations} WHERE ${organizations.name} = ${organization}`;
  const isOf: Record<TakenPlaces["holder"], SQL> = {
    user: sql`${openUploads.userId} = ${userId}`,
    organization: sql`${openUploads.organizationId} = (SELECT ${organizations.id} ${found})`,
    account: sql`${openUploads.organizationId} IN (
      SELECT own.id FROM ${organizations} AS own WHERE own.account_id = (SELECT ${organizations.accountId} ${found}))`,
  };
  return db
    .select({ id: openUploads.id })
    .from(openUploads)
    .where(and(isOf[holder], lt(openUploads.seenAt, before)))
    .orderBy(asc(openUploads.seenAt))
    .limit(limit);
}

/**
 * Gives back the places of sessions that were last known to be there before a time. Each session that is there says so every
 * day.
 *
 * @returns how many there were; fewer than `limit` when there are no more.
 */
export async function deleteLostUploads(db: Database, before: Date, limit: number): Promise<number> {
  const lost = db
    .select({ id: openUploads.id })
    .from(openUploads)
    .where(lt(openUploads.seenAt, before))
    .orderBy(asc(openUploads.seenAt))
    .limit(limit);
  const deleted = await db.delete(openUploads).where(inArray(openUploads.id, lost)).returning({ id: openUploads.id });
  return deleted.length;
}
