/**
 * How jobs of synchronization reach the Worker that does them. The outbox row is written with the push, a queue brings it here, and the
 * database alone says what is still to be done. A message that is lost, or comes twice, does no harm (ADR 0030).
 */
import { imageOf, type RepositoryName } from "../../kernel/reference.ts";
import { readSyncGlob } from "../../model/sync/sync-rules.ts";
import { listFreshSyncs, listOverdueSyncs } from "../../storage/sync/sync-claims.ts";
import { deleteSyncJobs, supersedeOlder, type SyncEntry } from "../../storage/sync/sync-jobs.ts";
import { findSyncRules } from "../../storage/sync/sync-rules.ts";
import type { Stores } from "../../storage/stores.ts";

/** What the queue carries: the job itself is in the database. */
export interface SyncMessage {
  sync: number;
}

/** After how long somebody looks whether a message was lost. */
const OVERDUE_MS = 15_000;
const SWEEP_LIMIT = 2000;
/** The longest delay of a queue message. The sweeper finds jobs that are due later. */
const MAX_DELAY_S = 12 * 60 * 60;
/** A queue takes so many messages at once. */
const MAX_BATCH = 100;
/** Jobs of a deletion that are looked at at once; the sweeper has the rest. */
const MAX_FRESH = 1000;

/**
 * Sends the jobs of a push to the queue, but for those whose rule does not want the tag, and ends those that wait with what the
 * tag pointed to before. Never throws: the sweeper finds those that the queue did not take.
 */
export async function dispatchSyncs(
  stores: Stores,
  repository: RepositoryName,
  entries: readonly SyncEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  try {
    const rules = await findSyncRules(
      stores.db,
      entries.flatMap(({ ruleId }) => ruleId ?? []),
    );
    const wants = new Map([...rules].map(([id, rule]) => [id, readWanted(rule, repository)]));
    const wanted: number[] = [];
    const unwanted: number[] = [];
    for (const { id, ruleId, tag } of entries) {
      (ruleId === null || wants.get(ruleId)?.(tag) === true ? wanted : unwanted).push(id);
    }
    if (unwanted.length > 0) await deleteSyncJobs(stores.db, unwanted);
    if (wanted.length === 0) return;
    await supersedeOlder(stores.db, wanted);
    await enqueueSyncs(stores, wanted);
  } catch (error) {
    console.warn(`jobs of synchronization left to the sweeper (${entries.length}):`, error);
  }
}

/** The same for jobs of an image that a batch has written whose answer does not name them. */
export async function dispatchFreshSyncs(
  stores: Stores,
  { id, name }: { id: number; name: RepositoryName },
): Promise<void> {
  await dispatchSyncs(stores, name, await listFreshSyncs(stores.db, id, MAX_FRESH));
}

/** Makes a rule's globs ready: whether it wants a tag of an image. */
export function readWanted(
  rule: { images: string; tags: string },
  repository: RepositoryName,
): (tag: string) => boolean {
  if (!readSyncGlob(rule.images)(imageOf(repository))) return () => false;
  return readSyncGlob(rule.tags);
}

/** Puts jobs into the queue, to be looked at after so many milliseconds. */
export async function enqueueSyncs({ syncs }: Stores, ids: readonly number[], delayMs = 0): Promise<void> {
  const delaySeconds = Math.min(Math.ceil(delayMs / 1000), MAX_DELAY_S);
  for (let start = 0; start < ids.length; start += MAX_BATCH) {
    const messages = ids.slice(start, start + MAX_BATCH).map((sync) => ({ body: { sync } }));
    await syncs.sendBatch(messages, { delaySeconds });
  }
}

/** Queues again what has been due for a while: its message was lost, or never sent, or a Worker died over it. */
export async function sweepSyncs(stores: Stores): Promise<number> {
  const overdue = await listOverdueSyncs(stores.db, new Date(Date.now() - OVERDUE_MS), SWEEP_LIMIT);
  await enqueueSyncs(stores, overdue);
  return overdue.length;
}
