/** What aging has deleted, with each rule as it was then. */
import { and, asc, desc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { Digest } from "../../kernel/digest.ts";
import type { Tag } from "../../kernel/reference.ts";
import type { AgingRule } from "../../model/aging/aging-rules.ts";
import type { Database } from "../database.ts";
import { bytesOf, fillPage, shortText } from "../long-texts.ts";
import { agingLog } from "../schema.ts";

export interface LogEntry {
  id: number;
  ruleId: number;
  /** As it was. */
  rule: AgingRule;
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
          .select({ id: agingLog.id })
          .from(agingLog)
          .where(eq(agingLog.repositoryId, repositoryId))
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

function logQuery(db: Database, repositoryId: number, before: number | undefined, limit: number) {
  return db
    .select({
      id: agingLog.id,
      ruleId: agingLog.ruleId,
      text: shortText(agingLog.rule),
      bytes: bytesOf(agingLog.rule),
      tag: agingLog.tag,
      digest: agingLog.digest,
      createdAt: agingLog.createdAt,
    })
    .from(agingLog)
    .where(and(eq(agingLog.repositoryId, repositoryId), before === undefined ? undefined : lt(agingLog.id, before)))
    .orderBy(desc(agingLog.id))
    .limit(limit)
    .$dynamic();
}

/** Reads the rules of a page, which only {@link expireTags} writes, as far as they have room on it. */
async function readEntries(db: Database, rows: Awaited<ReturnType<typeof logQuery>>, limit: number) {
  const page = await fillPage(rows, limit, (ids) => readRules(db, ids));
  const entries = page.rows.map(({ text, ...entry }): LogEntry => ({
    ...entry,
    rule: JSON.parse(text ?? "null") as AgingRule,
  }));
  return { entries, hasMore: page.hasMore };
}

function readRules(db: Database, ids: readonly number[]) {
  return db
    .select({ id: agingLog.id, text: agingLog.rule })
    .from(agingLog)
    .where(sql`${agingLog.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/**
 * Forgets what aging deleted before a time.
 *
 * @returns how many entries there were; fewer than `limit` when there are no more.
 */
export async function deleteLogBefore(db: Database, before: Date, limit: number): Promise<number> {
  // Ids grow with time: of the oldest, those that are old enough.
  const oldest = db
    .select({ id: agingLog.id })
    .from(agingLog)
    .where(gt(agingLog.id, 0))
    .orderBy(asc(agingLog.id))
    .limit(limit);
  const deleted = await db
    .delete(agingLog)
    .where(and(inArray(agingLog.id, oldest), lt(agingLog.createdAt, before)))
    .returning({ id: agingLog.id });
  return deleted.length;
}
