import { and, asc, eq, gt, not, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import { organizationOf, type RepositoryName, type Tag } from "../model/reference.ts";
import { insertAuditIfChanged } from "./audit.ts";
import type { Database } from "./database.ts";
import { immutableTag, isImmutable } from "./immutable-tags.ts";
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
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps it.
 */
export async function deleteTag(db: Database, actor: Actor, repository: RepositoryName, tag: Tag): Promise<boolean> {
  const now = Date.now();
  const isThisTag = and(eq(tags.repositoryId, repositoryIdOf(repository)), eq(tags.name, tag));
  const isDeletable = and(isThisTag, not(isImmutable));
  const [, deleted] = await db.batch([
    db
      .insert(tagHistory)
      .select(
        sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, ${actor.user.id}, ${now} FROM ${tags} WHERE ${isDeletable}`,
      ),
    db.delete(tags).where(isDeletable).returning({ name: tags.name }),
    insertAuditIfChanged(db, actor, {
      action: "tag.delete",
      organization: organizationOf(repository),
      resource: `${repository}:${tag}`,
    }),
    db
      .update(repositories)
      .set({ updatedAt: new Date(now) })
      .where(and(eq(repositories.name, repository), sql`changes() > 0`)),
  ]);
  if (deleted.length > 0) return true;
  const [kept] = await db.select({ name: tags.name }).from(tags).where(isThisTag);
  if (kept) throw immutableTag([kept.name]);
  return false;
}
