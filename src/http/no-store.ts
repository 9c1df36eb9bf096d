import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";

/**
 * Keeps every answer that does not say otherwise out of all caches: without a word, a cache keeps some for hours. Refusals and
 * failures are among these.
 */
export const noStore = createMiddleware<AppEnv>(async function noStore(c, next) {
  c.header("Cache-Control", "no-store");
  await next();
});
