/** Running aging rules: guide 4.8. */
import type { Tag } from "../../kernel/reference.ts";
import { type CompiledRule, compileRule, type Judged, judgeAll, nextRunAfter } from "../../model/aging/aging-rules.ts";
import {
  claimRule,
  expireTags,
  listDueRules,
  listTagsByAge,
  postponeRule,
  settleRule,
  type StoredAgingTag,
  type TagPosition,
} from "../../storage/aging/aging-runs.ts";
import { findRule, type StoredRule } from "../../storage/aging/aging-rules.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Budget } from "../housekeeping/budget.ts";
import { settleRepository } from "../content/companions.ts";

/** Tags that are read at once. */
const PAGE_TAGS = 1000;
/** Tags that are deleted at once: requests wait for it, so it is to take milliseconds. */
const SLICE_TAGS = 100;
const PAGE_RULES = 100;
const RETRY_MS = 60 * 60 * 1000;

function pageOf(rule: CompiledRule): number {
  return Math.min(PAGE_TAGS, rule.tagsAtOnce);
}

/** Decides about the tags of an image page by page, in the order that costs the rule the least. */
async function* judgeImage(
  stores: Stores,
  repositoryId: number,
  rule: CompiledRule,
  now: number,
): AsyncGenerator<Judged<StoredAgingTag>[]> {
  // A `date_rule` need not read young tags; a `tag_rule` has to count from the newest.
  const order = rule.kind === "date_rule" ? "oldest" : "newest";
  const limit = pageOf(rule);
  for (let last: Judged<StoredAgingTag> | undefined; ;) {
    const page = await listTagsByAge(stores.db, repositoryId, { order, after: last?.tag, limit });
    const judged = judgeAll(rule, page, last?.counted ?? 0, now);
    yield judged;
    last = judged.at(-1);
    if (!last || page.length < limit) return;
  }
}

/**
 * Runs one rule as far as the budget goes. Where it ends early, or dies, the rule stays due and the next run goes on.
 *
 * @returns the tags that were deleted, and whether nothing was left to do.
 */
export async function runRule(
  stores: Stores,
  rule: StoredRule,
  budget: Budget,
): Promise<{ deleted: Tag[]; isDone: boolean }> {
  const now = Date.now();
  const compiled = compileRule(rule);
  const deleted: Tag[] = [];
  // The rule was changed or deleted after it was read. The request that did so runs the new rule.
  if (!(await claimRule(stores.db, rule, now))) return { deleted, isDone: true };
  let newest: TagPosition | undefined;
  let oldestKept: number | undefined;
  for await (const page of judgeImage(stores, rule.repositoryId, compiled, now)) {
    newest ??= page[0]?.tag;
    const expired = page.filter(({ verdict }) => verdict.isExpired).map(({ tag }) => tag);
    for (let from = 0; from < expired.length; from += SLICE_TAGS) {
      if (budget.isSpent) return { deleted, isDone: false };
      const slice = await expireTags(stores.db, rule, expired.slice(from, from + SLICE_TAGS), now);
      deleted.push(...slice.deleted);
      // Later runs and housekeeping do the rest.
      const repository = { ...rule, id: rule.repositoryId, name: rule.repository };
      await settleRepository(stores.db, repository, slice.unsettled, budget);
    }
    // From the oldest on, all after the first young one are young.
    oldestKept = page.find(({ verdict }) => verdict.reason === "young")?.tag.updatedAt;
    if (oldestKept !== undefined) break;
    if (budget.isSpent && page.length === pageOf(compiled)) return { deleted, isDone: false };
  }
  await settleRule(stores.db, rule, { startedAt: now, newest, nextRunAt: nextRunAfter(rule, oldestKept, now) });
  return { deleted, isDone: true };
}

/**
 * Runs the rules that are due, as far as the budget goes.
 *
 * @returns how many tags were deleted.
 */
export async function runDueRules(stores: Stores, budget: Budget): Promise<number> {
  let deleted = 0;
  while (!budget.isSpent) {
    const rules = await listDueRules(stores.db, Date.now(), PAGE_RULES);
    for (const rule of rules) {
      if (budget.isSpent) return deleted;
      deleted += (await runOrPostpone(stores, rule, budget)).deleted.length;
    }
    if (rules.length < PAGE_RULES) break;
  }
  return deleted;
}

/** One image's trouble is not that of the others, nor of who saves a rule; the rule comes up again in an hour. */
async function runOrPostpone(stores: Stores, rule: StoredRule, budget: Budget): ReturnType<typeof runRule> {
  try {
    return await runRule(stores, rule, budget);
  } catch (error) {
    console.error(`aging rule ${rule.id} of ${rule.repository} failed:`, error);
    await postponeRule(stores.db, rule, Date.now() + RETRY_MS);
    return { deleted: [], isDone: true };
  }
}

/**
 * Runs an image's rule, if it has one, as far as the budget goes, and never fails: what is left then is left to the cron
 * trigger.
 *
 * @returns whether nothing was left to do.
 */
export async function runRuleOf(stores: Stores, repositoryId: number, budget: Budget): Promise<boolean> {
  try {
    const rule = await findRule(stores.db, repositoryId);
    return !rule || (await runOrPostpone(stores, rule, budget)).isDone;
  } catch (error) {
    console.error(`the aging rule of image ${repositoryId} was left to the next run:`, error);
    return true;
  }
}
