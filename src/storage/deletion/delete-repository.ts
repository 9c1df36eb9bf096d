import { and, eq, sql } from "drizzle-orm";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { type Database, MAX_WRITE_DELAY_MS } from "../database.ts";
import { insertCleanup } from "./cleanups.ts";
import { GONE, GONE_ACCOUNT, goneName, isThere } from "./gone.ts";
import { findKeptTags, hasRulesAsRead, isImmutable, readRules, speakOfDigests } from "../immutable-rules/kept-tags.ts";
import {
  agingRules,
  cleanups,
  immutableTagRules,
  organizations,
  repositories,
  shares,
  syncRules,
  tags,
  triggers,
} from "../schema.ts";

/** What came of deleting a repository. */
export type RepositoryDeletion =
  | { outcome: "deleted" }
  | { outcome: "unknown" }
  /** A rule keeps these of its tags; none, when the rule is gone by now. */
  | { outcome: "tags-immutable"; tags: Tag[] };

/**
 * Deletes a repository: for everybody at once, with all that it has. Its blobs count as used until they are taken from it,
 * so that somebody who is about to name them again elsewhere has the grace period for it.
 */
export async function deleteRepository(
  db: Database,
  actor: Actor,
  { id, name }: { id: number; name: RepositoryName },
): Promise<RepositoryDeletion> {
  const lookedAt = Date.now();
  const rules = await readRules(db, id);
  if (rules !== "[]") {
    const kept = await findKeptTags(db, id, isImmutable);
    if (kept.length > 0) return { outcome: "tags-immutable", tags: kept };
  }
  const isDeleted = sql`EXISTS (
    SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${id} AND ${repositories.accountId} = ${GONE_ACCOUNT})`;
  const [hidden] = await db.batch([
    hide(db, id, rules, lookedAt - MAX_WRITE_DELAY_MS),
    insertAuditIfChanged(db, actor, { action: "image.delete", organization: organizationOf(name), resource: name }),
    insertCleanup(db, "image", sql`${id}`),
    // What others would still see, each at most a hundred.
    db.delete(shares).where(and(eq(shares.repositoryId, id), isDeleted)),
    db.delete(agingRules).where(and(eq(agingRules.repositoryId, id), isDeleted)),
    db.delete(immutableTagRules).where(and(eq(immutableTagRules.repositoryId, id), isDeleted)),
    // They keep a remote registry.
    db.delete(syncRules).where(and(eq(syncRules.repositoryId, id), isDeleted)),
    db
      .update(triggers)
      .set({ isEnabled: false, clusterId: null })
      .where(and(eq(triggers.repositoryId, id), isDeleted)),
  ]);
  if (hidden.length > 0) return { outcome: "deleted" };
  const [left] = await db
    .select({ id: repositories.id })
    .from(repositories)
    .where(and(eq(repositories.id, id), isThere(repositories)));
  if (!left) return { outcome: "unknown" };
  // A rule or a tag came in this moment.
  return { outcome: "tags-immutable", tags: await findKeptTags(db, id, isImmutable) };
}

/**
 * For the batch that deletes an organization: the statements that hide what pushes have begun there, at most
 * {@link MAX_BEGUN_IMAGES}. A batch cannot know the id of the organization that it deleted.
 */
export function deleteBegunOfGone(db: Database) {
  const isBegun = sql`${repositories.isImage} = 0 AND ${repositories.organizationId} IN (
    SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} >= ${GONE})`;
  return [
    db
      .update(repositories)
      .set({ name: goneName(repositories.id), accountId: GONE_ACCOUNT, createdBy: null })
      .where(and(isBegun, isThere(repositories))),
    db
      .insert(cleanups)
      .select(sql`SELECT NULL, 'image', ${repositories.id}, '' FROM ${repositories} WHERE ${isBegun}`)
      .onConflictDoNothing({ target: [cleanups.kind, cleanups.targetId] }),
  ] as const;
}

/**
 * Hides a repository, unless its rules have changed, or keep a tag that came after a time: tags that were there before have
 * been looked at.
 *
 * @param rules as {@link readRules} has read them.
 */
function hide(db: Database, id: number, rules: string, since: number) {
  // Companions are in no index by time. They are kept by a pattern that is their name, or one that speaks of digests.
  const mayBeKept = [
    sql`${tags.companionOf} IS NULL`,
    speakOfDigests(rules)
      ? sql`${tags.companionOf} IS NOT NULL`
      : sql`${tags.name} IN (SELECT value FROM json_each(${rules}))`,
  ];
  const keepsNone = mayBeKept.map(
    (isMeant) => sql`NOT EXISTS (
      SELECT 1 FROM ${tags}
      WHERE ${tags.repositoryId} = ${id} AND ${isMeant} AND ${tags.updatedAt} >= ${since} AND ${isImmutable(tags)})`,
  );
  return db
    .update(repositories)
    .set({ name: goneName(repositories.id), accountId: GONE_ACCOUNT, isPublic: false, createdBy: null })
    .where(
      and(
        eq(repositories.id, id),
        isThere(repositories),
        hasRulesAsRead(id, rules),
        ...(rules === "[]" ? [] : keepsNone),
      ),
    )
    .returning({ id: repositories.id });
}
