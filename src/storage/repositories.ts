import { asc, eq, gt, sql } from "drizzle-orm";
import { RegistryError } from "../model/errors.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import type { Database } from "./database.ts";
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

/** Creates a repository and its organization, as far as they do not exist. Two callers at once make one. */
export async function createRepository(db: Database, name: RepositoryName, userId: number): Promise<number> {
  const now = new Date();
  const organization = organizationOf(name);
  const [, created] = await db.batch([
    db.insert(organizations).values({ name: organization, createdBy: userId, createdAt: now }).onConflictDoNothing(),
    db
      .insert(repositories)
      .values({
        organizationId: sql`(SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} = ${organization})`,
        name,
        createdAt: now,
      })
      .onConflictDoUpdate({ target: repositories.name, set: { name } })
      .returning({ id: repositories.id }),
  ]);
  const [row] = created;
  if (!row) throw new Error(`no row came back for repository ${name}`);
  return row.id;
}

/** Names after `last` in byte order, at most `limit`. */
export async function listRepositories(db: Database, last: string, limit: number): Promise<RepositoryName[]> {
  const rows = await db
    .select({ name: repositories.name })
    .from(repositories)
    .where(gt(repositories.name, last as RepositoryName))
    .orderBy(asc(repositories.name))
    .limit(limit);
  return rows.map((row) => row.name);
}
