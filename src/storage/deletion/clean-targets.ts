/** What a deleted organization, trigger, user or account had. */
import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { deleteCleanup, deleteDeliveries, deleteSlice, SLICE_ROWS } from "./cleanups.ts";
import { GONE, GONE_USER, isNamed } from "./gone.ts";
import {
  accessKeys,
  cleanups,
  dailyOrganizationUsage,
  deliveries,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  sessions,
  shares,
  triggers,
  trustRules,
  users,
} from "../schema.ts";

/** The tables that have rows of an organization alone. */
const TABLES_OF_ORGANIZATION = [organizationPermissions, dailyOrganizationUsage] as const;

/**
 * Deletes a slice of what a deleted organization had, and the organization itself when no deleted image is left in it.
 *
 * @returns whether nothing more can be done now; the organization itself may still wait for its images.
 */
export async function cleanOrganization(db: Database, id: number): Promise<boolean> {
  const rowsOf = TABLES_OF_ORGANIZATION.map(
    (table) => sql`EXISTS (SELECT 1 FROM ${table} WHERE ${table.organizationId} = ${id})`,
  );
  const hasImages = sql`EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.organizationId} = ${id})`;
  const hasRows = sql`(${sql.join(rowsOf, sql` OR `)})`;
  const isMeant = eq(organizations.id, id);
  const [, , , , [left]] = await db.batch([
    deleteSlice(db, organizationPermissions, sql`${organizationPermissions.organizationId} = ${id}`),
    deleteSlice(db, dailyOrganizationUsage, sql`${dailyOrganizationUsage.organizationId} = ${id}`),
    db
      .delete(organizations)
      .where(and(isMeant, sql`${organizations.name} >= ${GONE}`, sql`NOT ${hasImages}`, sql`NOT ${hasRows}`)),
    db
      .delete(cleanups)
      .where(
        and(
          eq(cleanups.kind, "organization"),
          eq(cleanups.targetId, id),
          sql`NOT EXISTS (SELECT 1 FROM ${organizations} WHERE ${organizations.id} = ${id})`,
        ),
      ),
    db.select({ id: organizations.id }).from(organizations).where(and(isMeant, hasRows)),
  ]);
  return left === undefined;
}

/**
 * Deletes a slice of the deliveries of a deleted trigger, and the trigger itself with the last of them.
 *
 * @returns whether nothing is left.
 */
export async function cleanTrigger(db: Database, id: number): Promise<boolean> {
  const hasNone = sql`NOT EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.triggerId} = ${id})`;
  const result = await db.batch([
    ...deleteDeliveries(db, sql`${id}`),
    db.delete(triggers).where(and(eq(triggers.id, id), sql`${triggers.name} >= ${GONE}`, hasNone)),
    ...deleteCleanup(db, "trigger", id, sql`NOT EXISTS (SELECT 1 FROM ${triggers} WHERE ${triggers.id} = ${id})`),
  ]);
  return result[4].length === 0;
}

/** The tables that have rows of a user alone. */
const TABLES_OF_USER = [sessions, accessKeys, organizationPermissions, repositoryPermissions, trustRules] as const;

/**
 * Deletes a slice of what a deleted user had. The user's own row stays, without a name: images, tags and rules refer to it,
 * and no index finds all of them.
 *
 * @returns whether nothing is left.
 */
export async function cleanUser(db: Database, id: number): Promise<boolean> {
  const [first, ...others] = TABLES_OF_USER.map((table) => deleteSlice(db, table, sql`${table.userId} = ${id}`));
  const isDone = TABLES_OF_USER.map((table) => sql`NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table.userId} = ${id})`);
  if (!first) return true;
  await db.batch([first, ...others]);
  const [, left] = await db.batch(deleteCleanup(db, "user", id, sql.join(isDone, sql` AND `)));
  return left.length === 0;
}

/**
 * Deletes a slice of the users of a deleted account, and of what others share with it. Its own row stays as those do.
 *
 * @returns whether nothing is left.
 */
export async function cleanAccount(db: Database, id: number): Promise<boolean> {
  const isLeft = sql`${users.accountId} = ${id} AND ${isNamed(users.name)}`;
  const slice = sql`(SELECT ${users.id} FROM ${users} WHERE ${isLeft} ORDER BY ${users.name} LIMIT ${SLICE_ROWS})`;
  const result = await db.batch([
    db
      .insert(cleanups)
      .select(sql`SELECT NULL, 'user', ${users.id}, '' FROM ${users} WHERE ${users.id} IN ${slice}`)
      .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] }),
    db
      .update(users)
      .set(GONE_USER)
      .where(sql`${users.id} IN ${slice}`),
    deleteSlice(db, shares, sql`${shares.accountId} = ${id}`),
    ...deleteCleanup(
      db,
      "account",
      id,
      sql`NOT EXISTS (SELECT 1 FROM ${users} WHERE ${isLeft})
          AND NOT EXISTS (SELECT 1 FROM ${shares} WHERE ${shares.accountId} = ${id})`,
    ),
  ]);
  return result[4].length === 0;
}
