/** The console's files, at all paths that no API has (ADR 0010). */
import type { Context } from "hono";
import { isApiPath } from "../kernel/api-paths.ts";
import type { AppEnv } from "./context.ts";
import { requestFor } from "./public-address.ts";

/** Whether a request wants a page, as browsers do when somebody goes to an address. */
export function acceptsPage(c: Context<AppEnv>): boolean {
  return c.req.header("Accept")?.includes("text/html") === true;
}

/**
 * What the console has at a path: one of its files, or else, for a browser, the document that draws its pages, whatever
 * their address.
 *
 * @returns undefined for the paths of an API, for requests that change something, and for a file that is not there.
 */
export async function findConsoleFile(c: Context<AppEnv>): Promise<Response | undefined> {
  if (isApiPath(c.req.path) || (c.req.method !== "GET" && c.req.method !== "HEAD")) return undefined;
  const file = await c.env.ASSETS.fetch(c.req.raw);
  if (file.status !== 404) return file;
  await file.body?.cancel();
  return acceptsPage(c) ? c.env.ASSETS.fetch(requestFor(c, "/")) : undefined;
}
