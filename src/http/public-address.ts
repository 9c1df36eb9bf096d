/**
 * The registry's own address (ADR 0016), and all that is read of a request's URL. A client writes the `Host` of its request
 * itself. So it may decide how this client is answered, but never an address that other people will use later.
 */
import type { Context } from "hono";
import { isLocalName, isLoopbackName } from "../kernel/loopback.ts";
import type { AppEnv } from "./context.ts";

/** A request's URL, and what has been found out about it: each request asks several times. */
interface RequestAddress {
  url: URL;
  forClient?: string;
}

const addresses = new WeakMap<Context, RequestAddress>();

function parsedUrl(c: Context): RequestAddress {
  const known = addresses.get(c);
  if (known) return known;
  const address = { url: new URL(c.req.url) };
  addresses.set(c, address);
  return address;
}

/**
 * The registry's own address for what outlives the request: events, image names, commands to log in. It is the first
 * address of `PUBLIC_URL`; without that, the address of {@link addressForClient}.
 *
 * @returns `https://host[:port]`.
 */
export function ownAddress(c: Context<AppEnv>): string {
  return c.get("stores").settings.publicUrls[0] ?? addressForClient(c);
}

/** {@link ownAddress} as image names begin with it: `host[:port]`. */
export function registryHost(c: Context<AppEnv>): string {
  return new URL(ownAddress(c)).host;
}

/**
 * The address at which the client of this very request finds the registry: the address of `PUBLIC_URL` that the request
 * names, or else the first one, since a proxy may have replaced the name; but where that is this machine itself, as
 * after `npm start`, another port of it is one that is forwarded (`ssh -L`), and counts. Without `PUBLIC_URL` it is the
 * request's own, by https unless that is the machine itself: a proxy that ends TLS passes plain requests on.
 *
 * @returns `https://host[:port]`.
 */
export function addressForClient(c: Context<AppEnv>): string {
  const address = parsedUrl(c);
  return (address.forClient ??= findAddressForClient(address.url, c.get("stores").settings.publicUrls));
}

function findAddressForClient(url: URL, publicUrls: readonly string[]): string {
  const [canonical] = publicUrls;
  if (canonical === undefined) return isLocalName(url.hostname) ? url.origin : `https://${url.host}`;
  const named = publicUrls.find((address) => isHostOf(url, address));
  if (named !== undefined) return named;
  // A registry for its own machine only, by a port that is forwarded to it.
  const isForwarded = isLoopbackName(url.hostname) && isLoopbackName(new URL(canonical).hostname);
  return isForwarded ? url.origin : canonical;
}

/** Whether a request names the host of an address, as it is written at the address's scheme, where another default port is left out. */
function isHostOf({ host }: URL, address: string): boolean {
  const [scheme, named] = address.split("//");
  return named === host || named === new URL(`${scheme}//${host}`).host;
}

/** Whether a page of this origin is one of the registry's own. */
export function isOwnOrigin(c: Context<AppEnv>, origin: string | undefined): boolean {
  if (origin === undefined) return false;
  const { publicUrls } = c.get("stores").settings;
  // A browser names the host of the page that it shows, and the request's URL is at the same: that is no forged name.
  return [parsedUrl(c).url.origin, addressForClient(c), ...publicUrls].includes(origin);
}

/** Whether a cookie for the client of this request must stay with TLS: everywhere but at the machine itself. */
export function needsSecureCookie(c: Context<AppEnv>): boolean {
  const { protocol, hostname } = parsedUrl(c).url;
  const isBehindTls = protocol === "https:" || addressForClient(c).startsWith("https:");
  return isBehindTls || !isLoopbackName(hostname);
}

/** Whether the client of this request came by TLS, to here or to the proxy that `PUBLIC_URL` tells of, and from elsewhere. */
export function isPublicTls(c: Context<AppEnv>): boolean {
  const { protocol, hostname } = parsedUrl(c).url;
  // A Worker whose secrets are wrong has no stores, and says so to everybody.
  const stores: AppEnv["Variables"]["stores"] | undefined = c.get("stores");
  const isConfigured = stores !== undefined && stores.settings.publicUrls.length > 0;
  const isTls = protocol === "https:" || (isConfigured && addressForClient(c).startsWith("https:"));
  return isTls && !isLoopbackName(hostname);
}

/** The absolute URL of a path for the client of this request. */
export function urlForClient(c: Context<AppEnv>, path: string): string {
  return new URL(path, addressForClient(c)).href;
}

/** The path of a request and what follows it, as they came. */
export function requestPath(c: Context): Pick<URL, "pathname" | "search" | "searchParams"> {
  return new URL(c.req.url);
}

/**
 * Which registry the client of a mirror means: containerd says it by `ns` (`hosts.toml`), docker by the host that it asks, which may
 * decide how this very client is answered, and nothing else.
 */
export function mirroredRegistry(c: Context): { name: string; isNamed: boolean } {
  const { host, searchParams } = new URL(c.req.url);
  const named = searchParams.get("ns");
  return { name: named ?? host, isNamed: named !== null };
}

/** The request's URL as its client may have signed it. */
export function signedUrl(c: Context): Pick<URL, "pathname" | "search" | "host"> {
  return new URL(c.req.url);
}

/** A copy of the request with another path, for requests that the Worker sends to itself. */
export function requestFor(c: Context, path: string): Request {
  return new Request(new URL(path, c.req.url), c.req.raw);
}
