/** Tags that a rule keeps where they are: `model/tag-pattern.ts`. */
import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_TAG_PATTERNS } from "../../kernel/field-limits.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import type { TagPattern } from "../../model/tag-pattern.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { isLedTo, isOfKey } from "../content/leading-tags.ts";
import { immutableTagRules, manifests, repositories, tags, users } from "../schema.ts";

/**
 * Whether a rule of its repository keeps a tag where it is, of `tags` or an alias. Patterns are for versions: each signature
 * moves the tag of the signatures, and each build that of its cache. These are kept by a pattern that is their name, and
 * companions by one that speaks of digests.
 */
function isHeldByRule(alias: string): SQL {
  const tag = sql.identifier(alias);
  return sql`EXISTS (
    SELECT 1 FROM ${immutableTagRules} AS rules
    WHERE rules.repository_id = ${tag}.repository_id AND ${tag}.name GLOB rules.pattern
      AND (rules.pattern = ${tag}.name OR CASE WHEN ${tag}.companion_of IS NOT NULL
        THEN instr(rules.pattern, 'sha256-') + instr(rules.pattern, 'sha512-') > 0
        ELSE (SELECT named.content FROM ${manifests} AS named WHERE named.id = ${tag}.manifest_id) <> 'cache' END))`;
}

/** Whether one of these rules may keep companions by more than their name, as {@link isHeldByRule} decides. */
export function speakOfDigests(rules: string): boolean {
  return /sha(256|512)-/.test(rules);
}

/** Whether a row of `tags` is one that a rule of its repository keeps where it is, as a condition. */
export const isImmutable = isHeldByRule("tags");

/**
 * The same for its deletion: what belongs to an image that a rule keeps, or to a part of one, may be added to, but not taken
 * from it. Images have any number of tags, which are looked at only where there is a rule.
 */
export const isKept = sql`(${isImmutable} OR ${tags.companionOf} IS NOT NULL
  AND EXISTS (SELECT 1 FROM ${immutableTagRules} AS rules WHERE rules.repository_id = ${tags.repositoryId})
  AND EXISTS (
    SELECT 1 FROM ${manifests} AS subjects
    WHERE subjects.repository_id = ${tags.repositoryId} AND ${isOfKey(sql`subjects.digest`, tags.companionOf)}
      AND ${isLedTo(sql`subjects.id`, isHeldByRule("leading"))}))`;

export function immutableTag(names: readonly Tag[], cause?: unknown): RegistryError {
  const problems = names.map((tag) => ({
    message: `tag ${tag} is immutable: a rule of the image keeps it from being overwritten or deleted`,
    detail: { tag },
  }));
  const lifted = { message: "an immutable tag was in the way, whose rule is gone: repeat the request" };
  return new RegistryError("TAG_IMMUTABLE", problems.length > 0 ? problems : lifted, { cause });
}

/** The rules of a repository in one text, `[]` when it has none; {@link hasRulesAsRead} tells whether they changed since. */
export async function readRules(db: Database, repositoryId: number): Promise<string> {
  const [row] = await db.all<{ rules: string }>(sql`SELECT ${rulesOf(repositoryId)} AS rules`);
  return row?.rules ?? "[]";
}

export function hasRulesAsRead(repositoryId: number, rules: string): SQL {
  return sql`${rulesOf(repositoryId)} = ${rules}`;
}

function rulesOf(repositoryId: number): SQL {
  return sql`(
    SELECT json_group_array(pattern) FROM (
      SELECT ${immutableTagRules.pattern} AS pattern FROM ${immutableTagRules}
      WHERE ${immutableTagRules.repositoryId} = ${repositoryId} ORDER BY 1))`;
}

/** How many tags a refusal names. */
export const MAX_NAMED_TAGS = 20;

/** The tags that a rule keeps from being moved, or deleted, of the rows of `tags` that meet a condition. */
export async function findImmutableTags(db: Database, condition: SQL | undefined, rule = isImmutable): Promise<Tag[]> {
  const rows = await db
    .select({ name: tags.name })
    .from(tags)
    .where(and(condition, rule))
    .orderBy(asc(tags.name))
    .limit(MAX_NAMED_TAGS);
  return rows.map((row) => row.name);
}

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
    // Again the pattern, because another rule may have got the id since.
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
