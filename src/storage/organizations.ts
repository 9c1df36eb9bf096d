import { count, eq, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import type { OrganizationName } from "../model/reference.ts";
import { insertAuditIfChanged } from "./audit.ts";
import type { Database } from "./database.ts";
import { organizationPermissions, organizations } from "./schema.ts";

/** How many organizations a user has created that still exist: what the quota counts (guide 1.5). */
export async function countCreatedOrganizations(db: Database, userId: number): Promise<number> {
  const [row] = await db.select({ count: count() }).from(organizations).where(eq(organizations.createdBy, userId));
  return row?.count ?? 0;
}

/**
 * The statements that create an organization unless it exists or its creator has reached the quota, for the beginning of
 * a batch: the creator manages it, and the audit tells. The first one returns a row when it was created.
 */
export function insertOrganization(db: Database, actor: Actor, name: OrganizationName, quota: number) {
  const { user } = actor;
  const now = Date.now();
  return [
    db
      .insert(organizations)
      .select(
        sql`SELECT NULL, ${user.accountId}, ${name}, ${user.id}, ${now}
            WHERE (SELECT count(*) FROM ${organizations} WHERE ${organizations.createdBy} = ${user.id}) < ${quota}`,
      )
      .onConflictDoNothing({ target: organizations.name })
      .returning({ id: organizations.id }),
    insertAuditIfChanged(db, actor, { action: "organization.create", organization: name, resource: name }),
    db.insert(organizationPermissions).select(
      sql`SELECT ${organizations.id}, ${user.id}, 'manage', ${now} FROM ${organizations}
          WHERE ${organizations.name} = ${name} AND changes() > 0`,
    ),
  ] as const;
}
