/** What is done every hour: `scheduled` in `src/index.ts`. */
import { dayOf } from "../model/day.ts";
import { deleteAuditBefore } from "../storage/audit.ts";
import { saveStoredBytes } from "../storage/reports.ts";
import { deleteEndedSessions } from "../storage/sessions.ts";
import { deleteEndedSignatures } from "../storage/signatures.ts";
import type { Stores } from "../storage/stores.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement deletes: well within the time that D1 gives it, with all the indexes they are in. */
const SLICE = 2000;
/** What is still left then is left to the next hour. */
const MAX_SLICES = 200;

/**
 * Deletes what has ended and notes the day's numbers. Each task is on its own: what one fails at is logged, and the
 * others go on.
 *
 * @param now when it was due.
 */
export async function keepHouse({ db, settings }: Stores, now: Date): Promise<void> {
  const keptFrom = new Date(now.getTime() - settings.auditDays * DAY_MS);
  const tasks: Record<string, () => Promise<void>> = {
    "ended sessions": () => inSlices((limit) => deleteEndedSessions(db, now, limit)),
    "used signatures": () => inSlices((limit) => deleteEndedSignatures(db, now, limit)),
    "old audit events": () => inSlices((limit) => deleteAuditBefore(db, keptFrom, limit)),
    "stored bytes of the day": () => saveStoredBytes(db, dayOf(now)),
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

async function inSlices(deleteSome: (limit: number) => Promise<number>): Promise<void> {
  for (let slice = 0; slice < MAX_SLICES; slice += 1) {
    if ((await deleteSome(SLICE)) < SLICE) return;
  }
}
