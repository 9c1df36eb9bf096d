/** The session cookie of browsers. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { RegistryError } from "../../model/errors.ts";
import type { AppEnv } from "../context.ts";
import { isOwnOrigin, needsSecureCookie } from "../public-address.ts";

const NAME = "berth_session";
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function readSessionCookie(c: Context): string | undefined {
  return getCookie(c, NAME);
}

export function writeSessionCookie(c: Context<AppEnv>, token: string, lifetimeMs: number): void {
  setCookie(c, NAME, token, { ...attributes(c), maxAge: lifetimeMs / 1000 });
}

export function clearSessionCookie(c: Context<AppEnv>): void {
  deleteCookie(c, NAME, attributes(c));
}

/** Without TLS a cookie is for one's own machine only. */
function attributes(c: Context<AppEnv>) {
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: needsSecureCookie(c) } as const;
}

/**
 * Refuses a request that some other site made a browser send with its cookie (CSRF): whatever changes something must
 * prove, by a header that pages cannot set, that it comes from here.
 *
 * @throws RegistryError DENIED.
 */
export function requireSameOrigin(c: Context<AppEnv>): void {
  if (!SAFE_METHODS.has(c.req.method)) requireOwnPage(c);
}

/**
 * The same whatever the method: for what a cookie is exchanged for.
 *
 * @throws RegistryError DENIED.
 */
export function requireOwnPage(c: Context<AppEnv>): void {
  if (c.req.header("Sec-Fetch-Site") === "same-origin") return;
  if (isOwnOrigin(c, c.req.header("Origin"))) return;
  throw new RegistryError("DENIED", "a request with a session cookie must come from a page of this registry");
}
