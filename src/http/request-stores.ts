/**
 * Opens the stores of a request, and says what of it may be read from the nearest copy of the database (ADR 26). Somebody who
 * changes something sees that at once: browsers carry in a cookie how far the database had come with it, and all other clients
 * with credentials read from the primary.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Nearby, openStores, parseBookmark, readNearby } from "../registry/stores.ts";
import { readCookie, readSessionCookie, writeCookie } from "./auth/cookie.ts";
import type { AppEnv } from "./context.ts";

const BOOKMARK_COOKIE = "berth_bookmark";
/** Much longer than a copy of the database lags behind. */
const BOOKMARK_MS = 10 * 60_000;
/** Below `/v2` a name has an organization if it has two parts; what follows it has one of four names. */
const IN_PATH =
  /^\/(?:v2\/manage\/namespaces\/([^/]+)|api\/organizations\/([^/]+)|v2\/(?!manage\/)([^/]+)\/[^/].*\/(?:blobs|manifests|referrers|tags)\/)/;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export const requestStores = createMiddleware<AppEnv>(async function requestStores(c, next) {
  const organization = organizationInPath(c.req.path);
  const primary = openStores(c.env, c.executionCtx, organization);
  // What follows asks the settings about the registry's own address.
  c.set("stores", primary);
  const { stores, takeBookmark } = readNearby(primary, c.env, nearbyOf(c), organization);
  c.set("stores", stores);
  await next();
  const bookmark = takeBookmark();
  if (bookmark === undefined || readSessionCookie(c) === undefined) return;
  writeCookie(c, BOOKMARK_COOKIE, bookmark, BOOKMARK_MS);
});

/**
 * The organization that a path names: the registry API's, `/api`'s and SWR's. Undefined for paths that name none. Clients of a mirror leave
 * it out (`context.ts`).
 */
export function organizationInPath(path: string): string | undefined {
  return IN_PATH.exec(path)
    ?.slice(1)
    .find((name) => name !== undefined);
}

function nearbyOf(c: Context<AppEnv>): Nearby {
  const isBrowser = readSessionCookie(c) !== undefined;
  const isRegistry = isOciPath(c.req.path);
  if (!SAFE_METHODS.has(c.req.method)) {
    // What is pushed is looked for by its digest, and where a copy does not have it the primary is asked.
    return isBrowser || !isRegistry || c.req.method === "DELETE" ? "writes" : "nothing";
  }
  const hasCredentials = c.req.header("Authorization") !== undefined || c.req.header("X-Auth-Token") !== undefined;
  if (hasCredentials && !isRegistry) return "nothing";
  return { after: parseBookmark(readCookie(c, BOOKMARK_COOKIE) ?? "") };
}

/** Whether a path is of the OCI API, which reads nothing nearby but what a digest names. */
function isOciPath(path: string): boolean {
  return path.startsWith("/v2/") && !path.startsWith("/v2/manage/");
}
