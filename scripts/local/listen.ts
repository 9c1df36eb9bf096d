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

export type Scheme = "http" | "https";

/** How this machine itself reaches what listens there. */
export function localUrl(listen: string, port: number, scheme: Scheme = "http"): string {
  return urlOf(scheme, WILDCARDS.has(listen) ? LOOPBACK : listen, port);
}

/**
 * Whether others on the network can read what goes to and fro: it listens for other machines, and neither it nor a proxy before it
 * speaks TLS.
 *
 * @param configured what `PUBLIC_URL` has been set to; of the addresses, those by https are a proxy's.
 */
export function isReadableByOthers(listen: string, scheme: Scheme, configured: readonly string[]): boolean {
  const isForOthers = listen !== "::1" && !listen.startsWith("127.");
  return isForOthers && scheme === "http" && !configured.some((url) => url.startsWith("https:"));
}

export interface AddressOptions {
  scheme?: Scheme;
  /** Names of the registry, which come first. */
  names?: readonly string[];
  /** Of this machine, as Node.js lists them. */
  interfaces?: ReturnType<typeof networkInterfaces>;
}

/** The addresses at which clients reach it, those of other machines first: `PUBLIC_URL` where nobody has set that. */
export function publicUrls(listen: string, port: number, options: AddressOptions = {}): string[] {
  const { scheme = "http", names = [], interfaces = networkInterfaces() } = options;
  const hosts = [...names, ...addressesOf(listen, interfaces)].slice(0, MAX_OTHERS);
  const own = [LOOPBACK, "localhost", ...(listen === "::" ? ["::1"] : [])];
  return [...new Set([...hosts, ...own].map((host) => urlOf(scheme, host, port)))];
}

/** The addresses of this machine that listen, but for 127.0.0.1. */
function addressesOf(listen: string, interfaces: ReturnType<typeof networkInterfaces>): string[] {
  if (!WILDCARDS.has(listen)) return listen === LOOPBACK ? [] : [listen];
  return (
    Object.values(interfaces)
      .flatMap((addresses) => addresses ?? [])
      // An address of one link only is not one that a name of an image can have.
      .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
      .filter(({ family }) => listen === "::" || family === "IPv4")
      .sort((a, b) => a.family.localeCompare(b.family))
      .map(({ address }) => address)
  );
}

/** `PUBLIC_URL` takes twenty. */
const MAX_OTHERS = 17;

function urlOf(scheme: Scheme, address: string, port: number): string {
  return `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
