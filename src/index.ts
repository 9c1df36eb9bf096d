import { app } from "./app.ts";
import type { Env } from "./env.ts";
import { keepHouse } from "./registry/housekeeping.ts";
import { openStores } from "./registry/stores.ts";

export { UploadSession } from "./storage/upload-session.ts";

export default {
  fetch: app.fetch,
  scheduled: ({ scheduledTime }, env) => keepHouse(openStores(env), new Date(scheduledTime)),
} satisfies ExportedHandler<Env>;
