/**
 * Which requests of its own Berth may send: to public addresses over HTTPS, and to what the operator allows besides. Names
 * are not resolved here: a Worker on Cloudflare reaches the public network alone, whatever a name leads to.
 */
import ipaddr from "ipaddr.js";
import { describeReason, refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, type ReasonCode, reason } from "../../kernel/reasons.ts";
import { type AllowedTarget, DEFAULT_PORTS, hostOf, portOf } from "./targets.ts";

/** What has an address that the registry calls: a trigger, a cluster, a remote registry, or an issuer of tokens. */
export type TargetCode = "TRIGGER_INVALID" | "CLUSTER_INVALID" | "REMOTE_INVALID" | "ISSUER_INVALID";
/** What the address is called in the requests that set it, by code. */
const FIELDS: Record<TargetCode, string> = {
  TRIGGER_INVALID: "url",
  CLUSTER_INVALID: "server",
  REMOTE_INVALID: "url",
  ISSUER_INVALID: "issuer",
};

/** Names that never lead to the public network (RFC 6761, 6762, 8375, and ICANN's reservation of `internal`). */
const PRIVATE_DOMAINS = ["localhost", "local", "internal", "home.arpa"];
/** The only part of IPv6 that is given out for public addresses. */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Makes sure that a request may go to an address. To be called when the address is saved, and again before each request,
 * since what is allowed may have changed. Requests must not follow redirects.
 *
 * @param url as `new URL` reads it, which knows every notation of an IPv4 address.
 * @param own the registry's own address, `https://host[:port]`: neither it nor a public one of it is ever allowed.
 * @param code of the refusal: what the address belongs to.
 * @throws RegistryError with that code, naming why not.
 */
export function checkTarget(
  url: URL,
  { allowedTargets, publicUrls }: { allowedTargets: readonly AllowedTarget[]; publicUrls: readonly string[] },
  own: { registry: string },
  code: TargetCode = "TRIGGER_INVALID",
): void {
  const field = FIELDS[code];
  const refuse = (why: Reason, whole: Reason = reason("ADDRESS_REFUSED_OF", { address: url.origin, why })) =>
    refusal(code, whole, { field, detail: { why: describeReason(why) } });
  const hasKnownScheme = url.protocol in DEFAULT_PORTS;
  if (!hasKnownScheme) {
    const why = reason("SCHEME_UNKNOWN", { scheme: url.protocol.slice(0, 32) });
    throw refuse(why, reason("ADDRESS_REFUSED_SOMEHOW", { why }));
  }
  if (url.username !== "" || url.password !== "") throw refuse(reason("ADDRESS_WITH_LOGIN"));
  const host = hostOf(url);
  const isOwn = [own.registry, ...publicUrls].some((address) => {
    const registry = new URL(address);
    return host === hostOf(registry) && portOf(url) === portOf(registry);
  });
  if (isOwn) throw refuse(reason("ADDRESS_IS_OWN"));
  if (allowedTargets.some((allowed) => allows(allowed, host, portOf(url)))) return;
  if (url.protocol !== "https:") throw refuse(reason("SCHEME_NOT_HTTPS"));
  const why = whyNotPublic(host);
  if (why !== undefined) throw refuse(why);
}

function allows(allowed: AllowedTarget, host: string, port: string): boolean {
  if (allowed.kind === "host") return allowed.host === host && (allowed.port ?? port) === port;
  const address = addressOf(host);
  return (
    address !== undefined && address.kind() === allowed.address.kind() && address.match(allowed.address, allowed.bits)
  );
}

function whyNotPublic(host: string): Reason | undefined {
  const address = addressOf(host);
  if (address !== undefined) {
    const range = address.range();
    if (range !== "unicast") return reason(isNamed(range) ? RANGES[range] : "ADDRESS_RESERVED", { host });
    if (address instanceof ipaddr.IPv6 && !address.match(PUBLIC_IPV6)) return reason("ADDRESS_NOT_PUBLIC", { host });
    return undefined;
  }
  const isPrivate = PRIVATE_DOMAINS.some((domain) => host === domain || host.endsWith(`.${domain}`));
  if (isPrivate || !host.includes(".")) return reason("NAME_NOT_PUBLIC", { host });
  return undefined;
}

const RANGES = {
  loopback: "ADDRESS_LOOPBACK",
  linkLocal: "ADDRESS_LINK_LOCAL",
  private: "ADDRESS_PRIVATE",
  uniqueLocal: "ADDRESS_PRIVATE",
  carrierGradeNat: "ADDRESS_SHARED",
  multicast: "ADDRESS_MULTICAST",
} as const satisfies Record<string, ReasonCode>;

function isNamed(range: string): range is keyof typeof RANGES {
  return Object.hasOwn(RANGES, range);
}

/** An IPv4 address is one in its IPv6 form, too. */
function addressOf(host: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const text = host.startsWith("[") ? host.slice(1, -1) : host;
  const isAddress = host.startsWith("[") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  return isAddress ? ipaddr.process(text) : undefined;
}
