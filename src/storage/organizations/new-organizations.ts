/** What a new organization depends on: its name must not rest, and its creator may have made so many. */
import { count, sql, type SQLWrapper } from "drizzle-orm";
import type { User } from "../../model/rights/access.ts";
import { ORGANIZATION_NAME_REST_MS } from "../../kernel/limits.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { Database } from "../database.ts";
import { auditEvents, organizations } from "../schema.ts";

/** How many organizations a user has created that still exist: what the quota counts (guide 1.5). */
export async function countCreatedOrganizations(db: Database, userId: number): Promise<number> {
  const [row] = await createdOrganizationsQuery(db, userId);
  return row?.count ?? 0;
}

/** @param userId a value, or a column of the statement that this is a part of. */
export function createdOrganizationsQuery(db: Database, userId: SQLWrapper | number) {
  return db
    .select({ count: count() })
    .from(organizations)
    .where(sql`${organizations.createdBy} = ${userId}`);
}

/** Whether an organization of that name was another account's until a moment ago. */
export async function isNameResting(db: Database, user: User, name: OrganizationName): Promise<boolean> {
  return (await restingNameQuery(db, user.accountId, name)).length > 0;
}

/**
 * A row if an account other than a user's gave up a name within {@link ORGANIZATION_NAME_REST_MS}. The pluses leave SQLite
 * only the index by organization, which has nothing of a new name.
 *
 * @param accountId the user's; a value, or a column of the statement that this is a part of. So may the name be.
 */
export function restingNameQuery(db: Database, accountId: SQLWrapper | number, name: SQLWrapper | OrganizationName) {
  return db
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(
      sql`${auditEvents.organization} = ${name} AND +${auditEvents.action} = 'organization.delete'
          AND +${auditEvents.accountId} <> ${accountId}
          AND +${auditEvents.createdAt} > ${Date.now() - ORGANIZATION_NAME_REST_MS}`,
    )
    .limit(1);
}
