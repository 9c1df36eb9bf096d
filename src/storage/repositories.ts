import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import { insertAuditIfChanged } from "./audit.ts";
import type { Database } from "./database.ts";
import { insertOrganization } from "./organizations.ts";
import { organizations, repositories } from "./schema.ts";

export function unknownRepository(repository: RepositoryName): RegistryError {
  return new RegistryError("NAME_UNKNOWN", {
    message: `repository ${repository} does not exist`,
    detail: { name: repository },
  });
}

/** The id of a repository as part of a statement; null when there is none. */
export function repositoryIdOf(name: RepositoryName) {
  return sql<number>`(SELECT ${repositories.id} FROM ${repositories} WHERE ${repositories.name} = ${name})`;
}

export async function findRepositoryId(db: Database, name: RepositoryName): Promise<number | undefined> {
  const [row] = await db.select({ id: repositories.id }).from(repositories).where(eq(repositories.name, name));
  return row?.id;
}

/**
 * Creates a repository and its organization, as far as they do not exist. Two callers at once make one.
 *
 * @param organizationQuota how many organizations the user may have created; 0 when none is to be created here.
 * @returns undefined when there is no such organization in the user's account and none could be created.
 */
export async function createRepository(
  db: Database,
  actor: Actor,
  name: RepositoryName,
  organizationQuota: number,
): Promise<number | undefined> {
  const organization = organizationOf(name);
  const results = await db.batch([
    ...insertOrganization(db, actor, organization, organizationQuota),
    insertRepository(db, actor, name),
    insertAuditIfChanged(db, actor, { action: "image.create", organization, resource: name }),
    db
      .select({ id: repositories.id })
      .from(repositories)
      .where(and(eq(repositories.name, name), eq(repositories.accountId, actor.user.accountId))),
  ]);
  return results[5][0]?.id;
}

/** The statement that creates a repository in an organization of the actor's account, unless it exists. */
export function insertRepository(
  db: Database,
  { user }: Actor,
  name: RepositoryName,
  properties: { isPublic?: boolean; category?: string; description?: string } = {},
) {
  const { isPublic = false, category = "other", description = "" } = properties;
  const now = Date.now();
  return db
    .insert(repositories)
    .select(
      sql`SELECT NULL, ${organizations.id}, ${organizations.accountId}, ${name}, ${isPublic ? 1 : 0}, ${category},
                 ${description}, ${user.id}, ${now}, ${now}, 0, 0, 0
          FROM ${organizations}
          WHERE ${organizations.name} = ${organizationOf(name)} AND ${organizations.accountId} = ${user.accountId}`,
    )
    .onConflictDoNothing({ target: repositories.name })
    .returning({ id: repositories.id });
}

/** Names after `last` in byte order, at most `limit`, of the repositories that meet a condition. */
export async function listRepositoryNames(
  db: Database,
  condition: SQL | undefined,
  last: string,
  limit: number,
): Promise<RepositoryName[]> {
  const rows = await db
    .select({ name: repositories.name })
    .from(repositories)
    .where(and(gt(repositories.name, last as RepositoryName), condition))
    .orderBy(asc(repositories.name))
    .limit(limit);
  return rows.map((row) => row.name);
}
