/** Requests from pages of other origins, and `OPTIONS`, which answers the methods of a path. */
import type { Context, Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { isRegistryPath } from "./api-paths.ts";
import type { AppEnv } from "./context.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * CORS for web user interfaces of registries, from the origins of `CORS_ORIGINS` only. Credentials are allowed, so that a
 * browser sends the password that its user has typed; the session cookie counts for nothing at the registry API, and the
 * management API, where it does, is left out.
 */
export const crossOrigin = createMiddleware<AppEnv>(async function crossOrigin(c, next) {
  if (isOpenToItsOrigin(c)) return allow(c, next);
  await next();
  // A browser's cache must not give this answer to a page that would have been allowed to read another one.
  if (mayBeOpen(c)) c.header("Vary", "Origin", { append: true });
});

const allow = cors({
  origin: (origin) => origin,
  credentials: true,
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    "Accept",
    "Authorization",
    "Cache-Control",
    "Content-Range",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
  ],
  exposeHeaders: [
    "Content-Range",
    "Docker-Content-Digest",
    "Docker-Upload-UUID",
    "ETag",
    "Link",
    "Location",
    "OCI-Filters-Applied",
    "OCI-Subject",
    "Range",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
  ],
  maxAge: 3600,
});

/** Whether a request comes from a page of an origin that may use what it asks for. */
export function isOpenToItsOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header("Origin");
  return mayBeOpen(c) && origin !== undefined && c.get("stores").settings.corsOrigins.includes(origin);
}

/** Whether pages of some other origin may use what a request asks for. */
function mayBeOpen(c: Context<AppEnv>): boolean {
  return c.get("stores").settings.corsOrigins.length > 0 && isRegistryPath(c.req.path);
}

/** Answers `OPTIONS` for every path, without credentials (RFC 9110, section 9.3.7). */
export function answerOptions(app: Hono<AppEnv>) {
  return createMiddleware<AppEnv>(async function options(c, next) {
    if (c.req.method !== "OPTIONS") return next();
    const taken = METHODS.filter((method) =>
      app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
    );
    // All else is a page of the console.
    const methods = taken.length > 0 ? taken : (["GET"] as const);
    const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return c.body(null, 204, { Allow: [...allowed, "OPTIONS"].join(", ") });
  });
}
