/**
 * Each request gets an id, which is in its answer and in the log, and is counted for `/metrics`. The log has one line of JSON of it
 * (docs/monitoring.md), in which there is nothing that a client has written but names that fit their grammar: no secret that somebody
 * has put into a wrong place, and nothing that looks like another line.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { ApiName } from "../model/metrics/metrics.ts";
import { counts, writeCountsLater } from "../registry/metrics/counting.ts";
import { isRegistryPath } from "./api-paths.ts";
import { addressOf } from "./auth/identify.ts";
import { incoming } from "./call.ts";
import type { AppEnv } from "./context.ts";

const ID_HEADER = "X-Request-Id";

/** The id that Cloudflare gives a request: with the place where it came in. */
const RAY = /^[0-9a-f]{16}(?:-[A-Z]{3})?$/;
/** An organization, an image, or both, as they are named in paths; SWR has `$` in place of `/`. */
const NAME = /^[a-z0-9](?:[a-z0-9._$/-]{0,253}[a-z0-9])?$/;
/** Of the methods that are told apart; any other is a client's own word. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** The name of an image in a path of the registry API. */
const IMAGE_PATH = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//;

/** The first middleware of all, so that it sees each answer as it goes out. */
export const requestRecord = createMiddleware<AppEnv>(async function requestRecord(c, next) {
  const id = crypto.randomUUID();
  const startedAt = Date.now();
  c.set("requestId", id);
  c.header(ID_HEADER, id);
  await next();
  // Answers that come from elsewhere, such as the console's files, have no headers that were set before.
  if (c.res.headers.get(ID_HEADER) !== id) c.header(ID_HEADER, id);
  try {
    record(c, id, Date.now() - startedAt);
  } catch (error) {
    // The answer is there, and goes out all the same.
    console.error(`request ${id} could not be recorded:`, error);
  }
});

function record(c: Context<AppEnv>, id: string, milliseconds: number): void {
  const { answerCode, answerBytes, stores } = c.var as Partial<AppEnv["Variables"]>;
  const { status } = c.res;
  const api = apiOf(c.req.path);
  const method = METHODS.has(c.req.method) ? c.req.method : "other";
  const bytesIn = lengthOf(c.req.header("Content-Length"));
  const bytesOut = c.req.method === "HEAD" ? 0 : (lengthOf(c.res.headers.get("Content-Length")) ?? answerBytes);
  counts.add("berth_requests_total", [api, method, `${Math.floor(status / 100)}xx`]);
  counts.addDuration(api, milliseconds);
  counts.add("berth_received_bytes_total", [api], bytesIn ?? 0);
  counts.add("berth_sent_bytes_total", [api], bytesOut ?? 0);
  if (answerCode !== undefined) counts.add("berth_request_errors_total", [api, answerCode]);
  // A Worker whose secrets are wrong has no stores, and nowhere to write to.
  if (stores?.secrets.metrics !== undefined) writeCountsLater(incoming(c));
  const logged = stores?.settings.loggedRequests ?? "all";
  if (logged === "none" || (logged === "failures" && status < 500)) return;
  const { registryCaller, credentials } = c.var as Partial<AppEnv["Variables"]>;
  const { organization, image } = namesIn(c);
  const line = {
    time: new Date().toISOString(),
    event: "request",
    id,
    ray: matching(RAY, c.req.header("CF-Ray")),
    method,
    route: routeOf(c),
    status,
    code: answerCode,
    ms: milliseconds,
    bytesIn,
    bytesOut,
    user: registryCaller?.user?.id ?? credentials?.user?.id,
    organization,
    image,
    ip: stores?.settings.logsAddresses === false ? undefined : matching(ADDRESS, addressOf(c)),
  };
  console.log(JSON.stringify(line));
}

/** Digits, dots, colons: what an address consists of, also one that somebody has made up. */
const ADDRESS = /^[0-9a-fA-F.:]{2,45}$/;

function matching(pattern: RegExp, text: string | undefined): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}

function lengthOf(header: string | null | undefined): number | undefined {
  return header && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

const API_OF: readonly (readonly [path: RegExp, api: ApiName])[] = [
  [/^\/(?:token|swr)(?:\/|$)/, "token"],
  [/^\/(?:v[23]\/manage|dockyard)(?:\/|$)/, "swr"],
  [/^\/(?:v3|v3\.0|api\/v3)(?:\/|$)/, "iam"],
  [/^\/api(?:\/|$)/, "api"],
  [/^\/(?:healthz|metrics)(?:\/|$)/, "operations"],
];

function apiOf(path: string): ApiName {
  const known = API_OF.find(([pattern]) => pattern.test(path));
  return known?.[1] ?? (isRegistryPath(path) ? "oci" : "console");
}

/** The pattern of the route that answers, or would have answered if nothing before it had; never the path itself. */
function routeOf(c: Context): string | undefined {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"));
  return route?.path.replaceAll(/\{[^{}]*\}/g, "");
}

/** What a request is about, as far as its path says so. */
function namesIn(c: Context): { organization?: string; image?: string } {
  const { organization, namespace, image, repository } = c.req.param() as Record<string, string | undefined>;
  const path = IMAGE_PATH.exec(c.req.path)?.[1];
  const found = apiOf(c.req.path) === "oci" ? path : (image ?? repository);
  const [named, whole] = [matching(NAME, organization ?? namespace), matching(NAME, found?.replaceAll("$", "/"))];
  if (named !== undefined) return { organization: named, ...(whole !== undefined && { image: whole }) };
  const at = whole?.indexOf("/") ?? -1;
  if (whole === undefined || at < 0) return whole === undefined ? {} : { image: whole };
  return { organization: whole.slice(0, at), image: whole.slice(at + 1) };
}
