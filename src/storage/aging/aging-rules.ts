/** The aging rules of images: `model/aging/aging-rules.ts`. */
import type { Versions } from "../../kernel/precondition.ts";
import { and, eq, sql, type SQL } from "drizzle-orm";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { exemptionsOf, type AgingRule } from "../../model/aging/aging-rules.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { repositories, agingRules } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

export interface StoredRule extends AgingRule {
  id: number;
  repositoryId: number;
  repository: RepositoryName;
  accountId: number;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

export const RULE_COLUMNS = {
  id: agingRules.id,
  repositoryId: agingRules.repositoryId,
  repository: repositories.name,
  accountId: repositories.accountId,
  kind: agingRules.kind,
  amount: agingRules.amount,
  labels: agingRules.labels,
  patterns: agingRules.patterns,
  revision: agingRules.revision,
  createdAt: agingRules.createdAt,
  updatedAt: agingRules.updatedAt,
};

/** The rule of a repository, if it has one. */
export async function findRule(db: Database, repositoryId: number): Promise<StoredRule | undefined> {
  const [row] = await db
    .select(RULE_COLUMNS)
    .from(agingRules)
    .innerJoin(repositories, eq(repositories.id, agingRules.repositoryId))
    .where(eq(agingRules.repositoryId, repositoryId));
  return row && readRule(row);
}

/**
 * Labels and patterns are JSON that only this module writes, so their shape is not checked again. A null among the labels is
 * the place of the next pattern.
 */
export function readRule<R extends { labels: string; patterns: string }>(row: R) {
  const places = JSON.parse(row.labels) as (string | null)[];
  return {
    ...row,
    labels: places.filter((label) => label !== null),
    patterns: JSON.parse(row.patterns) as string[],
    ...(places.includes(null) && { order: places.map((label) => (label === null ? "pattern" : "label")) }),
  };
}

/** A rule's labels with their places among the patterns, for {@link readRule}. Patterns at the end have none. */
function placesOf(rule: AgingRule): (string | null)[] {
  const exemptions = exemptionsOf(rule);
  const end = exemptions.findLastIndex(({ kind }) => kind === "label") + 1;
  return exemptions.slice(0, end).map(({ kind, text }) => (kind === "label" ? text : null));
}

interface Repository {
  id: number;
  name: RepositoryName;
}

/**
 * Gives a repository its rule, due at once.
 *
 * @returns the rule's id; undefined when the repository has a rule, or is gone.
 */
export async function insertRule(
  db: Database,
  actor: Actor,
  repository: Repository,
  rule: AgingRule,
): Promise<number | undefined> {
  const [inserted] = await db.batch([
    insertIfNone(db, actor, repository, rule),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.create", repository.name, rule)),
  ]);
  return inserted[0]?.id;
}

function insertIfNone(db: Database, actor: Actor, repository: Repository, rule: AgingRule, isWanted = true) {
  const now = Date.now();
  const { kind, amount, labels, patterns } = columnsOf(rule);
  return db
    .insert(agingRules)
    .select(
      sql`SELECT NULL, ${repository.id}, ${kind}, ${amount}, ${labels}, ${patterns}, 1, ${actor.user.id}, ${now}, ${now}, 0
          WHERE ${isWanted ? 1 : 0} AND EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${repository.id})`,
    )
    .onConflictDoNothing({ target: agingRules.repositoryId })
    .returning({ id: agingRules.id });
}

/**
 * Changes a repository's rule, which is then due at once.
 *
 * @returns whether the repository has such a rule.
 */
export async function updateRule(
  db: Database,
  actor: Actor,
  repository: Repository,
  ruleId: number,
  rule: AgingRule,
): Promise<boolean> {
  const isMeant = sql`${isRuleOf(repository)} AND ${eq(agingRules.id, ruleId)}`;
  const [, updated] = await db.batch([
    recordUpdate(db, actor, repository, isMeant, rule),
    updateWhere(db, isMeant, rule),
  ]);
  return updated.length > 0;
}

function isRuleOf(repository: Repository): SQL {
  return eq(agingRules.repositoryId, repository.id);
}

function updateWhere(db: Database, condition: SQL | undefined, rule: AgingRule) {
  return db
    .update(agingRules)
    .set({
      ...columnsOf(rule),
      revision: sql`${agingRules.revision} + 1`,
      updatedAt: nextVersion(agingRules),
      nextRunAt: new Date(0),
    })
    .where(condition)
    .returning({ id: agingRules.id });
}

/**
 * Gives a repository its rule, or changes the one that it has.
 *
 * @param versions of which that one must have one, or else the batch fails: `isVersionFailure`.
 * @returns the rule's id; undefined when the repository is gone, or there is no rule of any version that is wanted.
 */
export async function saveRule(
  db: Database,
  actor: Actor,
  repository: Repository,
  rule: AgingRule,
  versions?: Versions,
): Promise<number | undefined> {
  const isMeant = isRuleOf(repository);
  const [, , updated, inserted] = await db.batch([
    requireVersion(db, agingRules, isMeant, versions),
    recordUpdate(db, actor, repository, isMeant, rule),
    updateWhere(db, isMeant, rule),
    insertIfNone(db, actor, repository, rule, versions === undefined),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.create", repository.name, rule)),
  ]);
  return (updated[0] ?? inserted[0])?.id;
}

/**
 * @param ruleId deletes only the rule of this id.
 * @returns whether the repository had such a rule.
 */
export async function deleteRule(
  db: Database,
  actor: Actor,
  repository: Repository,
  ruleId?: number,
): Promise<boolean> {
  const [deleted] = await db.batch([
    db
      .delete(agingRules)
      .where(and(isRuleOf(repository), ruleId === undefined ? undefined : eq(agingRules.id, ruleId)))
      .returning({ id: agingRules.id }),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.delete", repository.name)),
  ]);
  return deleted.length > 0;
}

export function columnsOf(rule: AgingRule) {
  const { kind, amount, patterns } = rule;
  return { kind, amount, labels: JSON.stringify(placesOf(rule)), patterns: JSON.stringify(patterns) };
}

function recordUpdate(db: Database, actor: Actor, repository: Repository, condition: SQL, rule: AgingRule) {
  const { kind, amount, patterns } = rule;
  const entry = auditOf("retention-rule.update", repository.name);
  return insertAuditOfChange(db, actor, entry, sql`${agingRules} WHERE ${condition}`, {
    kind: { from: agingRules.kind, to: kind },
    amount: { from: agingRules.amount, to: amount },
    labels: { from: agingRules.labels, to: placesOf(rule) },
    patterns: { from: agingRules.patterns, to: patterns },
  });
}

function auditOf(
  action: "retention-rule.create" | "retention-rule.update" | "retention-rule.delete",
  repository: RepositoryName,
  rule?: AgingRule,
) {
  return {
    action,
    organization: organizationOf(repository),
    resource: repository,
    ...(rule && { detail: { ...contentOf(rule) } }),
  };
}

/** The fields of a rule alone, since an object may hold more; the order only where it is not the usual one. */
export function contentOf(rule: AgingRule): AgingRule {
  const { kind, amount, labels, patterns, order } = rule;
  return { kind, amount, labels, patterns, ...(placesOf(rule).includes(null) && { order }) };
}
