/** Where the registry on this machine listens: by `LISTEN` also for other machines, containers and virtual machines. */
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

export const LOOPBACK = "127.0.0.1";
/** All addresses of the machine: IPv4 ones, and those of both kinds. */
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Reads `LISTEN`: an IPv4 or IPv6 address of this machine, `0.0.0.0` or `::`.
 *
 * @throws Error saying what it must be.
 */
export function readListen(text: string | undefined): string {
  if (!text) return LOOPBACK;
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) === 0 || address.includes("%")) {
    throw new Error(`LISTEN must be an address of this machine, or 0.0.0.0 or :: for all of them, not "${text}".`);
  }
  return address;
}

/** How this machine itself reaches what listens there. */
export function localUrl(listen: string, port: number): string {
  if (WILDCARDS.has(listen)) return urlOf(LOOPBACK, port);
  return urlOf(listen, port);
}

/**
 * The addresses at which clients reach it, those of other machines first: `PUBLIC_URL` where nobody has set that.
 *
 * @param interfaces of this machine, as Node.js lists them.
 */
export function publicUrls(listen: string, port: number, interfaces = networkInterfaces()): string[] {
  const own = [urlOf(LOOPBACK, port), urlOf("localhost", port), ...(listen === "::" ? [urlOf("::1", port)] : [])];
  if (listen === LOOPBACK) return own;
  if (!WILDCARDS.has(listen)) return [urlOf(listen, port), ...own];
  const others = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    // An address of one link only is not one that a name of an image can have.
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .filter(({ family }) => listen === "::" || family === "IPv4")
    .sort((a, b) => a.family.localeCompare(b.family));
  return [...others.map(({ address }) => urlOf(address, port)).slice(0, MAX_OTHERS), ...own];
}

/** `PUBLIC_URL` takes twenty. */
const MAX_OTHERS = 17;

function urlOf(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
