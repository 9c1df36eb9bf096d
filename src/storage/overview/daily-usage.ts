/**
 * What images and organizations had at the end of each day. Triggers write it down when it is about to change (migration 0015,
 * ADR 0040); what was pulled is counted by the day anyway.
 */
import { and, asc, eq, gte, sql } from "drizzle-orm";
import type { Day, DayEnd } from "../../kernel/day.ts";
import type { Database } from "../database.ts";
import { organizationTotalsQuery, sumOf } from "../quotas/totals.ts";
import {
  dailyImageUsage,
  dailyOrganizationPulls,
  dailyOrganizationUsage,
  dailyPulls,
  organizations,
  repositories,
} from "../schema.ts";

/** Null: nobody has written down what it was. */
export interface Stored {
  storedBytes: number | null;
  /** Without companions. */
  tags: number | null;
}

export interface DayPulls {
  day: Day;
  pulls: number;
  bytes: number;
}

/** What is known of the usage of an image or organization. */
export interface KnownUsage<Pulls> {
  createdAt: Date;
  present: Stored;
  /** Days after which it changed, the oldest first: the value of each is at its end. */
  known: DayEnd<Stored>[];
  /** The days on which something was pulled. */
  pulls: Pulls[];
}

/**
 * Reads the usage of an image on some days, of one moment.
 *
 * @param days oldest first, up to the running one.
 * @returns undefined if there is no such image.
 */
export async function readImageUsage(
  db: Database,
  { id, accountId }: { id: number; accountId: number },
  days: readonly Day[],
): Promise<KnownUsage<DayPulls> | undefined> {
  const [[image], rows, pulls] = await db.batch([
    db
      .select({ createdAt: repositories.createdAt, storedBytes: repositories.storedBytes, tags: repositories.tagCount })
      .from(repositories)
      .where(eq(repositories.id, id)),
    db
      .select({ day: dailyImageUsage.day, storedBytes: dailyImageUsage.storedBytes, tags: dailyImageUsage.tags })
      .from(dailyImageUsage)
      .where(and(eq(dailyImageUsage.repositoryId, id), gte(dailyImageUsage.day, firstOf(days))))
      .orderBy(asc(dailyImageUsage.day)),
    // The days are given, because the index has them before the images.
    db
      .select({ day: dailyPulls.day, pulls: dailyPulls.pulls, bytes: dailyPulls.bytes })
      .from(dailyPulls)
      .where(
        and(
          eq(dailyPulls.accountId, accountId),
          sql`${dailyPulls.day} IN (SELECT value FROM json_each(${JSON.stringify(days)}))`,
          eq(dailyPulls.repositoryId, id),
        ),
      ),
  ]);
  if (!image) return undefined;
  const { createdAt, ...present } = image;
  return { createdAt, present, known: rows.map(asDayEnd), pulls };
}

/** The same of an organization, whose pulls are not counted, but their bytes are. */
export async function readOrganizationUsage(
  db: Database,
  { id, accountId }: { id: number; accountId: number },
  days: readonly Day[],
): Promise<KnownUsage<Omit<DayPulls, "pulls">> | undefined> {
  const [[organization], totals, rows, pulls] = await db.batch([
    db.select({ createdAt: organizations.createdAt }).from(organizations).where(eq(organizations.id, id)),
    organizationTotalsQuery(db, sql`${id}`),
    db
      .select({
        day: dailyOrganizationUsage.day,
        storedBytes: dailyOrganizationUsage.storedBytes,
        tags: dailyOrganizationUsage.tags,
      })
      .from(dailyOrganizationUsage)
      .where(and(eq(dailyOrganizationUsage.organizationId, id), gte(dailyOrganizationUsage.day, firstOf(days))))
      .orderBy(asc(dailyOrganizationUsage.day)),
    db
      .select({ day: dailyOrganizationPulls.day, bytes: dailyOrganizationPulls.bytes })
      .from(dailyOrganizationPulls)
      .where(
        and(
          eq(dailyOrganizationPulls.accountId, accountId),
          eq(dailyOrganizationPulls.organizationId, id),
          gte(dailyOrganizationPulls.day, firstOf(days)),
        ),
      ),
  ]);
  if (!organization) return undefined;
  const { storedBytes, tags } = sumOf(totals);
  return { createdAt: organization.createdAt, present: { storedBytes, tags }, known: rows.map(asDayEnd), pulls };
}

function asDayEnd({ day, ...value }: Stored & { day: Day }): DayEnd<Stored> {
  return { day, value };
}

function firstOf(days: readonly Day[]): Day {
  return days[0] ?? "";
}

/**
 * Deletes what images and organizations had before a day: of each a slice.
 *
 * @returns how many rows went of that of which more went.
 */
export async function deleteUsageBefore(db: Database, day: Day, limit: number): Promise<number> {
  const [images, ofOrganizations] = await db.batch([
    deleteBefore(db, dailyImageUsage, day, limit),
    deleteBefore(db, dailyOrganizationUsage, day, limit),
  ]);
  return Math.max(images.meta.changes, ofOrganizations.meta.changes);
}

function deleteBefore(
  db: Database,
  table: typeof dailyImageUsage | typeof dailyOrganizationUsage,
  day: Day,
  limit: number,
) {
  return db.delete(table).where(
    sql`${table}.rowid IN (
        SELECT ${table}.rowid FROM ${table} WHERE ${table.day} < ${day} ORDER BY ${table.day} LIMIT ${limit})`,
  );
}
