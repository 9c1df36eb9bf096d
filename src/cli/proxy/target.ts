/** Where requests to the proxy lead: to the registry and nowhere else, whatever they say. */

/** A request that the proxy passes on to nobody. */
export class TargetRefused extends Error {
  override readonly name = "TargetRefused";
}

/** A slash at the beginning and not a second one, nor a backslash, which URLs take for one (WHATWG URL, 4.4). */
const PATH = /^\/(?![/\\])/;
/** RFC 3986 leaves out all others; a fragment is not sent. */
const ALLOWED = /^[\x21-\x7e]*$/;
/** What is one path to the proxy and may be another one to the registry: separators and dots in disguise, controls. */
const DISGUISED = /[\\#]|%(?:2e|2f|5c|[01][0-9a-f]|7f)/i;
const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/**
 * Resolves the target of a request line: only a path with a query is taken (RFC 9112, 3.2.1).
 *
 * @throws TargetRefused for every other, such as `http://host/`, `//host/`, `host:443`, `/a/../b`.
 */
export function resolveTarget(target: string, upstream: URL): URL {
  const [path = ""] = target.split("?", 1);
  if (!PATH.test(target)) {
    throw new TargetRefused("berth proxy is a registry, and no proxy for other hosts: a request names a path only");
  }
  if (!ALLOWED.test(target) || DISGUISED.test(path) || target.includes("#") || DOT_SEGMENT.test(path)) {
    throw new TargetRefused("the path has characters or parts that no path of a registry has");
  }
  const url = URL.parse(target, upstream);
  if (url?.origin !== upstream.origin) throw new TargetRefused("the path leads to another host");
  return url;
}

/** `host[:port]` as clients send it, without what else a URL may have there. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[0-9a-z_.-]+)(?::\d{1,5})?$/i;

/** The name in a Host header, as URLs write it; undefined for what is none. */
export function hostnameOf(host: string): string | undefined {
  return HOST.test(host) ? (URL.parse(`http://${host}`)?.hostname ?? undefined) : undefined;
}

/**
 * Whether a browser sends the request for a page of another server: that page may then not read the answer, but the
 * request has done what it does. Container tools send neither header.
 */
export function isFromForeignPage(headers: {
  host?: string | undefined;
  origin?: string | undefined;
  "sec-fetch-site"?: string | string[] | undefined;
}): boolean {
  const { host, origin, "sec-fetch-site": site } = headers;
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`;
}
