/**
 * The Worker. What is imported here is loaded before the first request of an isolate, so it is what pushes and pulls need; all
 * else is loaded when it is asked for (ADR 0028).
 */
import { getPath } from "hono/utils/url";
import type { Env } from "./env.ts";
import { comesFromSdk, isRegistryPath } from "./http/api-paths.ts";
import { lazily } from "./lazily.ts";
import { registryApp } from "./registry-app.ts";
import { writeCountsLater } from "./registry/metrics/counting.ts";
import { openStores, type Stores } from "./registry/stores.ts";
import type { SyncMessage } from "./registry/sync/sync-queue.ts";
import type { DeliveryMessage } from "./registry/triggers/deliveries.ts";

export { UpstreamFetch } from "./upstream-fetch.ts";
export { ContentSource } from "./content-source.ts";
export { UploadSession } from "./storage/content/upload-session.ts";

/** The cron trigger of wrangler.toml that is for what an hour may pass over; the other one comes every minute. */
const HOURLY = "7 * * * *";

/** How long the queue waits for a batch: as long as a quick receiver takes, lest all come at once. */
const PATIENCE_MS = 300;

const answerAnything = lazily<Env>(async () => (await import("./app.ts")).app);

/** `OPTIONS` asks for the methods of a path, which all routes together tell. */
function isOfContainerTool(request: Request): boolean {
  return isRegistryPath(getPath(request)) && request.method !== "OPTIONS" && !comesFromSdk(request.headers);
}

export default {
  fetch(request, env, context) {
    const answer = isOfContainerTool(request) ? registryApp.fetch : answerAnything;
    return answer(request, env, context);
  },
  async scheduled({ cron, scheduledTime }, env, context) {
    const stores = openStores(env, context);
    const { runCron } = await import("./registry/metrics/cron.ts");
    if (cron === HOURLY) {
      const { keepHouse } = await import("./registry/housekeeping/housekeeping.ts");
      await runCron(stores, "hour", async () => (await keepHouse(stores, new Date(scheduledTime))).length === 0);
      return;
    }
    const [{ sweepDeliveries }, { sweepSyncs }, { announceRemovals }, { cleanUpEveryMinute }] = await Promise.all([
      import("./registry/triggers/deliveries.ts"),
      import("./registry/sync/sync-queue.ts"),
      import("./registry/content/edge-content.ts"),
      import("./registry/deletion/cleanups.ts"),
    ]);
    await runCron(stores, "minute", async () => {
      await sweepDeliveries(stores);
      await sweepSyncs(stores);
      await announceRemovals(stores);
      await cleanUpEveryMinute(stores);
      return true;
    });
  },
  async queue({ messages }, env, context) {
    const ids = messages.map(({ body }) => body);
    const syncs = ids.flatMap((body) => ("sync" in body ? body.sync : []));
    const deliveries = ids.flatMap((body) => ("delivery" in body ? body.delivery : []));
    const stores = openStores(env);
    const work = Promise.all([deliverAll(stores, deliveries), ...syncs.map((id) => syncOne(openStores(env), id))]);
    // A slow receiver is not to hold up the queue and with it the others: what it is told goes on besides. Should that
    // fail, the sweeper finds it. Bytes that are sent for minutes are waited for, because nothing may go on for so long besides.
    context.waitUntil(work);
    writeCountsLater({ stores, after: (write) => context.waitUntil(write()) });
    const patience = syncs.length > 0 ? stores.settings.syncPatienceMs : PATIENCE_MS;
    await Promise.race([work, scheduler.wait(patience)]);
  },
} satisfies ExportedHandler<Env, DeliveryMessage | SyncMessage>;

async function deliverAll(stores: Stores, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const { deliver } = await import("./registry/triggers/deliveries.ts");
  await Promise.all(ids.map((id) => deliver(stores, id)));
}

/** Never throws: the sweeper finds a job that could not be looked at. */
async function syncOne(stores: Stores, id: number): Promise<void> {
  try {
    const { synchronize } = await import("./registry/sync/synchronize.ts");
    await synchronize(stores, id);
  } catch (error) {
    console.error(`job ${id} of synchronization was left to the sweeper:`, error);
  }
}
