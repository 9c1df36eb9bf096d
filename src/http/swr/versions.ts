import type { Context } from "hono";
import { acceptsPage, findConsoleFile } from "../console.ts";
import { comesFromSdk } from "../api-paths.ts";
import type { AppEnv } from "../context.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { Time } from "./params.ts";
import { urlForClient } from "../public-address.ts";

const VersionDetail = z
  .object({
    id: z.string(),
    links: z.object({ href: z.string(), rel: z.string() }),
    version: z.string().openapi({ description: "The newest minor version." }),
    status: z.enum(["CURRENT", "SUPPORTED", "DEPRECATED"]),
    updated: Time,
    min_version: z.string().openapi({ description: "The oldest minor version." }),
  })
  .openapi("VersionDetail");

const listApiVersions = createRoute({
  method: "get",
  path: "/",
  operationId: "listApiVersions",
  tags: ["Versions"],
  summary: "List API versions",
  description: "A browser, which accepts `text/html`, gets the console instead.",
  security: [],
  responses: { 200: json(z.object({ versions: z.array(VersionDetail) }).openapi("Versions"), "All versions.") },
});

const showApiVersion = createRoute({
  method: "get",
  path: "/v2",
  operationId: "showApiVersion",
  tags: ["Versions"],
  summary: "Show API version 2",
  description:
    "For requests that are signed or carry `X-Auth-Token`. Others get what the registry API has here: the check by " +
    "which docker finds out where to log in.",
  security: [],
  responses: { 200: json(z.object({ version: VersionDetail }).openapi("Version"), "The version.") },
});

/**
 * SWR's routes outside of `/v2/manage`. The answer is the same for every caller, and `/v2/` belongs
 * to docker, which comes without a signature and needs a challenge.
 */
export const versions = createRouter();

versions.get("/", async function consoleForBrowsers(c, next) {
  const page = acceptsPage(c) ? await findConsoleFile(c) : undefined;
  if (page) c.res = page;
  else await next();
  c.header("Vary", "Accept", { append: true });
});
versions.openapi(listApiVersions, (c) => c.json({ versions: [describeVersion(c)] }, 200));
versions.openAPIRegistry.registerPath(showApiVersion);
versions.get("/v2", async (c, next) => {
  if (!comesFromSdk(c.req.raw.headers)) return next();
  return c.json({ version: describeVersion(c) });
});

function describeVersion(c: Context<AppEnv>): z.infer<typeof VersionDetail> {
  return {
    id: "v2",
    links: { href: urlForClient(c, "/v2"), rel: "self" },
    version: "2.0",
    status: "CURRENT",
    updated: "2026-11-24T00:00:00.000Z",
    min_version: "2.0",
  };
}
