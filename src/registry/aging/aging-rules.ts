/** Aging rules as whoever has a right to an image sees and manages them: guide 4.8, and beyond it a preview. */
import type { Caller } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import { compileRule, type Judged, judgeAll, type AgingRule } from "../../model/aging/aging-rules.ts";
import {
  deleteRule,
  findRule,
  insertRule,
  saveRule,
  type StoredRule,
  updateRule,
} from "../../storage/aging/aging-rules.ts";
import { listLog, listLogBefore, type LogEntry } from "../../storage/aging/aging-log.ts";
import { listTagsByAge, type StoredAgingTag, type TagPosition } from "../../storage/aging/aging-runs.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, requireAccountUser, requireOwnRepository } from "../rights/access.ts";
import { runRuleOf } from "./aging.ts";
import { Budget } from "../housekeeping/budget.ts";

export type { LogEntry, StoredRule };

/** What is deleted before the answer to who saves a rule: a page of tags is read, and a slice of it deleted. */
const AT_ONCE = { queries: 9, milliseconds: 5000 };
/** And after the answer: the platform leaves 30 seconds. The cron trigger does the rest. */
const AFTERWARDS = { queries: 400, milliseconds: 20_000 };

/**
 * What is left to delete when a rule is saved; undefined when nothing is. It is to be called after the answer, and never
 * fails.
 */
export type Rest = (() => Promise<void>) | undefined;

async function runAtOnce(stores: Stores, repositoryId: number): Promise<Rest> {
  if (await runRuleOf(stores, repositoryId, new Budget(stores.db, AT_ONCE.queries, AT_ONCE.milliseconds)))
    return undefined;
  return async () => {
    await runRuleOf(stores, repositoryId, new Budget(stores.db, AFTERWARDS.queries, AFTERWARDS.milliseconds));
  };
}

/**
 * An image's rule, if it has one. Whoever has a right to the image in its own account may see it.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN or DENIED.
 */
export async function findImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
): Promise<StoredRule | undefined> {
  requireAccountUser(caller);
  const { id } = await requireOwnRepository(stores, caller, name, "read");
  return findRule(stores.db, id);
}

/**
 * The same where there must be one.
 *
 * @param ruleId only if it is this one.
 * @throws RegistryError as {@link findImageRule}, or RETENTION_UNKNOWN.
 */
export async function getImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  ruleId?: number,
): Promise<StoredRule> {
  const rule = await findImageRule(stores, caller, name);
  if (rule && (ruleId === undefined || rule.id === ruleId)) return rule;
  throw unknownRule(name, ruleId);
}

/**
 * Gives an image its rule and runs it.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, RETENTION_INVALID, or
 * RETENTION_EXISTS: the rule that it has must be deleted first.
 */
export async function addImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  rule: AgingRule,
): Promise<{ id: number; rest: Rest }> {
  const repository = await requireToChange(stores, caller, name, rule);
  const id = await insertRule(stores.db, actorOf(caller), repository, rule);
  if (id !== undefined) return { id, rest: await runAtOnce(stores, repository.id) };
  // The image may have gone meanwhile.
  await requireOwnRepository(stores, caller, name, "manage");
  throw new RegistryError("RETENTION_EXISTS", {
    message: `image ${name} has an aging rule: delete that first`,
    detail: { name },
  });
}

/**
 * Changes an image's rule and runs it.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, RETENTION_INVALID, or
 * RETENTION_UNKNOWN.
 */
export async function changeImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  ruleId: number,
  rule: AgingRule,
): Promise<Rest> {
  const repository = await requireToChange(stores, caller, name, rule);
  if (!(await updateRule(stores.db, actorOf(caller), repository, ruleId, rule))) throw unknownRule(name, ruleId);
  return runAtOnce(stores, repository.id);
}

/**
 * Gives an image its rule, in place of the one that it may have, and runs it.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, or RETENTION_INVALID.
 */
export async function setImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  rule: AgingRule,
): Promise<{ rule: StoredRule; rest: Rest }> {
  const repository = await requireToChange(stores, caller, name, rule);
  await saveRule(stores.db, actorOf(caller), repository, rule);
  // Where it is gone again, or the image is, this tells.
  const saved = await getImageRule(stores, caller, name);
  return { rule: saved, rest: await runAtOnce(stores, repository.id) };
}

async function requireToChange(stores: Stores, caller: Caller, name: RepositoryName, rule: AgingRule) {
  requireAccountUser(caller);
  const repository = await requireOwnRepository(stores, caller, name, "manage");
  compileRule(rule);
  return repository;
}

/**
 * Deletes an image's rule. What a run is about to delete by it stays.
 *
 * @param ruleId only if it is this one.
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, or RETENTION_UNKNOWN.
 */
export async function removeImageRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  ruleId?: number,
): Promise<void> {
  requireAccountUser(caller);
  const repository = await requireOwnRepository(stores, caller, name, "manage");
  if (!(await deleteRule(stores.db, actorOf(caller), repository, ruleId))) throw unknownRule(name, ruleId);
}

function unknownRule(name: RepositoryName, ruleId: number | undefined): RegistryError {
  const which = ruleId === undefined ? "no aging rule" : `no aging rule ${ruleId}`;
  return new RegistryError("RETENTION_UNKNOWN", { message: `image ${name} has ${which}`, detail: { name } });
}

/** Where a preview goes on. */
export interface PreviewPosition extends TagPosition {
  /** How many tags before are counted. */
  counted: number;
  /** The time for which the first page was made, in milliseconds since 1970. */
  now: number;
}

/**
 * What a rule would do to an image's tags, the newest first, if it ran now. Nothing is written.
 *
 * @returns one more than `limit` when there are more; `limit` is lower than asked for where the rule's patterns take long.
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED for who may pull it only because it is shared or public, or
 * RETENTION_INVALID.
 */
export async function previewRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  rule: AgingRule,
  page: { after: PreviewPosition | undefined; limit: number },
): Promise<{ judged: Judged<StoredAgingTag>[]; limit: number; now: number }> {
  requireAccountUser(caller);
  const { id } = await requireOwnRepository(stores, caller, name, "read");
  const compiled = compileRule(rule);
  const { after } = page;
  const limit = Math.min(page.limit, compiled.tagsAtOnce);
  const now = after?.now ?? Date.now();
  const tags = await listTagsByAge(stores.db, id, { order: "newest", after, limit: limit + 1 });
  return { judged: judgeAll(compiled, tags, after?.counted ?? 0, now), limit, now };
}

/**
 * One page of what aging deleted from an image, the newest first, and how many entries there are in all.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN or DENIED.
 */
export async function listImageLog(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  page: { limit: number; offset: number },
): Promise<{ entries: LogEntry[]; total: number }> {
  requireAccountUser(caller);
  const { id } = await requireOwnRepository(stores, caller, name, "read");
  return listLog(stores.db, id, page);
}

/**
 * The same from an entry on.
 *
 * @param before the id to go on behind; undefined for the newest.
 * @throws RegistryError REPOSITORY_UNKNOWN or DENIED.
 */
export async function listImageLogBefore(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  before: number | undefined,
  limit: number,
): Promise<{ entries: LogEntry[]; hasMore: boolean }> {
  requireAccountUser(caller);
  const { id } = await requireOwnRepository(stores, caller, name, "read");
  return listLogBefore(stores.db, id, before, limit);
}
