/**
 * What a request has to be before the Worker sees it, where no edge of Cloudflare's is in between: it must be meant for
 * this registry, and what Cloudflare says of the client must not come from the client.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isLoopbackName } from "../../src/kernel/loopback.ts";
import { type AdmittedRequest, type BodyWatch, HttpRefusal, type RequestHead } from "./request-reader.ts";

export interface AdmissionRules {
  /** Host names beside those of this machine that the registry answers to. */
  publicHosts?: readonly string[];
  /** Reverse proxies whose `X-Forwarded-For` counts, as addresses or blocks (`10.0.0.0/8`). */
  trustedProxies?: readonly string[];
  /** Whether clients come by TLS. Then the Worker gets the whole URL in place of a path, as proxies do: it has to know. */
  isTls?: boolean;
  /** Headers that every request gets. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Looks at each request for this registry once. The request's target is a path.
   *
   * @returns a function that watches the request's body, if it has to be watched.
   * @throws HttpRefusal for a request that the registry cannot take now.
   */
  check?: (head: RequestHead) => BodyWatch | undefined;
}

/** Looks at a request from an address, and answers the one that the Worker gets. @throws HttpRefusal */
export type Admit = (head: RequestHead, peer: string) => AdmittedRequest;

/** `host[:port]`. Only the host is looked at, because a forwarded port may be any. */
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+)(?::\d{0,5})?$/;
const ABSOLUTE_TARGET = /^(https?):\/\/([^/?#]*)([^#]*)/i;
/** What Cloudflare, Miniflare or proxies say of a client, which the Worker would believe; Host is written anew. */
const ABOUT_CLIENT = /^(?:cf-|mf-|x-forwarded-|x-berth-|(?:forwarded|host|true-client-ip|x-client-ip|x-real-ip)$)/;

/**
 * Makes the look at requests of one server.
 *
 * @throws Error naming the entry of `trustedProxies` that is no address.
 */
export function admission({
  publicHosts = [],
  trustedProxies = [],
  isTls = false,
  headers: added = {},
  check,
}: AdmissionRules = {}): Admit {
  const hosts = new Set(publicHosts.map((host) => host.toLowerCase()));
  const isTrusted = matcherOf(trustedProxies);
  return (head, peer) => {
    if (head.method === "CONNECT") {
      throw new HttpRefusal(405, "UNSUPPORTED", "this is a registry, and no proxy: CONNECT is not for it", {
        Allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      });
    }
    const { host, target } = destinationOf(head, isTls ? "https" : "http");
    const hostname = nameOf(host);
    if (!isLoopbackName(hostname) && !hosts.has(hostname)) {
      const message =
        `this registry is not called ${hostname.slice(0, 200)}: its operator can name it so by PUBLIC_URL ` +
        "(docs/deploy.md); on its own machine it is localhost";
      throw new HttpRefusal(421, "DENIED", message);
    }
    return {
      ...head,
      target: isTls ? `https://${host}${target}` : target,
      headers: [
        ["host", host],
        ...head.headers.filter(([name]) => !ABOUT_CLIENT.test(name)),
        ["cf-connecting-ip", clientOf(head, peer, isTrusted)],
        ...Object.entries(added),
      ],
      onBody: check?.({ ...head, target }),
    };
  };
}

/** The host names of `PUBLIC_URL`: URLs, or hosts, between commas or spaces. */
export function hostsOf(publicUrl: string | undefined): string[] {
  return listOf(publicUrl).flatMap((entry) => {
    const hostname = URL.parse(/^[a-z]+:\/\//i.test(entry) ? entry : `http://${entry}`)?.hostname;
    return hostname ? [hostname] : [];
  });
}

/** The entries of a variable, between commas or spaces. */
export function listOf(text: string | undefined): string[] {
  return (text ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
}

/** Where a request wants to go. A target that names a host counts more than the header (RFC 9112, 3.2.2). */
function destinationOf({ target, headers }: RequestHead, own: "http" | "https"): { host: string; target: string } {
  const hosts = headers.filter(([name]) => name === "host").map(([, value]) => value);
  const [host] = hosts;
  if (host === undefined || host === "") throw refused("it has no Host header");
  if (hosts.length > 1) throw refused("it has several Host headers");
  if (target.startsWith("/")) return { host, target };
  const [, scheme, authority, path] = ABSOLUTE_TARGET.exec(target) ?? [];
  if (authority === undefined || path === undefined || scheme?.toLowerCase() !== own)
    throw refused("its target is no path");
  return { host: authority, target: path.startsWith("/") ? path : `/${path}` };
}

function nameOf(host: string): string {
  const hostname = HOST.exec(host)?.[1];
  if (hostname === undefined) throw refused("its Host is none");
  return hostname.toLowerCase().replace(/\.$/, "");
}

function refused(what: string): HttpRefusal {
  return new HttpRefusal(400, "UNSUPPORTED", `the request cannot be answered: ${what}`);
}

/** The peer, or whom the trusted proxies before it have seen: the last address that is not one of theirs. */
function clientOf({ headers }: RequestHead, peer: string, isTrusted: (address: string) => boolean): string {
  let client = plainAddress(peer);
  if (!isTrusted(client)) return client;
  const forwarded = headers.filter(([name]) => name === "x-forwarded-for").flatMap(([, value]) => value.split(","));
  for (let at = forwarded.length - 1; at >= 0 && isTrusted(client); at -= 1) {
    const address = forwarded[at]?.trim() ?? "";
    // Behind what is no address anything may have been written by anybody.
    if (isIP(address) === 0) break;
    client = plainAddress(address);
  }
  return client;
}

/** A socket that takes both protocols calls 192.0.2.1 `::ffff:192.0.2.1`. */
function plainAddress(address: string): string {
  if (isIP(address) === 4) return address;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

function matcherOf(entries: readonly string[]): (address: string) => boolean {
  const blocks = entries.map((entry) => {
    try {
      const text = entry.includes("/") ? entry : `${entry}/${isIP(entry) === 4 ? 32 : 128}`;
      return ipaddr.parseCIDR(text);
    } catch (cause) {
      throw new Error(`TRUSTED_PROXIES: "${entry}" is no address, and no block of addresses`, { cause });
    }
  });
  return (text) => {
    if (blocks.length === 0 || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return blocks.some(([block, bits]) => block.kind() === address.kind() && address.match(block, bits));
  };
}
