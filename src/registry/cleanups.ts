/** What is left to do of large deletions: `storage/deletion.ts`. After the answer to who deleted, and every minute. */
import { cleanOrganization, cleanRepository, type Cleanup, listCleanups, noteUnneeded } from "../storage/deletion.ts";
import { isNeeded } from "../storage/garbage.ts";
import type { Stores } from "../storage/stores.ts";
import { Budget } from "./budget.ts";
import { breathe } from "./pace.ts";

/** Targets that are looked for at once. */
const PAGE = 20;

/** What may be done after an answer: the platform ends it half a minute later. */
const AFTERWARDS_QUERIES = 400;
const AFTERWARDS_MS = 20_000;

/** Goes on with what is to be taken apart, as far as the budget goes. Never throws: what fails waits for the next run. */
export async function cleanUp(stores: Stores, budget: Budget): Promise<void> {
  try {
    for (let isWorking = true; isWorking && !budget.isSpent;) {
      const found = await listCleanups(stores.db, PAGE);
      budget.spend(1);
      isWorking = false;
      for (const cleanup of found) {
        if (budget.isSpent) return;
        if (await goOn(stores, cleanup, budget)) isWorking = true;
      }
    }
  } catch (error) {
    console.error("what is left of deletions waits for the next run:", error);
  }
}

/** The same after an answer. */
export function cleanUpAfterwards(stores: Stores): Promise<void> {
  return cleanUp(stores, new Budget(AFTERWARDS_QUERIES, AFTERWARDS_MS));
}

/** @returns whether anything came of it that others may have waited for. */
async function goOn({ db }: Stores, cleanup: Cleanup, budget: Budget): Promise<boolean> {
  switch (cleanup.kind) {
    case "image":
      for (let isDone = false; !isDone && !budget.isSpent;) {
        const startedAt = Date.now();
        const slice = await cleanRepository(db, cleanup.targetId);
        budget.spend(slice.queries);
        isDone = slice.isDone;
        await breathe(startedAt);
      }
      return true;
    case "organization":
      for (let isWaiting = false; !isWaiting && !budget.isSpent;) {
        isWaiting = await cleanOrganization(db, cleanup.targetId);
        budget.spend(3);
      }
      return false;
    case "untagged": {
      const startedAt = Date.now();
      await noteUnneeded(db, cleanup, isNeeded);
      budget.spend(3);
      await breathe(startedAt);
      return true;
    }
  }
}
