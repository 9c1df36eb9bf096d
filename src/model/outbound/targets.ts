/** Where requests of the registry's own go, and which places the operator allows. `check-target.ts` says which may be called. */
import ipaddr from "ipaddr.js";

/** A host, on one port or on all, or a block of addresses. */
export type AllowedTarget =
  | { kind: "host"; host: string; port: string | undefined }
  | { kind: "block"; address: ipaddr.IPv4 | ipaddr.IPv6; bits: number };

export const DEFAULT_PORTS: Record<string, string> = { "https:": "443", "http:": "80" };
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

/** Where a request goes, however it is written: `host:port`. */
export function targetHost(url: URL): string {
  return `${hostOf(url)}:${portOf(url)}`;
}

/** Without the dot that a complete name may end with. The parser of URLs has made it lower case. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.+$/, "");
}

export function portOf({ port, protocol }: URL): string {
  return port || (DEFAULT_PORTS[protocol] ?? "");
}
