/** Garbage collection: design, "Delete and garbage". Online, in bounded slices, without a lock. */
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor, Manager } from "../../model/rights/access.ts";
import { UPLOAD_IDLE_MS } from "../../kernel/limits.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import {
  type CollectionRecord,
  countDue,
  countReclaimable,
  deleteAbandoned,
  deleteGarbageBlobs,
  deleteUnneededLinks,
  findKeepsUntagged,
  findObjectCursor,
  findUnknownObjects,
  forgetGarbageObjects,
  type Garbage,
  listCollections,
  listGarbageObjects,
  observeLinks,
  saveCollection,
  setKeepsUntagged,
  startCollection,
} from "../../storage/garbage/garbage.ts";
import { deleteUnneededManifests, observeManifests } from "../../storage/garbage/unneeded-manifests.ts";
import { findUnlisted } from "../../storage/content/blobs.ts";
import { takeApart } from "../../storage/deletion/take-apart.ts";
import { hasObject, OBJECT_PREFIX } from "../../storage/content/objects.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, type Call } from "../call.ts";
import { unlessChanged } from "../versions.ts";
import { requireOperator, requireOwnRepository, unknownImage } from "../rights/management.ts";
import { noteLost } from "../content/blobs.ts";
import { announceRemovals } from "../content/edge-content.ts";
import { Budget } from "../housekeeping/budget.ts";
import { cleanUp, cleanUpAfterwards } from "../deletion/cleanups.ts";
import { settleAll } from "../content/companions.ts";

export type { CollectionRecord, Garbage };

/** Rows that one statement changes: requests wait for it, so it is to take milliseconds. */
const SLICE_ROWS = 100;
/** The same of statements that only mark rows, which takes less. */
const MARKED_ROWS = 300;
/** R2 deletes at most so many keys at once, and lists as many. */
const MAX_KEYS = 1000;
/** Pages of the bucket that one run compares with the database. */
const MAX_LISTED_PAGES = 20;
const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * An object without a row may belong to an upload that has yet to write it: for a day after its last request. After twice
 * that it belongs to nobody.
 */
const ORPHAN_MS = 2 * DAY_MS;

/** What companions may take of what is left of a run before the others have their next turn. */
const COMPANIONS_PART = 0.2;

/** What one run may do that somebody waits for. */
const MANUAL_QUERIES = 400;
const MANUAL_MS = 20_000;
/** What a dry run may do beside counting: it lists the bucket as a run would. */
const DRY_QUERIES = 100;

/**
 * Collects what nothing has needed for the grace period, as far as the budget goes. May die anywhere and may run twice at
 * once: the next run finds all that is left. What fails is logged, the rest goes on, and the run is not complete.
 *
 * @param actor who started it, for the audit; undefined for the clock.
 */
export async function collectGarbage(
  stores: Stores,
  budget: Budget,
  actor?: Actor,
): Promise<CollectionRecord & { hasFailed: boolean }> {
  const { db, settings } = stores;
  const run = await startCollection(db, Date.now(), actor);
  const since = Date.now() - settings.graceDays * DAY_MS;
  /** So that a run that dies has told what it did. */
  const save = () => saveCollection(db, run);

  /** The steps that failed in this run. The others go on, and the next run tries these again. */
  const failed = new Set<string>();
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failed.add(what);
      console.error(`garbage collection of ${what} failed:`, error);
    }
  };

  // Deleted images have manifests and blobs that are garbage only then.
  await attempt("deletions", () => cleanUp(stores, budget));
  const isDue = {
    companions: true,
    observation: true,
    manifests: true,
    parts: true,
    links: true,
    begun: true,
    blobs: true,
    objects: true,
  };
  type Kind = keyof typeof isDue;
  /** Each step handles one slice of its kind of thing, and marks what is due next. */
  const steps: Record<Kind, () => Promise<void>> = {
    companions: async () => {
      isDue.companions = !(await settleAll(stores, since, budget.share(COMPANIONS_PART)));
    },
    observation: async () => {
      isDue.observation = (await observeManifests(db, Date.now(), MARKED_ROWS)) === MARKED_ROWS;
    },
    manifests: async () => {
      const { deleted, seen } = await deleteUnneededManifests(db, since, MARKED_ROWS);
      run.manifests += deleted;
      isDue.manifests = seen >= MARKED_ROWS;
      if (deleted > 0) isDue.parts = true;
    },
    parts: async () => {
      const changed = await takeApart(db);
      isDue.parts = changed > 0;
      // They leave blobs behind, and manifests that only they needed.
      if (changed > 0) isDue.companions = isDue.observation = isDue.links = isDue.blobs = true;
    },
    links: async () => {
      const observed = await observeLinks(db, Date.now(), SLICE_ROWS);
      const deleted = await deleteUnneededLinks(db, since, SLICE_ROWS);
      isDue.links = Math.max(observed, deleted) === SLICE_ROWS;
      if (deleted > 0) isDue.begun = true;
    },
    begun: async () => {
      // An upload may still be under way until then; what it leaves has the grace period.
      isDue.begun = (await deleteAbandoned(db, Date.now() - UPLOAD_IDLE_MS, SLICE_ROWS)) === SLICE_ROWS;
    },
    blobs: async () => {
      const { deleted, hasMore } = await deleteGarbageBlobs(db, since, SLICE_ROWS);
      run.blobs += deleted;
      isDue.blobs = hasMore;
      if (deleted > 0) isDue.objects = true;
    },
    objects: async () => {
      isDue.objects = await deleteObjects(stores, run);
    },
  };
  const kinds = Object.keys(steps) as Kind[];
  const isNext = (kind: Kind) => isDue[kind] && !failed.has(kind);
  // A slice of each in turn, so that bytes go from the beginning on, however much there is.
  while (kinds.some(isNext) && !budget.isSpent) {
    for (const kind of kinds) if (isNext(kind)) await attempt(kind, steps[kind]);
    await save();
  }
  await attempt("the bucket", async () => {
    for await (const { orphans, page } of findOrphans(stores, run.objectCursor, budget)) {
      if (orphans.length > 0) {
        await stores.bucket.delete(orphans.map(({ key }) => key));
        run.objects += orphans.length;
        run.bytes += totalOf(orphans);
      }
      await findLost(stores, page);
      run.objectCursor = page.end;
      await save();
    }
  });

  await announceRemovals(stores);
  run.isComplete = failed.size === 0 && !Object.values(isDue).includes(true);
  run.endedAt = new Date();
  await saveCollection(db, run);
  return { ...run, hasFailed: failed.size > 0 };
}

/** Deletes objects whose rows are gone. They are forgotten only afterwards, and deleting one twice does no harm. */
async function deleteObjects({ db, bucket }: Stores, run: CollectionRecord): Promise<boolean> {
  const objects = await listGarbageObjects(db, MAX_KEYS);
  if (objects.length === 0) return false;
  const keys = objects.map(({ objectKey }) => objectKey);
  await bucket.delete(keys);
  await forgetGarbageObjects(db, keys);
  run.objects += objects.length;
  run.bytes += totalOf(objects);
  return objects.length === MAX_KEYS;
}

/**
 * Compares a part of the bucket with the database, page by page.
 *
 * @param start where an earlier search ended; null for the beginning.
 * @returns of each page the objects that no row names.
 */
async function* findOrphans(
  { db, bucket }: Stores,
  start: string | null,
  budget: Budget,
): AsyncGenerator<{ orphans: R2Object[]; page: BucketPage }> {
  let cursor = start;
  for (let pages = 0; pages < MAX_LISTED_PAGES && !budget.isSpent; pages += 1) {
    const listedAt = new Date();
    const begin = cursor;
    const { objects, truncated } = await bucket.list({
      prefix: OBJECT_PREFIX,
      limit: MAX_KEYS,
      ...(cursor !== null && { startAfter: cursor }),
    });
    const old = objects.filter(({ uploaded }) => uploaded.getTime() < Date.now() - ORPHAN_MS);
    const keys = old.map(({ key }) => key);
    const unknown = keys.length > 0 ? await findUnknownObjects(db, keys) : new Set<string>();
    cursor = truncated ? (objects.at(-1)?.key ?? null) : null;
    const page = { listedAt, begin, end: cursor, keys: objects.map(({ key }) => key) };
    yield { orphans: old.filter(({ key }) => unknown.has(key)), page };
    if (cursor === null) return;
  }
}

/** A part of the bucket as it was listed. */
interface BucketPage {
  listedAt: Date;
  /** The key that it comes after; null at the beginning of the bucket. */
  begin: string | null;
  /** Its last key; null at the end of the bucket. */
  end: string | null;
  keys: string[];
}

/**
 * Notes the blobs whose objects a part of the bucket should have, and has not. Each is asked for once more: it may have got
 * another object since.
 */
async function findLost({ db, bucket }: Stores, { listedAt, begin, end, keys }: BucketPage): Promise<void> {
  const range = { after: begin ?? "", upTo: end ?? undefined };
  const unlisted = await findUnlisted(db, range, keys, listedAt);
  const lost: string[] = [];
  for (const object of unlisted) if (!(await hasObject(bucket, object))) lost.push(object.objectKey);
  if (lost.length > 0) await noteLost(db, lost);
}

function totalOf(objects: readonly { size: number }[]): number {
  return objects.reduce((sum, { size }) => sum + size, 0);
}

// --- As operators see it ---

export interface GarbageReport {
  graceDays: number;
  /** What nothing needs at present. */
  reclaimable: Garbage;
  /** What a collection would take now. */
  due: Garbage;
  /** The last runs, the newest first. */
  runs: CollectionRecord[];
}

/** What could be collected now, and the last runs. */
export async function reportGarbage(call: Call<Manager>): Promise<GarbageReport> {
  requireOperator(call);
  const { graceDays } = call.stores.settings;
  const [reclaimable, due, runs] = await Promise.all([
    countReclaimable(call.stores.db),
    countDue(call.stores.db, Date.now() - graceDays * DAY_MS),
    listCollections(call.stores.db, 20),
  ]);
  return { graceDays, reclaimable, due, runs };
}

/** What went, or would go. */
export interface Collected {
  manifests: number;
  blobs: number;
  objects: number;
  bytes: number;
  /** Whether nothing is left that is due. */
  isComplete: boolean;
  /** Whether a step failed; the log says why. A repetition at once would fail as well. */
  hasFailed: boolean;
  /** Whether the search for objects that nothing names has come to the end of the bucket. */
  isBucketDone: boolean;
}

/** Collects now, as far as somebody can wait for it. */
export async function startCollecting(call: Call<Manager>): Promise<Collected> {
  requireOperator(call);
  const run = await collectGarbage(call.stores, new Budget(call.stores.db, MANUAL_QUERIES, MANUAL_MS), actorOf(call));
  return { ...run, isBucketDone: run.objectCursor === null };
}

/** Counts what a collection would delete now; changes nothing. */
export async function previewCollection(call: Call<Manager>): Promise<Collected> {
  requireOperator(call);
  const { db, settings } = call.stores;
  const { isExact, ...due } = await countDue(db, Date.now() - settings.graceDays * DAY_MS);
  const preview = { ...due, isComplete: isExact, hasFailed: false, isBucketDone: false };
  const budget = new Budget(db, DRY_QUERIES, MANUAL_MS);
  for await (const { orphans, page } of findOrphans(call.stores, await findObjectCursor(db), budget)) {
    preview.objects += orphans.length;
    preview.bytes += totalOf(orphans);
    preview.isBucketDone = page.end === null;
  }
  return preview;
}

// --- Per image ---

/** Whether an image keeps manifests that nothing needs. */
export async function getKeepsUntagged(call: Call<Manager>, name: RepositoryName): Promise<boolean> {
  const { id } = await requireOwnRepository(call, name, "read");
  const keepsUntagged = await findKeepsUntagged(call.stores.db, id);
  if (keepsUntagged === undefined) throw unknownImage(name);
  return keepsUntagged;
}

/** Sets whether an image keeps them. Those that it keeps no longer have the whole grace period from then on. */
export async function changeKeepsUntagged(
  call: Call<Manager>,
  name: RepositoryName,
  keepsUntagged: boolean,
  versions?: Versions,
): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  const setting = setKeepsUntagged(call.stores.db, actorOf(call), repository, keepsUntagged, versions);
  await unlessChanged(`the garbage collection of ${name}`, setting);
  call.after(() => cleanUpAfterwards(call.stores));
}
