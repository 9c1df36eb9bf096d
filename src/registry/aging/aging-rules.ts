/** Reading, changing and previewing the aging rule of an image. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import type { Manager } from "../../model/rights/access.ts";
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
import { type LogEntry, listLog, listLogBefore } from "../../storage/aging/aging-log.ts";
import { type StoredAgingTag, type TagPosition, listTagsByAge } from "../../storage/aging/aging-runs.ts";
import { type Call, actorOf } from "../call.ts";
import { requireOwnRepository } from "../rights/management.ts";
import { runRuleOf } from "./aging.ts";
import { Budget } from "../housekeeping/budget.ts";

export type { LogEntry, StoredRule };

/** How much a new rule deletes before its request is answered: one page of tags is read, and one slice of it deleted. */
const AT_ONCE = { queries: 9, milliseconds: 5000 };
/** And after the answer: the platform leaves 30 seconds. The cron trigger does the rest. */
const AFTERWARDS = { queries: 400, milliseconds: 20_000 };

/** Runs a rule that was saved: a part of it before the answer, and more of it afterwards where that does not end it. */
async function runAtOnce({ stores, after }: Call, repositoryId: number): Promise<void> {
  const run = ({ queries, milliseconds }: typeof AT_ONCE) =>
    runRuleOf(stores, repositoryId, new Budget(stores.db, queries, milliseconds));
  if (!(await run(AT_ONCE))) after(() => run(AFTERWARDS));
}

/** An image's rule, or undefined. Needs any right to the image, as a user of its own account. */
export async function findImageRule(call: Call<Manager>, name: RepositoryName): Promise<StoredRule | undefined> {
  const { id } = await requireOwnRepository(call, name, "read");
  return findRule(call.stores.db, id);
}

/**
 * The same where there must be one.
 *
 * @param ruleId only if it is this one.
 */
export async function getImageRule(call: Call<Manager>, name: RepositoryName, ruleId?: number): Promise<StoredRule> {
  const rule = await findImageRule(call, name);
  if (rule && (ruleId === undefined || rule.id === ruleId)) return rule;
  throw unknownRule(name, ruleId);
}

/**
 * Gives an image its rule and runs it.
 *
 * @returns the id of the rule.
 */
export async function addImageRule(call: Call<Manager>, name: RepositoryName, rule: AgingRule): Promise<number> {
  const repository = await requireToChange(call, name, rule);
  const id = await insertRule(call.stores.db, actorOf(call), repository, rule);
  if (id !== undefined) {
    await runAtOnce(call, repository.id);
    return id;
  }
  // The image may have gone meanwhile.
  await requireOwnRepository(call, name, "manage");
  throw new RegistryError("RETENTION_EXISTS", {
    message: `image ${name} has an aging rule: delete that first`,
    detail: { name },
  });
}

/** Changes an image's rule and runs it. */
export async function changeImageRule(
  call: Call<Manager>,
  name: RepositoryName,
  ruleId: number,
  rule: AgingRule,
): Promise<void> {
  const repository = await requireToChange(call, name, rule);
  if (!(await updateRule(call.stores.db, actorOf(call), repository, ruleId, rule))) throw unknownRule(name, ruleId);
  await runAtOnce(call, repository.id);
}

/** Gives an image its rule, in place of the one that it may have, and runs it. */
export async function setImageRule(
  call: Call<Manager>,
  name: RepositoryName,
  rule: AgingRule,
  versions?: Versions,
): Promise<StoredRule> {
  const repository = await requireToChange(call, name, rule);
  await unlessChanged(`the aging rule of ${name}`, saveRule(call.stores.db, actorOf(call), repository, rule, versions));
  // Where it is gone again, or the image is, this tells.
  const saved = await getImageRule(call, name);
  await runAtOnce(call, repository.id);
  return saved;
}

async function requireToChange(call: Call<Manager>, name: RepositoryName, rule: AgingRule) {
  const repository = await requireOwnRepository(call, name, "manage");
  compileRule(rule);
  return repository;
}

/**
 * Deletes an image's rule. What a run is about to delete by it stays.
 *
 * @param ruleId only if it is this one.
 */
export async function removeImageRule(call: Call<Manager>, name: RepositoryName, ruleId?: number): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  if (!(await deleteRule(call.stores.db, actorOf(call), repository, ruleId))) throw unknownRule(name, ruleId);
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
 */
export async function previewRule(
  call: Call<Manager>,
  name: RepositoryName,
  rule: AgingRule,
  page: { after: PreviewPosition | undefined; limit: number },
): Promise<{ judged: Judged<StoredAgingTag>[]; limit: number; now: number }> {
  const { id } = await requireOwnRepository(call, name, "read");
  const compiled = compileRule(rule);
  const { after } = page;
  const limit = Math.min(page.limit, compiled.tagsAtOnce);
  const now = after?.now ?? Date.now();
  const tags = await listTagsByAge(call.stores.db, id, { order: "newest", after, limit: limit + 1 });
  return { judged: judgeAll(compiled, tags, after?.counted ?? 0, now), limit, now };
}

/** One page of what aging deleted from an image, the newest first, and how many entries there are in all. */
export async function listImageLog(
  call: Call<Manager>,
  name: RepositoryName,
  page: { limit: number; offset: number },
): Promise<{ entries: LogEntry[]; total: number }> {
  const { id } = await requireOwnRepository(call, name, "read");
  return listLog(call.stores.nearby, id, page);
}

/**
 * The same from an entry on.
 *
 * @param page `before`: the id to go on behind; undefined for the newest.
 */
export async function listImageLogBefore(
  call: Call<Manager>,
  name: RepositoryName,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<{ entries: LogEntry[]; hasMore: boolean }> {
  const { id } = await requireOwnRepository(call, name, "read");
  return listLogBefore(call.stores.nearby, id, before, limit);
}
