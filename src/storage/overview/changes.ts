/** Whether something has changed of what a user sees: a few searches of indexes, whatever there is. */
import { type SQL, sql } from "drizzle-orm";
import { isAdministrator, type User } from "../../model/rights/access.ts";
import type { Database } from "../database.ts";
import { permissionsOf } from "../rights/access.ts";
import { accounts, deliveries, organizations, quotas, repositories, syncJobs, triggers } from "../schema.ts";

/** Numbers of which one changes when something does; a number says nothing else. Null: there is nothing. */
export interface ChangeMarks {
  /** When an image was pushed to, changed, or lost a tag. */
  updated: number | null;
  /** How many images and tags there are, since what is deleted leaves no time. */
  counted: number | null;
  organizations: number | null;
  /** The newest delivery and the newest job of synchronization. */
  delivery: number | null;
  job: number | null;
}

/**
 * For how many permissions of a member each is looked at. What changes elsewhere in the account counts as well for a member who
 * has more: their lists are then asked for once too often.
 */
const MAX_PERMISSIONS = 100;

/** The marks of all that a user may see of their account. */
export async function readChangeMarks(db: Database, user: User): Promise<ChangeMarks> {
  if (isAdministrator(user)) return marksOfAccount(db, user);
  const [row] = await db.all<ChangeMarks & { permissions: number }>(memberQuery(user));
  if (!row || row.permissions > MAX_PERMISSIONS) return marksOfAccount(db, user);
  const { permissions: _, ...marks } = row;
  return marks;
}

async function marksOfAccount(db: Database, user: User): Promise<ChangeMarks> {
  const [row] = await db.all<ChangeMarks>(accountQuery(user));
  if (!row) throw new Error("no row came back for the changes of an account");
  return row;
}

function accountQuery({ accountId }: User): SQL {
  return sql`
    SELECT
      (SELECT max(${repositories.updatedAt}) FROM ${repositories} WHERE ${repositories.accountId} = ${accountId}) AS updated,
      (SELECT sum(${quotas.used}) FROM ${quotas} WHERE ${isCounted("account")} AND ${quotas.holderId} = ${accountId}) AS counted,
      (SELECT ${accounts.organizationCount} FROM ${accounts} WHERE ${accounts.id} = ${accountId}) AS organizations,
      (SELECT max(${deliveries.id}) FROM ${deliveries} WHERE ${deliveries.accountId} = ${accountId}) AS delivery,
      (SELECT max(${syncJobs.id}) FROM ${syncJobs} WHERE ${syncJobs.accountId} = ${accountId}) AS job`;
}

function memberQuery(user: User): SQL {
  const { organizations: granted, images } = permissionsOf(user, "read");
  const some = MAX_PERMISSIONS + 1;
  return sql`
    WITH granted AS MATERIALIZED (${granted} LIMIT ${some}),
    seen AS MATERIALIZED (
      SELECT own.id, own.updated_at, own.tag_count FROM (${images} LIMIT ${some}) AS image
      CROSS JOIN ${repositories} AS own ON own.id = image.id WHERE own.account_id = ${user.accountId}),
    fired AS MATERIALIZED (
      SELECT own.id FROM seen CROSS JOIN ${triggers} AS own ON own.repository_id = seen.id LIMIT ${some})
    SELECT
      (SELECT count(*) FROM granted) + (SELECT count(*) FROM seen) AS permissions,
      ${greatest(sql`
        SELECT (SELECT max(own.updated_at) FROM ${repositories} AS own WHERE own.organization_id = granted.id) AS found FROM granted
        UNION ALL SELECT updated_at FROM seen`)} AS updated,
      ifnull((
        SELECT sum(${quotas.used}) FROM granted CROSS JOIN ${quotas}
        ON ${quotas.holderId} = granted.id AND ${isCounted("organization")}), 0)
        + (SELECT count(*) + ifnull(sum(tag_count), 0) FROM seen) AS counted,
      (SELECT count(*) FROM granted CROSS JOIN ${organizations} ON ${organizations.id} = granted.id) AS organizations,
      ${greatest(sql`
        SELECT (SELECT max(one.id) FROM ${deliveries} AS one WHERE one.organization_id = granted.id) AS found FROM granted
        UNION ALL
        SELECT (SELECT max(one.id) FROM ${deliveries} AS one WHERE one.trigger_id = fired.id) FROM fired`)} AS delivery,
      ${greatest(sql`
        SELECT (SELECT max(one.id) FROM ${syncJobs} AS one WHERE one.organization_id = granted.id) AS found FROM granted
        UNION ALL
        SELECT (SELECT max(one.id) FROM ${syncJobs} AS one WHERE one.repository_id = seen.id) FROM seen`)} AS job`;
}

/** The greatest of what a search finds for each organization or image. */
function greatest(each: SQL): SQL {
  return sql`(SELECT max(found) FROM (${each}))`;
}

function isCounted(holder: "account" | "organization"): SQL {
  return sql`${quotas.holder} = ${holder} AND ${quotas.resource} IN ('images', 'tags')`;
}
