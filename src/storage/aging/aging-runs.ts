/** Runs of aging rules: which rules are due, and what they delete. */
import { and, asc, desc, eq, isNotNull, lte, sql, type SQL } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type Tag } from "../../kernel/reference.ts";
import type { AgingTag, AgingRule } from "../../model/aging/aging-rules.ts";
import { columnsOf, contentOf, readRule, RULE_COLUMNS, type StoredRule } from "./aging-rules.ts";
import { isListedTag } from "../content/companions.ts";
import { type Unsettled, unsettledQuery } from "../content/settling.ts";
import type { Database } from "../database.ts";
import { isImmutable } from "../immutable-rules/kept-tags.ts";
import { insertSyncDeletions } from "../sync/sync-jobs.ts";
import { auditEvents, manifests, repositories, agingLog, agingRules, tagHistory, tags } from "../schema.ts";

/** Rules that are due, those that wait longest first. */
export async function listDueRules(db: Database, now: number, limit: number): Promise<StoredRule[]> {
  return (await dueRulesQuery(db, now, limit)).map(readRule);
}

function dueRulesQuery(db: Database, now: number, limit: number) {
  return db
    .select(RULE_COLUMNS)
    .from(agingRules)
    .innerJoin(repositories, eq(repositories.id, agingRules.repositoryId))
    .where(and(isNotNull(agingRules.nextRunAt), lte(agingRules.nextRunAt, new Date(now))))
    .orderBy(asc(agingRules.nextRunAt))
    .limit(limit);
}

/**
 * Whether a rule is as it was read. Its id and revision alone do not tell: both may be those of another one, after it was
 * deleted.
 */
function isUnchanged(rule: StoredRule): SQL | undefined {
  const { kind, amount, labels, patterns } = columnsOf(rule);
  return and(
    eq(agingRules.id, rule.id),
    eq(agingRules.repositoryId, rule.repositoryId),
    eq(agingRules.revision, rule.revision),
    eq(agingRules.kind, kind),
    eq(agingRules.amount, amount),
    eq(agingRules.labels, labels),
    eq(agingRules.patterns, patterns),
  );
}

/**
 * Notes that a run has begun. The rule stays due until {@link settleRule}, behind those that wait already.
 *
 * @param startedAt is noted as the time at which the rule is due. Any new tag of the image of a `tag_rule`, and any
 * immutable-tag rule that is lifted, sets it back to 0 (migration 0002), which the end of the run then sees.
 * @returns whether the rule is still as it was read.
 */
export async function claimRule(db: Database, rule: StoredRule, startedAt: number): Promise<boolean> {
  const claimed = await db
    .update(agingRules)
    .set({ nextRunAt: new Date(startedAt) })
    .where(isUnchanged(rule))
    .returning({ id: agingRules.id });
  return claimed.length > 0;
}

/** What a run has seen and found out. */
export interface RunOutcome {
  /** As {@link claimRule} got it. */
  startedAt: number;
  /** The newest tag, for a `tag_rule`; undefined when there were none. */
  newest: TagPosition | undefined;
  nextRunAt: number | null;
}

/**
 * Notes when a rule is next due, unless it was changed or became due since its run began. A tag that was pushed again
 * meanwhile, and is newer than all that a `tag_rule`'s run has seen, makes it due as well.
 */
export async function settleRule(
  db: Database,
  rule: StoredRule,
  { startedAt, newest, nextRunAt }: RunOutcome,
): Promise<void> {
  const { updatedAt, name } = newest ?? { updatedAt: 0, name: "" };
  const isOvertaken = sql`${agingRules.kind} = 'tag_rule' AND EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${rule.repositoryId} AND ${tags.companionOf} IS NULL
      AND (${tags.updatedAt}, ${tags.name}) > (${updatedAt}, ${name}))`;
  await db
    .update(agingRules)
    .set({ nextRunAt: sql`CASE WHEN ${isOvertaken} THEN 0 ELSE ${nextRunAt} END` })
    .where(and(isUnchanged(rule), eq(agingRules.nextRunAt, new Date(startedAt))));
}

/** Lets a rule whose run failed wait, so that others come first. */
export async function postponeRule(db: Database, rule: StoredRule, until: number): Promise<void> {
  await db
    .update(agingRules)
    .set({ nextRunAt: new Date(until) })
    .where(isUnchanged(rule));
}

/** Where a walk over tags goes on: after this one. */
export interface TagPosition {
  updatedAt: number;
  name: Tag;
}

export interface StoredAgingTag extends AgingTag {
  manifestId: number;
  digest: Digest;
}

/**
 * Tags of a repository without companions, by time of their last push, the newest first or the oldest first; of equally old ones in descending
 * or ascending order of their names.
 */
export async function listTagsByAge(
  db: Database,
  repositoryId: number,
  page: { order: "newest" | "oldest"; after?: TagPosition | undefined; limit: number },
): Promise<StoredAgingTag[]> {
  const rows = await tagsByAgeQuery(db, repositoryId, page);
  return rows.map((row) => ({ ...row, updatedAt: row.updatedAt.getTime(), isImmutable: row.isImmutable === 1 }));
}

function tagsByAgeQuery(
  db: Database,
  repositoryId: number,
  page: { order: "newest" | "oldest"; after?: TagPosition | undefined; limit: number },
) {
  const { order, after, limit } = page;
  const [than, direction] = order === "newest" ? [sql`<`, desc] : [sql`>`, asc];
  // A comparison of rows, because the index cannot be entered by an OR: each page would read those before it.
  const isBeyond = after && sql`(${tags.updatedAt}, ${tags.name}) ${than} (${after.updatedAt}, ${after.name})`;
  return db
    .select({
      name: tags.name,
      updatedAt: tags.updatedAt,
      manifestId: tags.manifestId,
      digest: manifests.digest,
      content: manifests.content,
      isImmutable: sql<number>`${isImmutable(tags)}`,
    })
    .from(tags)
    .innerJoin(manifests, eq(manifests.id, tags.manifestId))
    .where(and(eq(tags.repositoryId, repositoryId), isListedTag(tags), isBeyond))
    .orderBy(direction(tags.updatedAt), direction(tags.name))
    .limit(limit);
}

/**
 * Deletes tags that a rule has found expired, with a line in the log and the audit for each, in one batch. A tag that was
 * pushed again or made immutable since it was read stays; so do all when the rule was changed or deleted since.
 *
 * @param runAt when the run began: its lines in the log have this in common.
 * @returns the tags that were deleted, and the manifests whose companions are to be settled.
 */
export async function expireTags(
  db: Database,
  rule: StoredRule,
  expired: readonly StoredAgingTag[],
  runAt: number,
): Promise<{ deleted: Tag[]; unsettled: Unsettled[] }> {
  const now = Date.now();
  const seen = JSON.stringify(expired.map((tag) => [tag.name, tag.manifestId, tag.updatedAt]));
  const { id, repositoryId, repository, kind, amount } = rule;
  // The plus keeps it from being searched by time, which any number of tags may have in common.
  const isAsSeen = sql`${tags.repositoryId} = ${repositoryId}
    AND ${tags.name} IN (SELECT value ->> 0 FROM json_each(${seen}))
    AND (${tags.name}, ${tags.manifestId}, +${tags.updatedAt}) IN (
      SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${seen}))
    AND NOT ${isImmutable(tags)}
    AND EXISTS (SELECT 1 FROM ${agingRules} WHERE ${isUnchanged(rule)})`;
  const [, , , , deleted, , unsettled] = await db.batch([
    insertSyncDeletions(db, repositoryId, isAsSeen, { userId: null, userName: `aging rule ${id}` }),
    db.insert(agingLog).select(
      sql`SELECT NULL, ${repositoryId}, ${id}, ${JSON.stringify(loggedContent(rule))}, ${tags.name},
                 (SELECT ${manifests.digest} FROM ${manifests} WHERE ${manifests.id} = ${tags.manifestId}), ${runAt}
          FROM ${tags} WHERE ${isAsSeen}`,
    ),
    db
      .insert(tagHistory)
      .select(sql`SELECT NULL, ${tags.repositoryId}, ${tags.name}, NULL, NULL, ${now} FROM ${tags} WHERE ${isAsSeen}`),
    db.insert(auditEvents).select(
      sql`SELECT NULL, ${now}, ${rule.accountId}, ${organizationOf(repository)}, NULL, ${`aging rule ${id}`}, NULL,
                 'tag.expire', ${repository} || ':' || ${tags.name}, 'success', ${JSON.stringify({ rule: id, kind, amount })}, NULL
          FROM ${tags} WHERE ${isAsSeen}`,
    ),
    db.delete(tags).where(isAsSeen).returning({ name: tags.name }),
    touchIfChanged(db, repositoryId, now),
    unsettledQuery(db, repositoryId),
  ]);
  return { deleted: deleted.map(({ name }) => name), unsettled };
}

/** Notes in a batch that a repository's tags changed, if the statement before changed anything. */
function touchIfChanged(db: Database, repositoryId: number, now: number) {
  return db
    .update(repositories)
    .set({ updatedAt: new Date(now) })
    .where(and(eq(repositories.id, repositoryId), sql`changes() > 0`));
}

/** Characters of labels and patterns that each line of the log has: a rule may have many, and delete many tags. */
const MAX_LOGGED_LENGTH = 1000;

/** A rule as the log has it: what of its labels and patterns is too much is left out, with a mark that says so. */
function loggedContent(rule: AgingRule): AgingRule {
  let left = MAX_LOGGED_LENGTH;
  const cut = (texts: readonly string[]) => {
    const cutAt = texts.findIndex((text) => (left -= text.length) < 0);
    return cutAt === -1 ? texts : [...texts.slice(0, cutAt), "…"];
  };
  return { ...contentOf(rule), labels: cut(rule.labels), patterns: cut(rule.patterns) };
}
