/**
 * Upload sessions that are under way, each a row that takes a place of its organization, account and user. The row is written
 * before there is a session, and goes with it; what dies in between leaves a row that others may clear away.
 */
import { and, asc, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import { type Actor, pusherOf } from "../../model/rights/access.ts";
import type { QuotaHolder } from "../../kernel/quotas.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { type AllGiven, type Database, type Given, isConstraintFailure } from "../database.ts";
import {
  batchWrittenOnceIn,
  type CreationRefusal,
  pushTargetOf,
  refusedIn,
  type RepositoryCreation,
} from "../images/repositories.ts";
import { saveSignature } from "../logins/used-signatures.ts";
import { roomOf } from "../quotas/quotas.ts";
import { pusherIn, type PusherShape, pusherShapeOf, type PusherValues, pusherValuesOf } from "../rights/access.ts";
import { openUploads, organizations, repositories, usedSignatures } from "../schema.ts";

/** Whether an upload has a place, and with it how many bytes more its organization and account may store. */
export type UploadPlace =
  | { outcome: "opened"; room: number }
  /** The upload was ended. */
  | { outcome: "upload-unknown" }
  /** There is no such repository, or no right to push to it, or not any more. */
  | { outcome: "repository-unknown" }
  | CreationRefusal;

/**
 * Gives an upload a place in a repository if the user may push there, in one batch; one that has a place keeps it. Unless it
 * was opened, nothing has changed.
 *
 * @param creation who creates the repository in the same batch if it does not exist; undefined when nobody does.
 */
export async function openUploadRow(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  id: string,
  creation?: RepositoryCreation,
): Promise<UploadPlace> {
  const pusher = pusherOf(actor);
  const values = {
    ...pusherValuesOf(pusher),
    id,
    ended: endedKey(id),
    repository,
    organization: organizationOf(repository),
    now: Date.now(),
  };
  try {
    const [, [room]] = await openUploadIn(db, repository, creation, values, pusherShapeOf(pusher));
    return { outcome: "opened", room: room?.room ?? 0 };
  } catch (error) {
    const isNull = (column: string) => isConstraintFailure(error, `NOT NULL constraint failed: open_uploads.${column}`);
    if (isNull("organization_id")) return { outcome: "repository-unknown" };
    if (isNull("seen_at")) return { outcome: "upload-unknown" };
    return refusedIn(db, error, repository, creation, {});
  }
}

/** Values of the batch of {@link openUploadRow}. */
interface OpenedUpload extends PusherValues {
  id: string;
  ended: string;
  repository: RepositoryName;
  organization: OrganizationName;
  now: number;
}

const openUploadIn = batchWrittenOnceIn((db, values: AllGiven<OpenedUpload>, shape: PusherShape) => {
  const { id, ended, repository, organization, userId, now } = values;
  const target = pushTargetOf(db, repository, pusherIn(values, shape));
  const organizationId = sql`(
    SELECT ${repositories.organizationId} FROM ${repositories} WHERE ${repositories.id} = ${target})`;
  return [
    db
      .insert(openUploads)
      .values({ id, organizationId, userId, seenAt: sql`CASE WHEN NOT ${isUploadEnded(ended)} THEN ${now} END` })
      .onConflictDoUpdate({ target: openUploads.id, set: { seenAt: sql`excluded.seen_at` } }),
    roomQuery(db, organization),
  ] as const;
});

/** How many bytes more may be stored in an organization; null when it does not exist. */
function roomQuery(db: Database, name: Given<OrganizationName>) {
  const organization = sql`FROM ${organizations} WHERE ${organizations.name} = ${name}`;
  const rooms = sql<number | null>`min(
    ${roomOf("organization", sql`(SELECT ${organizations.id} ${organization})`, "storedBytes")},
    ${roomOf("account", sql`(SELECT ${organizations.accountId} ${organization})`, "storedBytes")})`;
  return db.select({ room: rooms }).from(sql`(SELECT 1)`);
}

/** Whether a user may push to a repository that exists, and how many bytes more may be stored there, in one query. */
export async function findPushRoom(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
): Promise<{ mayPush: boolean; room: number }> {
  const target = pushTargetOf(db, repository, pusherOf(actor));
  const [[found], [room]] = await db.batch([
    db.select({ id: sql<number | null>`${target}` }).from(sql`(SELECT 1)`),
    roomQuery(db, organizationOf(repository)),
  ]);
  return { mayPush: (found?.id ?? null) !== null, room: room?.room ?? 0 };
}

/**
 * Notes that an upload was ended, for as long as its id could open it anew. The id is signed, so it is kept where signatures
 * are that are not accepted any more.
 */
export async function noteEndedUpload(db: Database, id: string, expiresAt: Date): Promise<void> {
  await saveSignature(db, endedKey(id), expiresAt);
}

/**
 * Whether an upload was ended, as a condition of what is written.
 *
 * @param key what {@link endedKey} makes of its id.
 */
export function isUploadEnded(key: Given<string>): SQL {
  return sql`EXISTS (SELECT 1 FROM ${usedSignatures} WHERE ${usedSignatures.signature} = ${key})`;
}

/** The key that notes the end of an upload. No signature of a request looks like it. */
export function endedKey(id: string): string {
  return `upload ${id}`;
}

/** The statement that gives the place of an upload back. */
export function deleteOpenUpload(db: Database, id: Given<string>) {
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
