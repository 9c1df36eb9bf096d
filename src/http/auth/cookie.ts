/** The session cookie of browsers. */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { RegistryError } from "../../model/errors.ts";
import { isLoopback } from "../loopback.ts";

export const SESSION_COOKIE = "berth_session";
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The other name is not accepted: it is what another host of the domain could set. */
export function readSessionCookie(c: Context): string | undefined {
  return getCookie(c, SESSION_COOKIE, prefixOf(c));
}

export function writeSessionCookie(c: Context, token: string, lifetimeMs: number): void {
  const options = { path: "/", httpOnly: true, sameSite: "Strict", maxAge: lifetimeMs / 1000 } as const;
  const prefix = prefixOf(c);
  setCookie(c, SESSION_COOKIE, token, prefix ? { ...options, prefix, secure: true } : options);
}

export function clearSessionCookie(c: Context): void {
  writeSessionCookie(c, "", 0);
}

/**
 * `__Host-` makes browsers take the cookie from this very host over TLS only, so that no neighbour in the domain plants one.
 * Without TLS a cookie is for one's own machine only, and browsers refuse the prefix there.
 */
function prefixOf(c: Context): "host" | undefined {
  const url = new URL(c.req.url);
  return url.protocol === "https:" || !isLoopback(url) ? "host" : undefined;
}

/**
 * Refuses a request that some other site made a browser send with its cookie (CSRF): whatever changes something must
 * prove, by a header that pages cannot set, that it comes from here.
 *
 * @throws RegistryError DENIED.
 */
export function requireSameOrigin(c: Context): void {
  if (!SAFE_METHODS.has(c.req.method)) requireOwnPage(c);
}

/**
 * The same whatever the method: for what a cookie is exchanged for.
 *
 * @throws RegistryError DENIED.
 */
export function requireOwnPage(c: Context): void {
  if (c.req.header("Sec-Fetch-Site") === "same-origin") return;
  if (c.req.header("Origin") === new URL(c.req.url).origin) return;
  throw new RegistryError("DENIED", "a request with a session cookie must come from a page of this registry");
}
