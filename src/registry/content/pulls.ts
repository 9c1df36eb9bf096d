/**
 * Counts pulls without slowing them: an isolate gathers them in memory and writes them a second later, all in one batch.
 * If the isolate ends within that second, its counts are lost; we accept that.
 */
import { dayOf } from "../../kernel/day.ts";
import { findParts } from "../../storage/content/find-manifest.ts";
import { addPulls, type ManifestPull, type RepositoryPulls } from "../../storage/content/pulls.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Incoming } from "../call.ts";
import { counts } from "../metrics/counting.ts";

const FLUSH_DELAY_MS = 1000;
/** Each retry waits longer than the one before. Counts that no retry could write are written with the next pull. */
const MAX_ATTEMPTS = 3;
/** When the platform ends a request, it ends the flush that the request was to do, without a word. */
const FLUSH_LAPSE_MS = 10_000;
/** Of repositories and of manifests. More than a second brings, so they are reached only while D1 takes nothing. */
const MAX_BUFFERED = 5000;

/** What somebody pulled: a manifest or the bytes of a blob. */
export interface Pull {
  repository: { id: number; accountId: number };
  /**
   * Whether it counts as a pull of the image: a blob, or a part of an index, belongs to one that was counted already. Of a
   * manifest that came without a query it is not known; it is found out when its pull is written.
   */
  isCounted: boolean | "unless part";
  bytes: number;
  manifestIds: readonly number[];
}

let repositories = new Map<string, RepositoryPulls>();
/** Pulls by day and manifest of which it is not known yet whether they count: bytes are in `repositories` already. */
let undecided = new Map<string, RepositoryPulls & { manifestId: number }>();
let manifests = new Map<number, ManifestPull>();
/** Until when a flush is on its way. */
let pendingUntil = 0;

/** Counts a pull in memory, and has it written after the answer unless an earlier one's flush is to do that. */
export function countPull(call: Incoming, { repository, isCounted, bytes, manifestIds }: Pull): void {
  const now = new Date();
  const pull = { accountId: repository.accountId, repositoryId: repository.id, day: dayOf(now) };
  addRepositories([{ ...pull, pulls: isCounted === true ? 1 : 0, bytes }]);
  if (isCounted === "unless part") {
    addUndecided(manifestIds.map((manifestId) => ({ ...pull, manifestId, pulls: 1, bytes: 0 })));
  }
  addManifests(manifestIds.map((manifestId) => ({ manifestId, pulledAt: now.getTime() })));
  if (now.getTime() >= pendingUntil) call.after(() => flushSoon(call.stores.db));
}

function addRepositories(pulls: Iterable<RepositoryPulls>): void {
  for (const pull of pulls) {
    const key = `${pull.day} ${pull.repositoryId}`;
    const counted = repositories.get(key);
    if (counted) {
      counted.pulls += pull.pulls;
      counted.bytes += pull.bytes;
    } else if (repositories.size < MAX_BUFFERED) repositories.set(key, pull);
  }
}

function addUndecided(pulls: Iterable<RepositoryPulls & { manifestId: number }>): void {
  for (const pull of pulls) {
    const key = `${pull.day} ${pull.manifestId}`;
    const counted = undecided.get(key);
    if (counted) counted.pulls += pull.pulls;
    else if (undecided.size < MAX_BUFFERED) undecided.set(key, pull);
  }
}

function addManifests(pulls: Iterable<ManifestPull>): void {
  for (const { manifestId, pulledAt } of pulls) {
    const known = manifests.get(manifestId);
    if (known) known.pulledAt = Math.max(known.pulledAt, pulledAt);
    else if (manifests.size < MAX_BUFFERED) manifests.set(manifestId, { manifestId, pulledAt });
  }
}

async function flushSoon(db: Stores["db"]): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const delayMs = attempt * FLUSH_DELAY_MS;
    pendingUntil = Date.now() + delayMs + FLUSH_LAPSE_MS;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    // Pulls from here on are not part of this write and need a flush of their own.
    pendingUntil = 0;
    if (await flush(db)) return;
    if (Date.now() < pendingUntil) return;
  }
}

/** @returns whether everything was written that was there at the start. */
async function flush(db: Stores["db"]): Promise<boolean> {
  const pulled = repositories;
  const pulledManifests = manifests;
  const candidates = undecided;
  repositories = new Map();
  undecided = new Map();
  manifests = new Map();
  if (pulled.size === 0) return true;
  try {
    const images = await imagesAmong(db, [...candidates.values()]);
    await addPulls(db, [...pulled.values(), ...images], [...pulledManifests.values()]);
    for (const { pulls, bytes } of [...pulled.values(), ...images]) {
      counts.add("berth_pulls_total", [], pulls);
      counts.add("berth_pulled_bytes_total", [], bytes);
    }
    return true;
  } catch (error) {
    addRepositories(pulled.values());
    addUndecided(candidates.values());
    addManifests(pulledManifests.values());
    console.warn(`pulls that could not be counted yet (repositories: ${pulled.size}):`, error);
    return false;
  }
}

/** Those pulls that count: of manifests that are images of their own. */
async function imagesAmong(
  db: Stores["db"],
  pulls: readonly (RepositoryPulls & { manifestId: number })[],
): Promise<RepositoryPulls[]> {
  if (pulls.length === 0) return [];
  const parts = await findParts(
    db,
    pulls.map(({ manifestId }) => manifestId),
  );
  return pulls.filter(({ manifestId }) => !parts.has(manifestId));
}
