import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { RepositoryName, Tag } from "../model/reference.ts";
import type { Database } from "./database.ts";
import { repositoryIdOf, unknownRepository } from "./repositories.ts";
import { repositories, tagHistory, tags } from "./schema.ts";

/**
 * Tags after `last` in byte order, at most `limit`, in one query.
 *
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function listTags(db: Database, repository: RepositoryName, last: string, limit: number): Promise<Tag[]> {
  const rows = await listTagsQuery(db, repository, last, limit);
  if (rows.length === 0) throw unknownRepository(repository);
  return rows.flatMap((row) => row.name ?? []);
}

export function listTagsQuery(db: Database, repository: RepositoryName, last: string, limit: number) {
  return db
    .select({ name: tags.name })
    .from(repositories)
    .leftJoin(tags, and(eq(tags.repositoryId, repositories.id), gt(tags.name, last as Tag)))
    .where(eq(repositories.name, repository))
    .orderBy(asc(tags.name))
    .limit(limit);
}

/**
 * Deletes a tag and leaves its manifest.
 *
 * @returns whether there was one.
 */
export async function deleteTag(db: Database, repository: RepositoryName, tag: Tag, userId: number): Promise<boolean> {
  const isThisTag = and(eq(tags.repositoryId, repositoryIdOf(repository)), eq(tags.name, tag));
  const [, deleted] = await db.batch([
    db
      .insert(tagHistory)
      .select(
        sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, ${userId}, ${Date.now()} FROM ${tags} WHERE ${isThisTag}`,
      ),
    db.delete(tags).where(isThisTag).returning({ name: tags.name }),
  ]);
  return deleted.length > 0;
}
