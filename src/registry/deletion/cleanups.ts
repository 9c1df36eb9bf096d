/** What is left to do of large deletions: `storage/deletion/cleanups.ts`. After the answer to who deleted, and every minute. */
import { type Cleanup, listCleanups } from "../../storage/deletion/cleanups.ts";
import { cleanAccount, cleanOrganization, cleanTrigger, cleanUser } from "../../storage/deletion/clean-targets.ts";
import { cleanRepository, cleanSmallRepository } from "../../storage/deletion/clean-repository.ts";
import { noteUnneeded } from "../../storage/garbage/unneeded-manifests.ts";
import { takeApart } from "../../storage/deletion/take-apart.ts";
import type { Stores } from "../../storage/stores.ts";
import { Budget } from "../housekeeping/budget.ts";

/** Targets that are looked for at once. */
const PAGE = 20;

/** How often somebody else may have left something of an image that was thought to be done. */
const MAX_PASSES = 10;

/** What may be done after an answer: the platform ends it half a minute later. */
const AFTERWARDS_QUERIES = 400;
const AFTERWARDS_MS = 20_000;

/** What may be done each minute, so that one run ends before the next begins. */
const MINUTE_QUERIES = 900;
const MINUTE_MS = 40_000;

/** The part of the remaining budget that one target may use, so that something is left for the others. */
const PART = 0.5;

/**
 * Continues all large deletions, as far as the budget allows. An error with one of them does not stop the others: the first
 * error is thrown at the end.
 */
export async function cleanUp(stores: Stores, budget: Budget): Promise<void> {
  const failures: unknown[] = [];
  try {
    await takeManifestsApart(stores, budget.share(PART));
  } catch (error) {
    failures.push(error);
  }
  // An organization can only go after its images: so the list is gone through again as long as something was deleted.
  for (let isWorking = true; isWorking && !budget.isSpent;) {
    isWorking = false;
    let page: Cleanup[];
    for (let after = 0; ; after = page.at(-1)?.id ?? 0) {
      page = await listCleanups(stores.db, after, PAGE);
      for (const cleanup of page) {
        if (budget.isSpent) break;
        try {
          if (await goOn(stores, cleanup, budget.share(PART))) isWorking = true;
        } catch (error) {
          failures.push(error);
        }
      }
      if (page.length < PAGE || budget.isSpent) break;
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Deletes the first slice of rows at once, which is usually all of them. Never throws, because it is
 * deleted already; what fails waits for the next run.
 */
export async function cleanSoon(
  deleted: Pick<Cleanup, "kind" | "targetId"> | { kind: "manifests" },
  { db }: Stores,
): Promise<void> {
  try {
    if (deleted.kind === "image") await cleanSmallRepository(db, deleted.targetId);
    else if (deleted.kind === "manifests") await takeApart(db);
    else if (deleted.kind !== "untagged") await SLICES[deleted.kind](db, deleted.targetId);
  } catch (error) {
    console.error("what was deleted is taken apart by the next run:", error);
  }
}

/** Deletes the next slice of one target. @returns whether nothing more can be done at present. */
const SLICES = {
  account: cleanAccount,
  organization: cleanOrganization,
  trigger: cleanTrigger,
  user: cleanUser,
} as const;

/** The same every minute, for what is left after the answer. */
export function cleanUpEveryMinute(stores: Stores): Promise<void> {
  // Deliveries come first, and have sent some.
  return cleanUp(stores, Budget.ofInvocation(stores.db, MINUTE_QUERIES, MINUTE_MS));
}

/** The same after an answer. Never throws: what fails waits for the next run. */
export async function cleanUpAfterwards(stores: Stores): Promise<void> {
  try {
    await cleanUp(stores, new Budget(stores.db, AFTERWARDS_QUERIES, AFTERWARDS_MS));
  } catch (error) {
    console.error("what is left of deletions waits for the next run:", error);
  }
}

/** Manifests that were deleted one by one. */
async function takeManifestsApart({ db }: Stores, budget: Budget): Promise<void> {
  for (let changed = 1; changed > 0 && !budget.isSpent;) {
    changed = await takeApart(db);
  }
}

/** @returns whether anything came of it that others may have waited for. */
async function goOn({ db }: Stores, cleanup: Cleanup, budget: Budget): Promise<boolean> {
  switch (cleanup.kind) {
    case "image":
      for (let stage = 0, passes = 0; !budget.isSpent;) {
        const next = await cleanRepository(db, cleanup.targetId, stage);
        if (typeof next === "string") return next === "done";
        if (next < stage && (passes += 1) > MAX_PASSES) {
          throw new Error(`image ${cleanup.targetId} has rows that nothing deletes`);
        }
        stage = next;
      }
      return true;
    case "untagged":
      await noteUnneeded(db, cleanup);
      return true;
    default: {
      const deleteSlice = SLICES[cleanup.kind];
      for (let isDone = false; !isDone && !budget.isSpent;) {
        isDone = await deleteSlice(db, cleanup.targetId);
      }
      // An account leaves its users.
      return cleanup.kind === "account";
    }
  }
}
