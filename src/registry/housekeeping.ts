/** What is done every hour: `scheduled` in `src/index.ts`. */
import { dayOf } from "../model/day.ts";
import { HISTORY_DAYS } from "../model/delivery.ts";
import { UPLOAD_IDLE_MS } from "../model/limits.ts";
import { deleteAuditBefore } from "../storage/audit.ts";
import { deleteDeliveriesBefore } from "../storage/deliveries.ts";
import { deleteLostUploads } from "../storage/open-uploads.ts";
import { saveStoredBytes } from "../storage/reports.ts";
import { deleteLogBefore } from "../storage/retention.ts";
import { deleteEndedSessions } from "../storage/sessions.ts";
import { deleteEndedSignatures } from "../storage/signatures.ts";
import type { Stores } from "../storage/stores.ts";
import { runDueRules } from "./aging.ts";
import { Budget } from "./budget.ts";
import { collectGarbage } from "./garbage.ts";
import { breathe } from "./pace.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement deletes, with all the indexes they are in: requests wait for it. */
const SLICE = 500;
/** Of deliveries, each of which has tries. */
const SLICE_DELIVERIES = 50;
/** What is still left then is left to the next hour. */
const MAX_SLICES = 60;
/** Of the 1,000 queries that the platform allows in all. */
const AGING_QUERIES = 400;
const GARBAGE_QUERIES = 400;
/** All must end within a quarter of an hour. */
const AGING_MS = 3 * 60 * 1000;
const GARBAGE_MS = 5 * 60 * 1000;

/**
 * Deletes what has ended and notes the day's numbers. Each task is on its own: what one fails at is logged, and the
 * others go on.
 *
 * @param now when it was due.
 */
export async function keepHouse(stores: Stores, now: Date): Promise<void> {
  const { db, settings } = stores;
  const keptFrom = new Date(now.getTime() - settings.auditDays * DAY_MS);
  // A session is known anew to be there at least once a day.
  const lostFrom = new Date(now.getTime() - 2 * UPLOAD_IDLE_MS);
  const historyFrom = new Date(now.getTime() - HISTORY_DAYS * DAY_MS);
  const tasks: Record<string, () => Promise<void>> = {
    "ended sessions": () => inSlices((limit) => deleteEndedSessions(db, now, limit)),
    "used signatures": () => inSlices((limit) => deleteEndedSignatures(db, now, limit)),
    "old audit events": () => inSlices((limit) => deleteAuditBefore(db, keptFrom, limit)),
    "old deliveries": () => inSlices((limit) => deleteDeliveriesBefore(db, historyFrom, limit), SLICE_DELIVERIES),
    "the log of aging": () => inSlices((limit) => deleteLogBefore(db, keptFrom, limit)),
    "lost uploads": () => inSlices((limit) => deleteLostUploads(db, lostFrom, limit)),
    "stored bytes of the day": () => saveStoredBytes(db, dayOf(now)),
    "aging rules": async () => {
      await runDueRules(stores, new Budget(AGING_QUERIES, AGING_MS));
    },
    garbage: async () => {
      await collectGarbage(stores, new Budget(GARBAGE_QUERIES, GARBAGE_MS));
    },
  };
  // One after the other: D1 does one thing at a time, and requests are waiting for it too.
  for (const [name, task] of Object.entries(tasks)) {
    try {
      await task();
    } catch (error) {
      console.error(`housekeeping of ${name} failed:`, error);
    }
  }
}

async function inSlices(deleteSome: (limit: number) => Promise<number>, limit = SLICE): Promise<void> {
  for (let slice = 0; slice < MAX_SLICES; slice += 1) {
    const startedAt = Date.now();
    if ((await deleteSome(limit)) < limit) return;
    await breathe(startedAt);
  }
}
