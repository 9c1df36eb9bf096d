/** The session cookie of browsers. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { RegistryError } from "../../model/errors.ts";

const NAME = "berth_session";
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export function readSessionCookie(c: Context): string | undefined {
  return getCookie(c, NAME);
}

export function writeSessionCookie(c: Context, token: string, lifetimeMs: number): void {
  setCookie(c, NAME, token, { ...attributes(c), maxAge: lifetimeMs / 1000 });
}

export function clearSessionCookie(c: Context): void {
  deleteCookie(c, NAME, attributes(c));
}

/** Without TLS a cookie is for one's own machine only. */
function attributes(c: Context) {
  const { protocol, hostname } = new URL(c.req.url);
  const secure = protocol === "https:" || !LOOPBACK.test(hostname);
  return { path: "/", httpOnly: true, sameSite: "Strict", secure } as const;
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
