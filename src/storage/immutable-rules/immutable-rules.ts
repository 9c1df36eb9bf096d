/** The immutable-tag rules of images. Which tags they keep: `kept-tags.ts`. */
import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import { MAX_TAG_PATTERNS } from "../../kernel/field-limits.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { TagPattern } from "../../model/tag-pattern.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { immutableTagRules, repositories, users } from "../schema.ts";

export interface ImmutableTagRule {
  id: number;
  pattern: string;
  /** Null when the user is gone. */
  createdBy: string | null;
  createdAt: Date;
}

/** All rules of a repository, by pattern. */
export function listImmutableTagRules(db: Database, repositoryId: number): Promise<ImmutableTagRule[]> {
  return selectRules(db, eq(immutableTagRules.repositoryId, repositoryId));
}

function selectRules(db: Database, condition: SQL | undefined) {
  return db
    .select({
      id: immutableTagRules.id,
      pattern: immutableTagRules.pattern,
      createdBy: users.name,
      createdAt: immutableTagRules.createdAt,
    })
    .from(immutableTagRules)
    .leftJoin(users, isNamedUser(immutableTagRules.createdBy))
    .where(condition)
    .orderBy(asc(immutableTagRules.pattern));
}

/** @returns undefined when the repository has that rule already, as many as it may have, or is gone. */
export async function insertImmutableTagRule(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  pattern: TagPattern,
): Promise<ImmutableTagRule | undefined> {
  const createdAt = new Date();
  const [created] = await db.batch([
    db
      .insert(immutableTagRules)
      .select(
        sql`SELECT NULL, ${repository.id}, ${pattern}, ${actor.user.id}, ${createdAt.getTime()}
            WHERE EXISTS (SELECT 1 FROM ${repositories}
                          WHERE ${repositories.id} = ${repository.id})
              AND (SELECT count(*) FROM ${immutableTagRules}
                   WHERE ${immutableTagRules.repositoryId} = ${repository.id}) < ${MAX_TAG_PATTERNS}`,
      )
      .onConflictDoNothing({ target: [immutableTagRules.repositoryId, immutableTagRules.pattern] })
      .returning({ id: immutableTagRules.id }),
    insertAuditIfChanged(db, actor, auditOf("immutable-rule.create", repository.name, { pattern })),
  ]);
  return created[0] && { id: created[0].id, pattern, createdBy: actor.user.name, createdAt };
}

/** @returns whether the repository had that rule. */
export async function deleteImmutableTagRule(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  id: number,
): Promise<boolean> {
  const isThisRule = and(eq(immutableTagRules.id, id), eq(immutableTagRules.repositoryId, repository.id));
  const [rule] = await selectRules(db, isThisRule);
  if (!rule) return false;
  const [deleted] = await db.batch([
    // The pattern is compared again, because another rule may have got the id since.
    db
      .delete(immutableTagRules)
      .where(and(isThisRule, eq(immutableTagRules.pattern, rule.pattern)))
      .returning({ id: immutableTagRules.id }),
    insertAuditIfChanged(db, actor, auditOf("immutable-rule.delete", repository.name, { pattern: rule.pattern })),
  ]);
  return deleted.length > 0;
}

function auditOf(
  action: "immutable-rule.create" | "immutable-rule.delete",
  repository: RepositoryName,
  detail: { pattern: string },
) {
  return { action, organization: organizationOf(repository), resource: repository, detail };
}
