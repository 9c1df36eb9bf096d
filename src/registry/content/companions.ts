/** What belongs to an image goes and comes back with it: `storage/content/settling.ts`. */
import type { Digest } from "../../kernel/digest.ts";
import { expireWaiting } from "../../storage/content/waiting-companions.ts";
import {
  listUnsettledRepositories,
  listUnsettled,
  registryOf,
  settle,
  type SettledRepository,
  type Unsettled,
} from "../../storage/content/settling.ts";
import type { Database } from "../../storage/database.ts";
import { GONE_ACCOUNT } from "../../storage/deletion/gone.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, type Call } from "../call.ts";
import type { Budget } from "../housekeeping/budget.ts";

/**
 * Batches that run before the request is answered: one for the image's companions, one for those of its children, and
 * one for companions of companions.
 */
const MAX_ROUNDS = 10;
/**
 * Always enough for an image whose tags were just deleted: its companions, those of its children, and the companions of
 * these.
 */
const ROUNDS_OF_A_SPENT_BUDGET = 3;
const PAGE_REPOSITORIES = 20;
/** Each may be in an image of its own, which takes five queries. */
const WAITING_SLICE = 20;

/**
 * Deletes or restores the companions of the manifests that a batch has marked. To be called right after the batch.
 * Never throws; if there is too much to do it stops early, and housekeeping does the rest.
 *
 * @param noted as the batch has answered.
 */
export async function settleAfter(
  call: Call,
  repository: Pick<SettledRepository, "id" | "name">,
  noted: readonly Unsettled[],
): Promise<void> {
  if (noted.length === 0) return;
  try {
    const doing = { doer: actorOf(call), goesOn: (round: number) => round < MAX_ROUNDS };
    await settleSlices(call.stores.db, repository, noted, doing);
  } catch (error) {
    warnOfRest(repository, error);
  }
}

/** The same for what the registry itself has done, as it got something from elsewhere. */
export async function settleNow(
  db: Database,
  repository: SettledRepository,
  noted: readonly Unsettled[],
): Promise<void> {
  if (noted.length === 0) return;
  try {
    const goesOn = (round: number) => round < MAX_ROUNDS;
    await settleSlices(db, repository, noted, { doer: registryOf(repository), goesOn });
  } catch (error) {
    warnOfRest(repository, error);
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
    const goesOn = (round: number) => !budget.isSpent || round < ROUNDS_OF_A_SPENT_BUDGET;
    return await settleSlices(db, repository, noted, { doer: registryOf(repository), goesOn });
  } catch (error) {
    warnOfRest(repository, error);
    return false;
  }
}

/**
 * Works slice by slice. Companions for which the quota has no room are skipped, and tried again after the others, which may
 * have made room.
 *
 * @param doing in whose name, and whether there is time for one more round.
 * @returns whether nothing was left.
 */
async function settleSlices(
  db: Database,
  repository: Pick<SettledRepository, "id" | "name">,
  noted: readonly Unsettled[],
  { doer, goesOn }: { doer: Parameters<typeof settle>[2]; goesOn: (round: number) => boolean },
): Promise<boolean> {
  let next = noted;
  let after: Digest | undefined;
  let settled = 0;
  for (let round = 0; ; round += 1) {
    if (next.length === 0 && after && settled > 0) {
      next = await listUnsettled(db, repository.id);
      after = undefined;
      settled = 0;
    }
    if (next.length === 0) {
      if (after) warnOfRest(repository, "a quota has no room for what is to return");
      return after === undefined;
    }
    if (!goesOn(round)) return false;
    const result = await settle(db, repository, doer, next, after);
    settled += result.settled;
    ({ next, after } = result);
  }
}

function warnOfRest({ name }: Pick<SettledRepository, "name">, reason: unknown): void {
  console.warn(`what belongs to images of ${name} was left to the next run:`, reason);
}

/**
 * Handles all marked manifests of all images, and deletes companions whose image was never pushed.
 *
 * @param since companions that wait since then or longer go.
 * @returns whether nothing was left.
 */
export async function settleAll({ db }: Stores, since: number, budget: Budget): Promise<boolean> {
  // First, because deleting these marks their own companions.
  for (let expired = WAITING_SLICE; expired === WAITING_SLICE;) {
    if (budget.isSpent) return false;
    expired = await expireWaiting(db, since, WAITING_SLICE);
  }
  for (let last = 0; ;) {
    const repositories = await listUnsettledRepositories(db, last, PAGE_REPOSITORIES);
    for (const repository of repositories) {
      // If the image was deleted since, its marks were deleted with it.
      if (repository.accountId === GONE_ACCOUNT) continue;
      await settleRepository(db, repository, await listUnsettled(db, repository.id), budget);
      // Also of the last one: something of it may be left.
      if (budget.isSpent) return false;
    }
    last = repositories.at(-1)?.id ?? last;
    if (repositories.length < PAGE_REPOSITORIES) return true;
  }
}
