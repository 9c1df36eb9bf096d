/** Requests of other origins' pages, and `OPTIONS`, which tells what a path takes. */
import type { Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./context.ts";

/** The registry API with its tokens and its search, without the management API. */
const REGISTRY_PATHS = /^\/(?:token|v1|v2(?!\/manage(?:\/|$)))(?:\/|$)/;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * CORS for web user interfaces of registries, from the origins of `CORS_ORIGINS` only. Credentials are allowed, so that a
 * browser sends the password that its user has typed; the session cookie counts for nothing at the registry API, and the
 * management API, where it does, is left out.
 */
export const crossOrigin = createMiddleware<AppEnv>(async function crossOrigin(c, next) {
  const origin = c.req.header("Origin");
  const isOpen = REGISTRY_PATHS.test(c.req.path) && isAllowedOrigin(c.var.stores.settings.corsOrigins, origin);
  if (!isOpen) return next();
  return allow(c, next);
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
  ],
  maxAge: 3600,
});

export function isAllowedOrigin(origins: readonly string[], origin: string | undefined): boolean {
  return origin !== undefined && origins.includes(origin);
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
