/** Aging rules, what they delete and what they left in the log: `model/aging/aging-rules.ts`. */
import { and, asc, desc, eq, gt, inArray, isNotNull, lt, lte, type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { type AgingTag, exemptionsOf, type RetentionRule } from "../../model/aging/aging-rules.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { isListedTag, type Unsettled, unsettledQuery } from "../content/companions.ts";
import type { Database } from "../database.ts";
import { isImmutable } from "../immutable-rules/immutable-rules.ts";
import { bytesOf, fillPage, shortText } from "../long-texts.ts";
import { auditEvents, manifests, repositories, retentionLog, retentionRules, tagHistory, tags } from "../schema.ts";

export interface StoredRule extends RetentionRule {
  id: number;
  repositoryId: number;
  repository: RepositoryName;
  accountId: number;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

const RULE_COLUMNS = {
  id: retentionRules.id,
  repositoryId: retentionRules.repositoryId,
  repository: repositories.name,
  accountId: repositories.accountId,
  kind: retentionRules.kind,
  amount: retentionRules.amount,
  labels: retentionRules.labels,
  patterns: retentionRules.patterns,
  revision: retentionRules.revision,
  createdAt: retentionRules.createdAt,
  updatedAt: retentionRules.updatedAt,
};

/** Rules that are due, those that wait longest first. */
export async function listDueRules(db: Database, now: number, limit: number): Promise<StoredRule[]> {
  return (await dueRulesQuery(db, now, limit)).map(readRule);
}

export function dueRulesQuery(db: Database, now: number, limit: number) {
  return db
    .select(RULE_COLUMNS)
    .from(retentionRules)
    .innerJoin(repositories, eq(repositories.id, retentionRules.repositoryId))
    .where(and(isNotNull(retentionRules.nextRunAt), lte(retentionRules.nextRunAt, new Date(now))))
    .orderBy(asc(retentionRules.nextRunAt))
    .limit(limit);
}

/** The rule of a repository, if it has one. */
export async function findRule(db: Database, repositoryId: number): Promise<StoredRule | undefined> {
  const [row] = await db
    .select(RULE_COLUMNS)
    .from(retentionRules)
    .innerJoin(repositories, eq(repositories.id, retentionRules.repositoryId))
    .where(eq(retentionRules.repositoryId, repositoryId));
  return row && readRule(row);
}

/**
 * Labels and patterns are JSON that only this module writes, so their shape is not checked again. A null among the labels is
 * the place of the next pattern.
 */
function readRule<R extends { labels: string; patterns: string }>(row: R) {
  const places = JSON.parse(row.labels) as (string | null)[];
  return {
    ...row,
    labels: places.filter((label) => label !== null),
    patterns: JSON.parse(row.patterns) as string[],
    ...(places.includes(null) && { order: places.map((label) => (label === null ? "pattern" : "label")) }),
  };
}

/** A rule's labels with their places among the patterns, for {@link readRule}. Patterns at the end have none. */
function placesOf(rule: RetentionRule): (string | null)[] {
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
  rule: RetentionRule,
): Promise<number | undefined> {
  const [inserted] = await db.batch([
    insertIfNone(db, actor, repository, rule),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.create", repository.name, rule)),
  ]);
  return inserted[0]?.id;
}

function insertIfNone(db: Database, actor: Actor, repository: Repository, rule: RetentionRule) {
  const now = Date.now();
  const { kind, amount, labels, patterns } = columnsOf(rule);
  return db
    .insert(retentionRules)
    .select(
      sql`SELECT NULL, ${repository.id}, ${kind}, ${amount}, ${labels}, ${patterns}, 1, ${actor.user.id}, ${now}, ${now}, 0
          WHERE EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.id} = ${repository.id})`,
    )
    .onConflictDoNothing({ target: retentionRules.repositoryId })
    .returning({ id: retentionRules.id });
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
  rule: RetentionRule,
): Promise<boolean> {
  const isMeant = sql`${isRuleOf(repository)} AND ${eq(retentionRules.id, ruleId)}`;
  const [, updated] = await db.batch([
    recordUpdate(db, actor, repository, isMeant, rule),
    updateWhere(db, isMeant, rule),
  ]);
  return updated.length > 0;
}

function isRuleOf(repository: Repository): SQL {
  return eq(retentionRules.repositoryId, repository.id);
}

function updateWhere(db: Database, condition: SQL | undefined, rule: RetentionRule) {
  return db
    .update(retentionRules)
    .set({
      ...columnsOf(rule),
      revision: sql`${retentionRules.revision} + 1`,
      updatedAt: new Date(),
      nextRunAt: new Date(0),
    })
    .where(condition)
    .returning({ id: retentionRules.id });
}

/**
 * Gives a repository its rule, or changes the one that it has.
 *
 * @returns the rule's id; undefined when the repository is gone.
 */
export async function saveRule(
  db: Database,
  actor: Actor,
  repository: Repository,
  rule: RetentionRule,
): Promise<number | undefined> {
  const [, updated, inserted] = await db.batch([
    recordUpdate(db, actor, repository, isRuleOf(repository), rule),
    updateWhere(db, isRuleOf(repository), rule),
    insertIfNone(db, actor, repository, rule),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.create", repository.name, rule)),
  ]);
  return (updated[0] ?? inserted[0])?.id;
}

/**
 * @param ruleId only if its rule is this one.
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
      .delete(retentionRules)
      .where(and(isRuleOf(repository), ruleId === undefined ? undefined : eq(retentionRules.id, ruleId)))
      .returning({ id: retentionRules.id }),
    insertAuditIfChanged(db, actor, auditOf("retention-rule.delete", repository.name)),
  ]);
  return deleted.length > 0;
}

function columnsOf(rule: RetentionRule) {
  const { kind, amount, patterns } = rule;
  return { kind, amount, labels: JSON.stringify(placesOf(rule)), patterns: JSON.stringify(patterns) };
}

function recordUpdate(db: Database, actor: Actor, repository: Repository, condition: SQL, rule: RetentionRule) {
  const { kind, amount, patterns } = rule;
  const entry = auditOf("retention-rule.update", repository.name);
  return insertAuditOfChange(db, actor, entry, sql`${retentionRules} WHERE ${condition}`, {
    kind: { from: retentionRules.kind, to: kind },
    amount: { from: retentionRules.amount, to: amount },
    labels: { from: retentionRules.labels, to: placesOf(rule) },
    patterns: { from: retentionRules.patterns, to: patterns },
  });
}

function auditOf(
  action: "retention-rule.create" | "retention-rule.update" | "retention-rule.delete",
  repository: RepositoryName,
  rule?: RetentionRule,
) {
  return {
    action,
    organization: organizationOf(repository),
    resource: repository,
    ...(rule && { detail: { ...contentOf(rule) } }),
  };
}

/** A rule and nothing else that an object may hold; an order only where it is not the usual one. */
function contentOf(rule: RetentionRule): RetentionRule {
  const { kind, amount, labels, patterns, order } = rule;
  return { kind, amount, labels, patterns, ...(placesOf(rule).includes(null) && { order }) };
}

/**
 * Whether a rule is as it was read. Its id and revision alone do not tell: both may be those of another one, after it was
 * deleted.
 */
function isUnchanged(rule: StoredRule): SQL | undefined {
  const { kind, amount, labels, patterns } = columnsOf(rule);
  return and(
    eq(retentionRules.id, rule.id),
    eq(retentionRules.repositoryId, rule.repositoryId),
    eq(retentionRules.revision, rule.revision),
    eq(retentionRules.kind, kind),
    eq(retentionRules.amount, amount),
    eq(retentionRules.labels, labels),
    eq(retentionRules.patterns, patterns),
  );
}

/**
 * Notes that a run has begun; the rule stays due until {@link settleRule}, behind those that wait already.
 *
 * @param startedAt what any new tag of a `tag_rule`'s image, or any immutable-tag rule that is lifted, sets back to 0
 * (migration 0002).
 * @returns whether the rule is still as it was read.
 */
export async function claimRule(db: Database, rule: StoredRule, startedAt: number): Promise<boolean> {
  const claimed = await db
    .update(retentionRules)
    .set({ nextRunAt: new Date(startedAt) })
    .where(isUnchanged(rule))
    .returning({ id: retentionRules.id });
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
  const isOvertaken = sql`${retentionRules.kind} = 'tag_rule' AND EXISTS (
    SELECT 1 FROM ${tags}
    WHERE ${tags.repositoryId} = ${rule.repositoryId} AND ${tags.companionOf} IS NULL
      AND (${tags.updatedAt}, ${tags.name}) > (${updatedAt}, ${name}))`;
  await db
    .update(retentionRules)
    .set({ nextRunAt: sql`CASE WHEN ${isOvertaken} THEN 0 ELSE ${nextRunAt} END` })
    .where(and(isUnchanged(rule), eq(retentionRules.nextRunAt, new Date(startedAt))));
}

/** Lets a rule whose run failed wait, so that others come first. */
export async function postponeRule(db: Database, rule: StoredRule, until: number): Promise<void> {
  await db
    .update(retentionRules)
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

export function tagsByAgeQuery(
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
      isImmutable: sql<number>`${isImmutable}`,
    })
    .from(tags)
    .innerJoin(manifests, eq(manifests.id, tags.manifestId))
    .where(and(eq(tags.repositoryId, repositoryId), isListedTag, isBeyond))
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
    AND NOT ${isImmutable}
    AND EXISTS (SELECT 1 FROM ${retentionRules} WHERE ${isUnchanged(rule)})`;
  const [, , , deleted, , unsettled] = await db.batch([
    db.insert(retentionLog).select(
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

/** Characters of labels and patterns that each line of the log has: a rule may have many, and delete many tags. */
const MAX_LOGGED_LENGTH = 1000;

/** A rule as the log has it: what of its labels and patterns is too much is left out, with a mark that says so. */
function loggedContent(rule: RetentionRule): RetentionRule {
  let left = MAX_LOGGED_LENGTH;
  const cut = (texts: readonly string[]) => {
    const cutAt = texts.findIndex((text) => (left -= text.length) < 0);
    return cutAt === -1 ? texts : [...texts.slice(0, cutAt), "…"];
  };
  return { ...contentOf(rule), labels: cut(rule.labels), patterns: cut(rule.patterns) };
}

/**
 * Forgets what aging deleted before a time.
 *
 * @returns how many entries there were; fewer than `limit` when there are no more.
 */
export async function deleteLogBefore(db: Database, before: Date, limit: number): Promise<number> {
  // Ids grow with time: of the oldest, those that are old enough.
  const oldest = db
    .select({ id: retentionLog.id })
    .from(retentionLog)
    .where(gt(retentionLog.id, 0))
    .orderBy(asc(retentionLog.id))
    .limit(limit);
  const deleted = await db
    .delete(retentionLog)
    .where(and(inArray(retentionLog.id, oldest), lt(retentionLog.createdAt, before)))
    .returning({ id: retentionLog.id });
  return deleted.length;
}

/** Notes in a batch that a repository's tags changed, if the statement before changed anything. */
function touchIfChanged(db: Database, repositoryId: number, now: number) {
  return db
    .update(repositories)
    .set({ updatedAt: new Date(now) })
    .where(and(eq(repositories.id, repositoryId), sql`changes() > 0`));
}

export interface LogEntry {
  id: number;
  ruleId: number;
  /** As it was. */
  rule: RetentionRule;
  tag: Tag;
  digest: Digest;
  /** When the run began. */
  createdAt: Date;
}

/** Entries that are counted at most: as far as pages by offset go. */
const MAX_COUNTED_ENTRIES = 11_000;

/**
 * One page of what aging deleted from a repository, the newest first, and how many entries there are in all: at most
 * {@link MAX_COUNTED_ENTRIES} are counted. It has fewer where the rules are long.
 */
export async function listLog(
  db: Database,
  repositoryId: number,
  page: { limit: number; offset: number },
): Promise<{ entries: LogEntry[]; total: number }> {
  const [rows, total] = await db.batch([
    logQuery(db, repositoryId, undefined, page.limit).offset(page.offset),
    db
      .select({ count: sql<number>`count(*)` })
      .from(
        db
          .select({ id: retentionLog.id })
          .from(retentionLog)
          .where(eq(retentionLog.repositoryId, repositoryId))
          .limit(MAX_COUNTED_ENTRIES)
          .as("counted"),
      ),
  ]);
  return { entries: (await readEntries(db, rows, page.limit)).entries, total: total[0]?.count ?? 0 };
}

/**
 * The same from an entry on.
 *
 * @param before the id to go on behind; undefined for the newest.
 */
export async function listLogBefore(
  db: Database,
  repositoryId: number,
  before: number | undefined,
  limit: number,
): Promise<{ entries: LogEntry[]; hasMore: boolean }> {
  return readEntries(db, await logQuery(db, repositoryId, before, limit + 1), limit);
}

export function logQuery(db: Database, repositoryId: number, before: number | undefined, limit: number) {
  return db
    .select({
      id: retentionLog.id,
      ruleId: retentionLog.ruleId,
      text: shortText(retentionLog.rule),
      bytes: bytesOf(retentionLog.rule),
      tag: retentionLog.tag,
      digest: retentionLog.digest,
      createdAt: retentionLog.createdAt,
    })
    .from(retentionLog)
    .where(
      and(eq(retentionLog.repositoryId, repositoryId), before === undefined ? undefined : lt(retentionLog.id, before)),
    )
    .orderBy(desc(retentionLog.id))
    .limit(limit)
    .$dynamic();
}

/** Reads the rules of a page, which only {@link expireTags} writes, as far as they have room on it. */
async function readEntries(db: Database, rows: Awaited<ReturnType<typeof logQuery>>, limit: number) {
  const page = await fillPage(rows, limit, (ids) => readRules(db, ids));
  const entries = page.rows.map(({ text, ...entry }): LogEntry => ({
    ...entry,
    rule: JSON.parse(text ?? "null") as RetentionRule,
  }));
  return { entries, hasMore: page.hasMore };
}

function readRules(db: Database, ids: readonly number[]) {
  return db
    .select({ id: retentionLog.id, text: retentionLog.rule })
    .from(retentionLog)
    .where(sql`${retentionLog.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}
