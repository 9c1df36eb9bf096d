/**
 * Where Berth may send requests of its own: to public addresses over HTTPS, and to what the operator allows besides. Names
 * are not resolved here: a Worker on Cloudflare reaches the public network alone, whatever a name leads to.
 */
import ipaddr from "ipaddr.js";
import { RegistryError } from "../../kernel/errors.ts";

/** What has an address that the registry calls: a trigger, a remote registry, or an issuer of tokens. */
export type TargetCode = "TRIGGER_INVALID" | "REMOTE_INVALID" | "ISSUER_INVALID";

/** A host, on one port or on all, or a block of addresses. */
export type AllowedTarget =
  | { kind: "host"; host: string; port: string | undefined }
  | { kind: "block"; address: ipaddr.IPv4 | ipaddr.IPv6; bits: number };

/** Names that never lead to the public network (RFC 6761, 6762, 8375, and ICANN's reservation of `internal`). */
const PRIVATE_DOMAINS = ["localhost", "local", "internal", "home.arpa"];
const DEFAULT_PORTS: Record<string, string> = { "https:": "443", "http:": "80" };
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
  const refuse = (why: string) =>
    new RegistryError(code, { message: `${url.origin} cannot be called: ${why}`, detail: { why } });
  const hasKnownScheme = url.protocol in DEFAULT_PORTS;
  if (!hasKnownScheme) {
    const why = `its scheme is ${url.protocol.slice(0, 32)} and not https:`;
    throw new RegistryError(code, { message: `the address cannot be called: ${why}`, detail: { why } });
  }
  if (url.username !== "" || url.password !== "") throw refuse("it has a user name or a password in it");
  const host = hostOf(url);
  const isOwn = [own.registry, ...publicUrls].some((address) => {
    const registry = new URL(address);
    return host === hostOf(registry) && portOf(url) === portOf(registry);
  });
  if (isOwn) throw refuse("it is this registry itself");
  if (allowedTargets.some((allowed) => allows(allowed, host, portOf(url)))) return;
  if (url.protocol !== "https:") throw refuse("its scheme is not https:");
  const why = whyNotPublic(host);
  if (why !== undefined) throw refuse(why);
}

/**
 * Reads a comma-separated list of `host[:port]` and blocks of addresses, `10.0.0.0/8`.
 *
 * @throws Error naming the entry that is neither.
 */
export function parseAllowedTargets(text: string): AllowedTarget[] {
  const entries = text.split(",").map((entry) => entry.trim());
  return entries.filter((entry) => entry !== "").map(parseAllowedTarget);
}

function parseAllowedTarget(entry: string): AllowedTarget {
  const invalid = new Error(`"${entry}" is neither host[:port] nor a block of addresses such as 10.0.0.0/8`);
  if (entry.includes("/")) {
    if (!ipaddr.isValidCIDR(entry)) throw invalid;
    const [address, bits] = ipaddr.parseCIDR(entry);
    return { kind: "block", address, bits };
  }
  const [, name, port] = /^(\[[\da-f:.]+\]|[^:/?#@\\\s[\]]+)(?::(\d{1,5}))?$/i.exec(entry) ?? [];
  const url = `http://${name}`;
  if (name === undefined || !URL.canParse(url) || Number(port ?? 0) > 65_535) throw invalid;
  return { kind: "host", host: hostOf(new URL(url)), port: port === undefined ? undefined : String(Number(port)) };
}

function allows(allowed: AllowedTarget, host: string, port: string): boolean {
  if (allowed.kind === "host") return allowed.host === host && (allowed.port ?? port) === port;
  const address = addressOf(host);
  return (
    address !== undefined && address.kind() === allowed.address.kind() && address.match(allowed.address, allowed.bits)
  );
}

function whyNotPublic(host: string): string | undefined {
  const address = addressOf(host);
  if (address !== undefined) {
    const range = address.range();
    if (range !== "unicast") return `${host} is an address that is ${RANGE_NAMES[range] ?? "not public"}`;
    if (address instanceof ipaddr.IPv6 && !address.match(PUBLIC_IPV6)) return `${host} is not a public address`;
    return undefined;
  }
  const isPrivate = PRIVATE_DOMAINS.some((domain) => host === domain || host.endsWith(`.${domain}`));
  if (isPrivate || !host.includes(".")) return `${host} is not a public name`;
  return undefined;
}

const RANGE_NAMES: Record<string, string> = {
  loopback: "the machine's own",
  linkLocal: "link-local",
  private: "private",
  uniqueLocal: "private",
  carrierGradeNat: "shared behind a provider's translation",
  multicast: "a multicast group",
};

/** An IPv4 address is one in its IPv6 form, too. */
function addressOf(host: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const text = host.startsWith("[") ? host.slice(1, -1) : host;
  const isAddress = host.startsWith("[") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  return isAddress ? ipaddr.process(text) : undefined;
}

/** Where a request goes, however it is written: `host:port`. */
export function targetHost(url: URL): string {
  return `${hostOf(url)}:${portOf(url)}`;
}

/** Without the dot that a complete name may end with. The parser of URLs has made it lower case. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.+$/, "");
}

function portOf({ port, protocol }: URL): string {
  return port || (DEFAULT_PORTS[protocol] ?? "");
}
