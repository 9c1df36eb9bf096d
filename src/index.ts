import { app } from "./app.ts";
import type { Env } from "./env.ts";
import { announceRemovals } from "./registry/content/edge-content.ts";
import { cleanUpEveryMinute } from "./registry/deletion/cleanups.ts";
import { deliver, type DeliveryMessage, sweepDeliveries } from "./registry/triggers/deliveries.ts";
import { keepHouse } from "./registry/housekeeping/housekeeping.ts";
import { openStores } from "./registry/stores.ts";

export { ContentSource } from "./content-source.ts";
export { UploadSession } from "./storage/content/upload-session.ts";

/** The cron trigger of wrangler.toml that is for what an hour may pass over; the other one comes every minute. */
const HOURLY = "7 * * * *";

/** How long the queue waits for a batch: as long as a quick receiver takes, lest all come at once. */
const PATIENCE_MS = 300;

export default {
  fetch: app.fetch,
  async scheduled({ cron, scheduledTime }, env, context) {
    const stores = openStores(env, context);
    if (cron === HOURLY) await keepHouse(stores, new Date(scheduledTime));
    else {
      await sweepDeliveries(stores);
      await announceRemovals(stores);
      await cleanUpEveryMinute(stores);
    }
  },
  async queue({ messages }, env, context) {
    const stores = openStores(env);
    const delivered = Promise.all(messages.map(({ body }) => deliver(stores, body.delivery)));
    // A slow receiver is not to hold up the queue and with it the others: what it is told goes on besides. Should that
    // fail, the sweeper finds it.
    context.waitUntil(delivered);
    await Promise.race([delivered, scheduler.wait(PATIENCE_MS)]);
  },
} satisfies ExportedHandler<Env, DeliveryMessage>;
