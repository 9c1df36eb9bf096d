/**
 * Other sites' pages can make a visitor's browser send names and passwords here, by forms and by addresses of images. They
 * learn nothing by it, but their guesses would come from the visitor's address, and count there.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { isOpenToItsOrigin } from "../cross-origin.ts";
import { isOwnOrigin } from "../public-address.ts";

/** What `Sec-Fetch-Site` has for this registry's own pages, and for an address that the user typed. */
const OWN_SITES: ReadonlySet<string> = new Set(["same-origin", "none"]);

/**
 * Refuses a login that a page of another site made a browser send, before anything is counted. Programs, which send
 * neither header, are let through; browsers send `Sec-Fetch-Site` over HTTPS and to this machine, `Origin` with all forms.
 */
export function refuseForeignPage(c: Context<AppEnv>): void {
  const site = c.req.header("Sec-Fetch-Site");
  const origin = c.req.header("Origin");
  const isOwn = site === undefined ? origin === undefined || isOwnOrigin(c, origin) : OWN_SITES.has(site);
  // Pages that the operator trusts: they read the answer, too.
  if (!isOwn && !isOpenToItsOrigin(c)) throw new RegistryError("DENIED", "a page of another site cannot log in here");
}

/** The same in front of a route. */
export const noForeignPages = createMiddleware<AppEnv>(async function noForeignPages(c, next) {
  refuseForeignPage(c);
  await next();
});
