import { createMiddleware } from "hono/factory";
import { RegistryError } from "../model/errors.ts";
import { readLimited } from "../streams.ts";
import type { AppEnv } from "./context.ts";

/** No request to a management API needs more. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads the whole body at once, before anybody looks at it: a signature covers its exact bytes.
 *
 * @throws RegistryError BODY_TOO_LARGE.
 */
export const limitBody = createMiddleware<AppEnv>(async function limitBody(c, next) {
  const { raw } = c.req;
  if (raw.body) {
    const body = await readLimited(raw.body, MAX_BODY_BYTES, () => {
      return new RegistryError("BODY_TOO_LARGE", `a request's body may have at most ${MAX_BODY_BYTES} bytes`);
    });
    c.req.raw = new Request(raw, { method: raw.method, body });
  }
  await next();
});
