/** What belongs to an image goes and comes back with it: `storage/companions.ts`. */
import type { Actor } from "../model/access.ts";
import {
  expireWaiting,
  listUnsettledRepositories,
  listUnsettled,
  registryOf,
  settle,
  type SettledRepository,
  type Unsettled,
} from "../storage/companions.ts";
import type { Database } from "../storage/database.ts";
import { GONE_ACCOUNT } from "../storage/gone.ts";
import type { Stores } from "../storage/stores.ts";
import type { Budget } from "./budget.ts";

/** Batches that somebody waits for. An image takes one, its parts another, and what belongs to what belongs to it a third. */
const MAX_ROUNDS = 10;
/** What an image whose tags were just deleted takes in any case: its companions, those of its parts, and what belongs to these. */
const ROUNDS_OF_A_SPENT_BUDGET = 3;
const PAGE_REPOSITORIES = 20;
/** Each may be in an image of its own, which takes five queries. */
const WAITING_SLICE = 20;

/**
 * Settles what a batch has noted, right after it. Never fails, and ends early where there is much: housekeeping does the rest.
 *
 * @param noted as the batch has answered.
 */
export async function settleAfter(
  { db }: Stores,
  repository: Pick<SettledRepository, "id" | "name">,
  actor: Actor,
  noted: readonly Unsettled[],
): Promise<void> {
  if (noted.length === 0) return;
  try {
    let next = noted;
    for (let round = 0; next.length > 0 && round < MAX_ROUNDS; round += 1)
      next = await settle(db, repository, actor, next);
  } catch (error) {
    console.warn(`what belongs to images of ${repository.name} was left to the next run:`, error);
  }
}

/**
 * The same for what a run has noted, as far as the budget goes.
 *
 * @param noted the first of it.
 * @returns whether nothing was left.
 */
export async function settleRepository(
  db: Database,
  repository: SettledRepository,
  noted: readonly Unsettled[],
  budget: Budget,
): Promise<boolean> {
  try {
    let next = noted;
    for (let round = 0; next.length > 0; round += 1) {
      if (budget.isSpent && round >= ROUNDS_OF_A_SPENT_BUDGET) return false;
      next = await settle(db, repository, registryOf(repository), next);
    }
    return true;
  } catch (error) {
    // There may be no room for what is to return.
    console.warn(`what belongs to images of ${repository.name} was left to the next run:`, error);
    return false;
  }
}

/**
 * Settles what is left of all images, and lets companions go whose images never came.
 *
 * @param since companions that wait since then or longer go.
 * @returns whether nothing was left.
 */
export async function settleAll({ db }: Stores, since: number, budget: Budget): Promise<boolean> {
  // First, because what belongs to those that go is then noted.
  for (let expired = WAITING_SLICE; expired === WAITING_SLICE;) {
    if (budget.isSpent) return false;
    expired = await expireWaiting(db, since, WAITING_SLICE);
  }
  for (let last = 0; ;) {
    const repositories = await listUnsettledRepositories(db, last, PAGE_REPOSITORIES);
    for (const repository of repositories) {
      if (budget.isSpent) return false;
      // What was noted of an image that was deleted since goes with it.
      if (repository.accountId === GONE_ACCOUNT) continue;
      await settleRepository(db, repository, await listUnsettled(db, repository.id), budget);
    }
    last = repositories.at(-1)?.id ?? last;
    if (repositories.length < PAGE_REPOSITORIES) return true;
  }
}
