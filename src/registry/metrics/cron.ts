/** What a cron trigger does besides its work: it records how that went, and keeps the numbers of `/metrics` small and new. */
import { recordCronRun, type CronName } from "../../storage/metrics/cron-runs.ts";
import { measureAccounts, saveReclaimable } from "../../storage/metrics/gauges.ts";
import { foldCounts } from "../../storage/metrics/metric-counts.ts";
import { countReclaimable } from "../../storage/garbage/garbage.ts";
import type { Stores } from "../../storage/stores.ts";
import { writeCounts } from "./counting.ts";

/**
 * Does the work of a cron trigger, and records the run (`/healthz` and `/metrics` tell of it).
 *
 * @param work answers whether all of it succeeded.
 * @throws what the work throws, once that is recorded.
 */
export async function runCron(stores: Stores, name: CronName, work: () => Promise<boolean>): Promise<void> {
  const startedAt = new Date();
  let hasFailed = true;
  try {
    hasFailed = !(await work());
    await measure(stores, name);
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    await record(stores, name, { startedAt, duration: Date.now() - startedAt.getTime(), hasFailed });
  }
}

/** Costs nothing where nobody reads metrics. */
async function measure(stores: Stores, name: CronName): Promise<void> {
  if (stores.secrets.metrics === undefined) return;
  const { db } = stores;
  const now = new Date();
  if (name === "hour") {
    const { bytes } = await countReclaimable(db);
    await saveReclaimable(db, bytes, now);
    return;
  }
  await foldCounts(db, now);
  await measureAccounts(db, now);
  await writeCounts(stores);
}

async function record(stores: Stores, name: CronName, run: Parameters<typeof recordCronRun>[2]): Promise<void> {
  try {
    await recordCronRun(stores.db, name, run);
  } catch (error) {
    console.error(`a run of the cron trigger of each ${name} could not be recorded:`, error);
  }
}
