/** The hourly tasks; `scheduled` in `src/index.ts` starts them. */
import { dayOf } from "../../kernel/day.ts";
import { HISTORY_DAYS } from "../../model/triggers/deliveries.ts";
import { UPLOAD_IDLE_MS } from "../../kernel/limits.ts";
import { deleteAuditBefore } from "../../storage/audit/audit-list.ts";
import { deleteDeliveriesBefore } from "../../storage/triggers/delivery-history.ts";
import { deleteLostUploads } from "../../storage/content/open-uploads.ts";
import { deleteSyncJobsBefore } from "../../storage/sync/sync-history.ts";
import { deleteIdlePaces } from "../../storage/outbound/paces.ts";
import { deleteUsageBefore } from "../../storage/overview/daily-usage.ts";
import { saveStoredBytes } from "../../storage/overview/reports.ts";
import { deleteLogBefore } from "../../storage/aging/aging-log.ts";
import { deleteEndedSessions } from "../../storage/logins/sessions.ts";
import { deleteEndedSignatures } from "../../storage/logins/used-signatures.ts";
import type { Stores } from "../../storage/stores.ts";
import { runDueRules } from "../aging/aging.ts";
import { Budget } from "./budget.ts";
import { collectGarbage } from "../garbage/garbage.ts";
import { USAGE_DAYS } from "../overview/daily-usage.ts";
import { expireUnpulled } from "../upstreams/idle-tags.ts";
import { reencryptSecrets } from "./secret-rotation.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement deletes, with all the indexes they are in: requests wait for it. */
const SLICE = 1000;
/** Of deliveries, each of which has tries. */
const SLICE_DELIVERIES = 500;
/**
 * Queries of all tasks together. The platform allows 1,000 in one invocation; a task that is in the middle of something when
 * its part is spent goes a few further.
 */
const QUERIES = 900;
/** All must end within a quarter of an hour. */
const MINUTES = 12;

/** A task, and its weight: how much of the remaining budget it may use compared with the others. */
interface Task {
  weight: number;
  run: (budget: Budget) => Promise<unknown>;
}

/**
 * Runs all hourly tasks. They are independent: if one fails, the error is logged and the
 * others go on.
 *
 * @param now when it was due.
 * @returns the names of those that failed.
 */
export async function keepHouse(stores: Stores, now: Date): Promise<string[]> {
  const { db, settings } = stores;
  const keptFrom = new Date(now.getTime() - settings.auditDays * DAY_MS);
  // A session is known anew to be there at least once a day.
  const lostFrom = new Date(now.getTime() - 2 * UPLOAD_IDLE_MS);
  const historyFrom = new Date(now.getTime() - HISTORY_DAYS * DAY_MS);
  const usageFrom = dayOf(new Date(now.getTime() - USAGE_DAYS * DAY_MS));
  const tasks: Record<string, Task> = {
    "ended sessions": inSlices((limit) => deleteEndedSessions(db, now, limit)),
    "used signatures": inSlices((limit) => deleteEndedSignatures(db, now, limit)),
    "old audit events": inSlices((limit) => deleteAuditBefore(db, keptFrom, limit)),
    "old deliveries": inSlices((limit) => deleteDeliveriesBefore(db, historyFrom, limit), SLICE_DELIVERIES),
    "old jobs of synchronization": inSlices((limit) => deleteSyncJobsBefore(db, historyFrom, limit), SLICE_DELIVERIES),
    "the log of aging": inSlices((limit) => deleteLogBefore(db, keptFrom, limit)),
    "usage of old days": inSlices((limit) => deleteUsageBefore(db, usageFrom, limit)),
    "secrets under an older key": { weight: 1, run: (budget) => reencryptSecrets(stores, budget) },
    "lost uploads": inSlices((limit) => deleteLostUploads(db, lostFrom, limit)),
    "idle paces": inSlices((limit) => deleteIdlePaces(db, now, limit)),
    "stored bytes of the day": { weight: 1, run: (budget) => saveAllStoredBytes(stores, now, budget) },
    "tags that nobody pulls": { weight: 2, run: (budget) => expireUnpulled(stores, budget) },
    "aging rules": { weight: 5, run: (budget) => runDueRules(stores, budget) },
    garbage: { weight: 5, run: (budget) => collectAllGarbage(stores, budget) },
  };
  const whole = new Budget(db, QUERIES, MINUTES * 60 * 1000);
  let weights = Object.values(tasks).reduce((sum, { weight }) => sum + weight, 0);
  const failed: string[] = [];
  // One after the other: D1 runs one query at a time, and requests are waiting for it too. If a task does not use its share,
  // the others have; what it has no room for, the next hour has.
  for (const [name, { weight, run }] of Object.entries(tasks)) {
    try {
      await run(whole.share(weight / weights));
    } catch (error) {
      console.error(`housekeeping of ${name} failed:`, error);
      failed.push(name);
    }
    weights -= weight;
  }
  return failed;
}

async function collectAllGarbage(stores: Stores, budget: Budget): Promise<void> {
  const { hasFailed } = await collectGarbage(stores, budget);
  if (hasFailed) throw new Error("a part of the collection failed, as is logged above");
}

async function saveAllStoredBytes({ db }: Stores, now: Date, budget: Budget): Promise<void> {
  for (let last: number | undefined = 0; last !== undefined && !budget.isSpent;) {
    const after: number = last;
    last = await saveStoredBytes(db, dayOf(now), after, SLICE);
  }
}

/** @param slice rows that `deleteSome` deletes at once, fewer where there are no more. */
function inSlices(deleteSome: (limit: number) => Promise<number>, slice = SLICE): Task {
  const run = async (budget: Budget) => {
    while (!budget.isSpent) {
      if ((await deleteSome(slice)) < slice) return;
    }
  };
  return { weight: 1, run };
}
