/** The cookies of browsers: that of their session, above all. */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { RegistryError } from "../../kernel/errors.ts";
import type { AppEnv } from "../context.ts";
import { isOwnOrigin, needsSecureCookie } from "../public-address.ts";

export const SESSION_COOKIE = "berth_session";
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function readSessionCookie(c: Context): string | undefined {
  return readCookie(c, SESSION_COOKIE);
}

export function writeSessionCookie(c: Context<AppEnv>, token: string, lifetimeMs: number): void {
  writeCookie(c, SESSION_COOKIE, token, lifetimeMs);
}

/** The other name is not accepted: it is what another host of the domain could set. */
export function readCookie(c: Context, name: string): string | undefined {
  // Container tools send none.
  if (c.req.header("Cookie") === undefined) return undefined;
  return getCookie(c, name, prefixOf(c));
}

export function writeCookie(c: Context<AppEnv>, name: string, value: string, lifetimeMs: number): void {
  const options = { path: "/", httpOnly: true, sameSite: "Strict", maxAge: lifetimeMs / 1000 } as const;
  const prefix = prefixOf(c);
  setCookie(c, name, value, prefix ? { ...options, prefix, secure: true } : options);
}

export function clearSessionCookie(c: Context<AppEnv>): void {
  writeSessionCookie(c, "", 0);
}

/**
 * `__Host-` makes browsers take the cookie from this very host over TLS only, so that no neighbour in the domain plants one.
 * Without TLS a cookie is for one's own machine only, and browsers refuse the prefix there.
 */
function prefixOf(c: Context<AppEnv>): "host" | undefined {
  return needsSecureCookie(c) ? "host" : undefined;
}

/**
 * Refuses a request that some other site made a browser send with its cookie (CSRF): whatever changes something must
 * prove, by a header that pages cannot set, that it comes from here.
 */
export function requireSameOrigin(c: Context<AppEnv>): void {
  if (!SAFE_METHODS.has(c.req.method)) requireOwnPage(c);
}

/** The same check for any method, for routes that exchange the cookie for a token. */
export function requireOwnPage(c: Context<AppEnv>): void {
  if (c.req.header("Sec-Fetch-Site") === "same-origin") return;
  if (isOwnOrigin(c, c.req.header("Origin"))) return;
  throw new RegistryError("DENIED", "a request with a session cookie must come from a page of this registry");
}
