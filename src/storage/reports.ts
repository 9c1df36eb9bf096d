/** Numbers over all of an account's images, or those of them that a user has a right to. */
import { and, count, eq, gte, lte, sql, sum } from "drizzle-orm";
import { isAdministrator, type User } from "../model/access.ts";
import type { Day, DayValue } from "../model/day.ts";
import { isOwn } from "./access.ts";
import type { Database } from "./database.ts";
import { accounts, dailyPulls, dailyStorage, organizationPermissions, organizations, repositories } from "./schema.ts";

/** How many organizations a user has a right to. */
export async function countOrganizations(db: Database, user: User): Promise<number> {
  const [row] = isAdministrator(user)
    ? await db.select({ count: count() }).from(organizations).where(eq(organizations.accountId, user.accountId))
    : await db
        .select({ count: count() })
        .from(organizationPermissions)
        .innerJoin(organizations, eq(organizations.id, organizationPermissions.organizationId))
        .where(and(eq(organizationPermissions.userId, user.id), eq(organizations.accountId, user.accountId)));
  return row?.count ?? 0;
}

export interface RepositoryTotals {
  repositories: number;
  tags: number;
  /** Bytes, each image with all of its layers. */
  storedBytes: number;
}

/** The sizes of all images that a user has a right to. */
export async function totalRepositories(db: Database, user: User): Promise<RepositoryTotals> {
  const [row] = await db
    .select({
      repositories: count(),
      tags: sum(repositories.tagCount).mapWith(Number),
      storedBytes: sum(repositories.storedBytes).mapWith(Number),
    })
    .from(repositories)
    .where(isOwn(db, user));
  return { repositories: row?.repositories ?? 0, tags: row?.tags ?? 0, storedBytes: row?.storedBytes ?? 0 };
}

/** Bytes pulled from an account's images, those that a user has a right to, on each day from `since` that has any. */
export async function listPulledBytes(db: Database, user: User, since: Day): Promise<DayValue[]> {
  return listPulledBytesQuery(db, user, since);
}

export function listPulledBytesQuery(db: Database, user: User, since: Day) {
  // An administrator's also hold what was pulled from images that are gone.
  const isVisible = isAdministrator(user)
    ? undefined
    : sql`${dailyPulls.repositoryId} IN ${db.select({ id: repositories.id }).from(repositories).where(isOwn(db, user))}`;
  return db
    .select({ day: dailyPulls.day, value: sum(dailyPulls.bytes).mapWith(Number) })
    .from(dailyPulls)
    .where(and(eq(dailyPulls.accountId, user.accountId), gte(dailyPulls.day, since), isVisible))
    .groupBy(dailyPulls.day);
}

/** What an account stored at the ends of the days from `since`, and of the last one before that is known. */
export async function listStoredBytes(db: Database, accountId: number, since: Day): Promise<DayValue[]> {
  return listStoredBytesQuery(db, accountId, since);
}

export function listStoredBytesQuery(db: Database, accountId: number, since: Day) {
  const before = db
    .select({ day: sql`max(${dailyStorage.day})` })
    .from(dailyStorage)
    .where(and(eq(dailyStorage.accountId, accountId), lte(dailyStorage.day, since)));
  return db
    .select({ day: dailyStorage.day, value: dailyStorage.bytes })
    .from(dailyStorage)
    .where(and(eq(dailyStorage.accountId, accountId), gte(dailyStorage.day, sql`ifnull(${before}, ${since})`)));
}

/** Notes what every account stores now as a day's number, in place of one noted on that day before. */
export async function saveStoredBytes(db: Database, day: Day): Promise<void> {
  await db
    .insert(dailyStorage)
    .select(
      sql`SELECT ${accounts.id}, ${day}, ifnull(sum(${repositories.storedBytes}), 0)
          FROM ${accounts} LEFT JOIN ${repositories} ON ${repositories.accountId} = ${accounts.id}
          WHERE true GROUP BY ${accounts.id}`,
    )
    .onConflictDoUpdate({
      target: [dailyStorage.accountId, dailyStorage.day],
      set: { bytes: sql`excluded.bytes` },
    });
}
