import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";
import { isPublicTls } from "./public-address.ts";

const HEADER = "Strict-Transport-Security";
/** A year. Other hosts of the domain are not this registry's to decide about. `public/_headers` of the console says the same. */
const VALUE = "max-age=31536000";

/** Tells browsers to come by TLS only (RFC 6797): on every answer over TLS, errors included, but for one's own machine. */
export const strictTransport = createMiddleware<AppEnv>(async function strictTransport(c, next) {
  await next();
  if (isPublicTls(c)) c.header(HEADER, VALUE);
  // The console's files have it wherever they are served.
  else if (c.res.headers.has(HEADER)) c.header(HEADER, undefined);
});
