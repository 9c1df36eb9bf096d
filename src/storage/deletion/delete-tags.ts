import { and, eq, inArray, not, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { insertAuditForEach } from "../audit/audit.ts";
import { type Unsettled, unsettledQuery } from "../content/settling.ts";
import type { Database } from "../database.ts";
import { isKept } from "../immutable-rules/kept-tags.ts";
import { holdsFor } from "../content/preconditions.ts";
import { repositoryIdOf } from "../images/repositories.ts";
import { repositories, tagHistory, tags } from "../schema.ts";
import { insertSyncDeletions } from "../sync/sync-jobs.ts";

/** What came of deleting a tag. */
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
 */
export async function deleteTag(
  db: Database,
  actor: Actor,
  repository: RepositoryName,
  tag: Tag,
  precondition?: Precondition,
): Promise<{ outcome: TagDeletion | "precondition-failed"; unsettled: Unsettled[] }> {
  const condition = precondition && holdsFor(precondition, repositoryIdOf(repository), tag);
  const { deleted, kept, unsettled } = await deleteNamed(db, actor, repository, [tag], condition);
  if (kept[0]) return { outcome: kept[0].isFixed ? "immutable" : "precondition-failed", unsettled };
  return { outcome: deleted.length > 0 ? "deleted" : "unknown", unsettled };
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
  const isDeletable = and(isNamed, not(isKept(tags)), condition);
  const entry = { action: "tag.delete", organization: organizationOf(repository), resource: repository } as const;
  const rows = { from: sql`${tags} WHERE ${isDeletable}`, resource: sql`${`${repository}:`} || ${tags.name}` };
  const by = { userId: actor.user.id, userName: actor.user.name };
  const [, , , deleted, , kept, unsettled] = await db.batch([
    insertSyncDeletions(db, repositoryIdOf(repository), isDeletable, by),
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
      .select({ name: tags.name, isFixed: sql<number>`${isKept(tags)}`.as("is_fixed") })
      .from(tags)
      .where(isNamed),
    unsettledQuery(db, repositoryIdOf(repository)),
  ]);
  return { deleted, kept, unsettled };
}
