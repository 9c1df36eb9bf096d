/** Numbers over all of an account's images, or those of them that a user has a right to. */
import { and, asc, count, eq, gt, gte, lte, sql } from "drizzle-orm";
import { isAdministrator, type User } from "../../model/rights/access.ts";
import { type Day, daysUntil, type DayValue } from "../../kernel/day.ts";
import type { Database } from "../database.ts";
import { isNamed } from "../deletion/gone.ts";
import {
  accounts,
  dailyOrganizationPulls,
  dailyPulls,
  dailyStorage,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
} from "../schema.ts";
import { storedBytesOf } from "../quotas/totals.ts";

/** Stands for all organizations of an account in `daily_organization_pulls`. */
const WHOLE_ACCOUNT = 0;

/** How many organizations a user has a right to. */
export async function countOrganizations(db: Database, user: User): Promise<number> {
  const [row] = isAdministrator(user)
    ? await db.select({ count: accounts.organizationCount }).from(accounts).where(eq(accounts.id, user.accountId))
    : await db
        .select({ count: count() })
        .from(organizationPermissions)
        .innerJoin(organizations, eq(organizations.id, organizationPermissions.organizationId))
        .where(
          and(
            eq(organizationPermissions.userId, user.id),
            eq(organizations.accountId, user.accountId),
            isNamed(organizations.name),
          ),
        );
  return row?.count ?? 0;
}

/**
 * Bytes that were pulled on each day from `since` on, from the images of the user's account that the user may see. Days without
 * pulls are left out. Pulls of deleted images count where the user has a right to the whole organization.
 */
export async function listPulledBytes(db: Database, user: User, since: Day): Promise<DayValue[]> {
  return listPulledBytesQuery(db, user, since);
}

function listPulledBytesQuery(db: Database, user: User, since: Day) {
  // An administrator's also hold what was pulled from images that are gone.
  if (isAdministrator(user)) {
    return db
      .select({ day: dailyOrganizationPulls.day, value: dailyOrganizationPulls.bytes })
      .from(dailyOrganizationPulls)
      .where(
        and(
          eq(dailyOrganizationPulls.accountId, user.accountId),
          eq(dailyOrganizationPulls.organizationId, WHOLE_ACCOUNT),
          gte(dailyOrganizationPulls.day, since),
        ),
      );
  }
  const ofOrganizations = sql`
    SELECT ${dailyOrganizationPulls.day} AS day, ${dailyOrganizationPulls.bytes} AS bytes
    FROM ${organizationPermissions} CROSS JOIN ${dailyOrganizationPulls}
      ON ${dailyOrganizationPulls.organizationId} = ${organizationPermissions.organizationId}
    WHERE ${organizationPermissions.userId} = ${user.id} AND ${dailyOrganizationPulls.accountId} = ${user.accountId}
      AND ${dailyOrganizationPulls.day} >= ${since}`;
  // The days are given, because the index has them before the images.
  const ofImages = sql`
    SELECT day.value AS day, ${dailyPulls.bytes} AS bytes
    FROM ${repositoryPermissions} CROSS JOIN ${repositories} ON ${repositories.id} = ${repositoryPermissions.repositoryId}
    CROSS JOIN json_each(${JSON.stringify(daysUntil(new Date(), since))}) AS day
    CROSS JOIN ${dailyPulls} ON ${dailyPulls.accountId} = ${user.accountId} AND ${dailyPulls.day} = day.value
      AND ${dailyPulls.repositoryId} = ${repositories.id}
    WHERE ${repositoryPermissions.userId} = ${user.id} AND NOT EXISTS (
      SELECT 1 FROM ${organizationPermissions}
      WHERE ${organizationPermissions.organizationId} = ${repositories.organizationId}
        AND ${organizationPermissions.userId} = ${user.id})`;
  return db
    .select({ day: sql<Day>`day`, value: sql<number>`sum(bytes)` })
    .from(sql`(${ofOrganizations} UNION ALL ${ofImages})`)
    .groupBy(sql`day`);
}

/** What an account stored at the ends of the days from `since`, and of the last one before that is known. */
export async function listStoredBytes(db: Database, accountId: number, since: Day): Promise<DayValue[]> {
  return listStoredBytesQuery(db, accountId, since);
}

function listStoredBytesQuery(db: Database, accountId: number, since: Day) {
  const before = db
    .select({ day: sql`max(${dailyStorage.day})` })
    .from(dailyStorage)
    .where(and(eq(dailyStorage.accountId, accountId), lte(dailyStorage.day, since)));
  return db
    .select({ day: dailyStorage.day, value: dailyStorage.bytes })
    .from(dailyStorage)
    .where(and(eq(dailyStorage.accountId, accountId), gte(dailyStorage.day, sql`ifnull(${before}, ${since})`)));
}

/**
 * Notes what a slice of the accounts stores now as a day's number, in place of another one noted on that day before.
 *
 * @param after the id to go on behind.
 * @returns the last id of the slice; undefined when there are no more.
 */
export async function saveStoredBytes(
  db: Database,
  day: Day,
  after: number,
  limit: number,
): Promise<number | undefined> {
  const slice = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(gt(accounts.id, after))
    .orderBy(asc(accounts.id))
    .limit(1)
    .offset(limit - 1);
  const last = slice[0]?.id;
  // Deleted accounts stay, but store nothing any more.
  const isMeant = sql`${accounts.id} > ${after} AND ${accounts.id} <= ${last ?? Number.MAX_SAFE_INTEGER}
    AND ${isNamed(accounts.name)}`;
  await db
    .insert(dailyStorage)
    .select(sql`SELECT ${accounts.id}, ${day}, ${storedBytesOf(sql`${accounts.id}`)} FROM ${accounts} WHERE ${isMeant}`)
    .onConflictDoUpdate({
      target: [dailyStorage.accountId, dailyStorage.day],
      set: { bytes: sql`excluded.bytes` },
      setWhere: sql`${dailyStorage.bytes} <> excluded.bytes`,
    });
  return last;
}
