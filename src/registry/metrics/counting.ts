/**
 * Counts what happens without slowing it: an isolate gathers numbers in memory and writes all of them down in one row, some seconds
 * later, after an answer (ADR 44). If the isolate ends before that, they are lost; we accept that.
 */
import { Counts, type SeriesCounts, sumOfCounts } from "../../model/metrics/counts.ts";
import { ENDED_MS, saveCounts } from "../../storage/metrics/metric-counts.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Incoming } from "../call.ts";

/** The platform lets work go on for 30 s after an answer. */
const FLUSH_DELAY_MS = 20_000;
/** When the platform ends a request, it ends the flush that the request was to do, without a word. */
const FLUSH_LAPSE_MS = 10_000;
/** After so long the row may belong to nobody any more: the next numbers get a row of their own. */
const ROW_MS = ENDED_MS / 2;

/** All that this isolate has counted and not written down. Whether anybody asks for it does not matter here: it is bounded. */
export const counts = new Counts();

/** The row of this isolate. */
let row: { id: string; counts: SeriesCounts; savedAt: number } | undefined;
/** Until when a flush is on its way, and until when one is being written. */
let pendingUntil = 0;
let writingUntil = 0;

/** Has what was counted written down after the answer, unless an earlier request's flush is to do that, or nobody reads it. */
export function writeCountsLater({ stores, after }: Pick<Incoming, "stores" | "after">): void {
  if (stores.secrets.metrics === undefined || Date.now() < pendingUntil) return;
  pendingUntil = Date.now() + FLUSH_DELAY_MS + FLUSH_LAPSE_MS;
  after(async () => {
    await new Promise((resolve) => setTimeout(resolve, FLUSH_DELAY_MS));
    // What is counted from here on needs a flush of its own.
    pendingUntil = 0;
    await writeCounts(stores);
  });
}

/** Writes down at once what was counted, unless nobody reads it. Never throws: what could not be written is written the next time. */
export async function writeCounts(stores: Stores): Promise<void> {
  const now = Date.now();
  if (stores.secrets.metrics === undefined || counts.isEmpty || now < writingUntil) return;
  writingUntil = now + FLUSH_LAPSE_MS;
  const taken = counts.take();
  // The same id also after a write whose answer was lost, so that nothing counts twice.
  const own =
    row !== undefined && now - row.savedAt < ROW_MS ? row : { id: crypto.randomUUID(), counts: {}, savedAt: now };
  row = own;
  const all = sumOfCounts(own.counts, taken);
  try {
    await saveCounts(stores.db, own.id, all, new Date(now));
    row = { id: own.id, counts: all, savedAt: now };
  } catch (error) {
    counts.addAll(taken);
    console.warn("counts of the metrics are written down later:", error);
  } finally {
    writingUntil = 0;
  }
}
