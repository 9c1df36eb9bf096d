import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";

/**
 * Keeps every answer that does not say itself what caches may do with it out of all of them: without a word, a cache keeps some
 * for hours. Refusals and failures are among these.
 */
export const noStore = createMiddleware<AppEnv>(async function noStore(c, next) {
  await next();
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
});
