import type { Context } from "hono";
import { RegistryError } from "../../kernel/errors.ts";
import { requestPath } from "../public-address.ts";

export interface Page {
  /** How many entries the client wants, within what one answer may have. */
  n: number;
  /** The entry after which the page begins. */
  last: string;
}

/**
 * Reads `n` and `last` (OCI distribution-spec, "Listing Tags"). Without `n`, and above it, a page has `max` entries.
 */
export function readPage(c: Context, max: number): Page {
  const text = c.req.query("n");
  if (text !== undefined && !/^\d+$/.test(text)) {
    throw new RegistryError("PAGINATION_INVALID", `n must be a number of entries, not "${text.slice(0, 50)}"`);
  }
  return { n: Math.min(text === undefined ? max : Number(text), max), last: c.req.query("last") ?? "" };
}

/**
 * Cuts a page out of one entry more than it has, and links to the next when there is one.
 *
 * @param next what to go on behind when the entries are fewer than were asked for, and yet not the last ones.
 */
export function cutPage(c: Context, { n }: Page, entries: string[], next?: string): string[] {
  const page = entries.slice(0, n);
  const last = entries.length > n ? page.at(-1) : next;
  if (last !== undefined) linkNext(c, { n: String(n), last });
  return page;
}

/** Sets `Link` to this URL with other parameters (RFC 8288), relative to the host as all our URLs. */
export function linkNext(c: Context, parameters: Record<string, string>): void {
  const url = requestPath(c);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  c.header("Link", `<${url.pathname}${url.search}>; rel="next"`);
}
