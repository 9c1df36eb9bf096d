/** Addresses in answers: those of the registry become those of the proxy, so that clients keep going through it. */

/** Headers that are between two neighbours only (RFC 9110, 7.6.1), and those that each connection has of its own. */
const HOP_BY_HOP = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers as `rawHeaders` has them, name after value, without those that are not passed on. */
export function passedOn(rawHeaders: readonly string[], connection: string | undefined): [string, string][] {
  const named = new Set((connection ?? "").toLowerCase().split(/\s*,\s*/));
  const passed: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.has(lower)) passed.push([name, rawHeaders[at + 1] ?? ""]);
  }
  return passed;
}

export class AddressBook {
  readonly #upstream: string;
  readonly #proxy: string;

  /**
   * @param upstream the registry.
   * @param host what the client calls the proxy: its Host header.
   */
  constructor(upstream: URL, host: string) {
    this.#upstream = upstream.origin;
    this.#proxy = `http://${host}`;
  }

  /** A header of an answer, as the client gets it. */
  rewrite(name: string, value: string): string {
    switch (name.toLowerCase()) {
      case "location":
        return this.#translate(value);
      case "link":
        return value.replace(/<([^>]*)>/g, (_, target: string) => `<${this.#translate(target)}>`);
      case "www-authenticate":
        return value.replace(/(realm=")([^"]*)(")/gi, (_, before: string, realm: string, after: string) => {
          return `${before}${this.#translate(realm)}${after}`;
        });
      default:
        return value;
    }
  }

  /** What is the registry's own; addresses of others and paths stay as they are. */
  #translate(address: string): string {
    if (/^[^/\\:]*(?:\/(?![/\\])|$)/.test(address)) return address;
    // `//host/` has the scheme of the registry, and would get that of the proxy.
    const url = URL.parse(address, this.#upstream);
    if (url === null) return address;
    if (url.origin !== this.#upstream) return url.href;
    return `${this.#proxy}${url.pathname}${url.search}${url.hash}`;
  }
}
