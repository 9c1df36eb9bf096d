import { createMiddleware } from "hono/factory";
import { bodyPlaces, overloaded } from "../streams.ts";
import type { AppEnv } from "./context.ts";

/**
 * Refuses a request with a body when too many of them are under way already, before anything is asked or read for it.
 *
 * @throws RegistryError OVERLOADED.
 */
export const limitBodies = createMiddleware<AppEnv>(async function limitBodies(c, next) {
  if (!c.req.raw.body || c.req.header("Content-Length") === "0") return next();
  const holder = crypto.randomUUID();
  if (!bodyPlaces.tryTake(holder)) throw overloaded();
  const release = bodyPlaces.keep(holder);
  try {
    await next();
  } finally {
    release();
    bodyPlaces.leave(holder);
  }
});
