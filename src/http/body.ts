import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { RegistryError } from "../kernel/errors.ts";
import { readSmallBody } from "../streams.ts";
import type { AppEnv } from "./context.ts";

/** No request to a management API needs more. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** Methods whose bodies have no meaning, and that no new request may be made of with one. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Refuses a body by its announced size, before a byte of it is read. */
export const refuseLargeBody = createMiddleware<AppEnv>(async function refuseLargeBody(c, next) {
  if (Number(c.req.header("Content-Length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  await next();
});

/** Reads the whole body at once, so that handlers find it in memory. */
export const readWholeBody = createMiddleware<AppEnv>(async function readWholeBody(c, next) {
  if (!WITHOUT_BODY.has(c.req.method)) await readBody(c);
  await next();
});

/**
 * Reads the whole body, if that has not been done.
 *
 * @returns the bytes, of which a signature covers every one.
 * @throws RegistryError BODY_TOO_LARGE; what `readSmallBody` throws.
 */
export async function readBody(c: Context<AppEnv>): Promise<Uint8Array<ArrayBuffer>> {
  const known = c.get("body");
  if (known) return known;
  const { raw } = c.req;
  const body = await readSmallBody(raw.body, MAX_BODY_BYTES, tooLarge);
  c.set("body", body);
  if (raw.body && !WITHOUT_BODY.has(raw.method)) c.req.raw = new Request(raw, { method: raw.method, body });
  return body;
}

function tooLarge(): RegistryError {
  return new RegistryError("BODY_TOO_LARGE", `a request's body may have at most ${MAX_BODY_BYTES} bytes`);
}
