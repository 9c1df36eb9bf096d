import { createMiddleware } from "hono/factory";
import { Places } from "../places.ts";
import { bodyPlaces, MAX_WAITING_BODIES, onAdmission, overloaded } from "../streams.ts";
import type { AppEnv } from "./context.ts";

const PATIENCE_MS = 10_000;
const waiting = new Places(MAX_WAITING_BODIES);

/** Of those, how many ask the database at the same time whether they may: it does one thing at a time anyway. */
const MAX_ENTERING = 48;
const entrance = new Places(MAX_ENTERING);

/**
 * Holds back a request with a body, or refuses it, when too many of them are under way already, before anything is asked or
 * read for it.
 *
 * @throws RegistryError OVERLOADED.
 */
export const limitBodies = createMiddleware<AppEnv>(async function limitBodies(c, next) {
  const { body } = c.req.raw;
  if (!body || c.req.header("Content-Length") === "0") return next();
  const holder = crypto.randomUUID();
  if (!bodyPlaces.tryTake(holder)) await waitForPlace(holder);
  const release = bodyPlaces.keep(holder);
  try {
    if (!(await entrance.take(holder, PATIENCE_MS))) throw overloaded();
    onAdmission(body, () => entrance.leave(holder));
    await next();
  } finally {
    release();
    entrance.leave(holder);
    bodyPlaces.leave(holder);
  }
});

async function waitForPlace(holder: string): Promise<void> {
  if (!waiting.tryTake(holder)) throw overloaded();
  const release = waiting.keep(holder);
  try {
    if (!(await bodyPlaces.take(holder, PATIENCE_MS))) throw overloaded();
  } finally {
    release();
    waiting.leave(holder);
  }
}
