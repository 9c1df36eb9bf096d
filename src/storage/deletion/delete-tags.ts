import { and, eq, inArray, not, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { insertAuditForEach } from "../audit/audit.ts";
import { type Unsettled, unsettledQuery } from "../content/companions.ts";
import type { Database } from "../database.ts";
import { immutableTag, isKept } from "../immutable-rules/immutable-rules.ts";
import { failedPrecondition, holdsFor } from "../content/preconditions.ts";
import { repositoryIdOf } from "../images/repositories.ts";
import { repositories, tagHistory, tags } from "../schema.ts";

/** What came of the wish to delete a tag. */
export type TagDeletion = "deleted" | "immutable" | "unknown";

/**
 * Deletes tags and leaves their manifests, in one batch: those that no rule keeps.
 *
 * @returns what came of each, and the manifests whose companions are to be settled.
 */
export async function deleteTags(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  names: readonly Tag[],
): Promise<{ results: Map<Tag, TagDeletion>; unsettled: Unsettled[] }> {
  const { deleted, kept, unsettled } = await deleteNamed(db, actor, repository, names);
  const results = new Map<Tag, TagDeletion>(names.map((name) => [name, "unknown"]));
  for (const { name } of kept) results.set(name, "immutable");
  for (const { name } of deleted) results.set(name, "deleted");
  return { results, unsettled };
}

/**
 * The same for one.
 *
 * @param precondition must hold for it.
 * @returns whether there was one, and the manifests whose companions are to be settled.
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps it, PRECONDITION_FAILED.
 */
export async function deleteTag(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  tag: Tag,
  precondition?: Precondition,
): Promise<{ isDeleted: boolean; unsettled: Unsettled[] }> {
  const condition = precondition && holdsFor(precondition, repositoryIdOf(repository), tag);
  const { deleted, kept, unsettled } = await deleteNamed(db, actor, repository, [tag], condition);
  if (kept[0]) throw kept[0].isFixed ? immutableTag([tag]) : failedPrecondition(tag);
  return { isDeleted: deleted.length > 0, unsettled };
}

async function deleteNamed(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  names: readonly Tag[],
  condition?: SQL,
) {
  const now = Date.now();
  const isNamed = and(
    eq(tags.repositoryId, repositoryIdOf(repository)),
    inArray(tags.name, sql`(SELECT value FROM json_each(${JSON.stringify(names)}))`),
  );
  const isDeletable = and(isNamed, not(isKept), condition);
  const entry = { action: "tag.delete", organization: organizationOf(repository), resource: repository } as const;
  const rows = { from: sql`${tags} WHERE ${isDeletable}`, resource: sql`${`${repository}:`} || ${tags.name}` };
  const [, , deleted, , kept, unsettled] = await db.batch([
    db
      .insert(tagHistory)
      .select(
        sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, ${actor.user.id}, ${now} FROM ${tags} WHERE ${isDeletable}`,
      ),
    insertAuditForEach(db, actor, entry, rows),
    db.delete(tags).where(isDeletable).returning({ name: tags.name }),
    db
      .update(repositories)
      .set({ updatedAt: new Date(now) })
      .where(and(eq(repositories.name, repository), sql`changes() > 0`)),
    db
      .select({ name: tags.name, isFixed: sql<number>`${isKept}`.as("is_fixed") })
      .from(tags)
      .where(isNamed),
    unsettledQuery(db, repositoryIdOf(repository)),
  ]);
  return { deleted, kept, unsettled };
}
