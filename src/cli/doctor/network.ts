/** Getting there: names, certificates, the protocol. */
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { reasonOf } from "../explain.ts";
import { isLoopbackName } from "../../kernel/loopback.ts";
import { type Check, type Examination, failed, type Finding, ok, skipped, warning } from "./examination.ts";

const CONNECT_MS = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Cloudflare renews certificates 30 days before they end; one that is nearer to its end is not being renewed. */
const EXPIRES_SOON_DAYS = 14;

/** The host as the network knows it: an IPv6 address without brackets. */
function hostOf({ registry }: Examination): string {
  return registry.url.hostname.replace(/^\[|\]$/g, "");
}

function portOf({ registry }: Examination): number {
  return Number(registry.url.port) || (registry.url.protocol === "http:" ? 80 : 443);
}

export const dns: Check = {
  name: "DNS",
  isEssential: true,
  run: async (examination) => {
    const host = hostOf(examination);
    if (isIP(host)) return skipped(`${host} is an address, and needs no resolving`);
    try {
      const addresses = await lookup(host, { all: true });
      return ok(`${host} is ${addresses.map(({ address }) => address).join(", ")}`);
    } catch (error) {
      return failed(
        `${host} cannot be resolved: ${reasonOf(error)}`,
        "Check the spelling. A new custom domain needs its routes in wrangler.toml, and some minutes (docs/deploy.md).",
      );
    }
  },
};

export const connection: Check = {
  name: "Connection",
  isEssential: true,
  run: (examination) =>
    new Promise((done) => {
      const [host, port] = [hostOf(examination), portOf(examination)];
      const socket = connectTcp({ host, port, timeout: CONNECT_MS });
      const end = (finding: Finding) => {
        socket.destroy();
        done(finding);
      };
      const mend =
        "Is the registry running, is the port right, and does a firewall or a proxy (HTTPS_PROXY) stand between?";
      socket.once("connect", () => end(ok(`port ${port} is open`)));
      socket.once("timeout", () => end(failed(`port ${port} does not answer within ${CONNECT_MS / 1000} s`, mend)));
      socket.once("error", (error) => end(failed(`port ${port} cannot be reached: ${reasonOf(error)}`, mend)));
    }),
};

const CERTIFICATE_MENDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "Renew it. Cloudflare does so by itself: look at the zone's SSL/TLS > Edge Certificates.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The certificate is another name's: use that name, or add this one as a custom domain.",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "Give the authority's certificate to every client; for this one, in NODE_EXTRA_CA_CERTS.",
  CERT_NOT_YET_VALID: "Set the clock of this machine.",
};
const UNKNOWN_AUTHORITY =
  "This machine does not know the authority. If a firewall issues certificates here, name its authority's in NODE_EXTRA_CA_CERTS.";

export const tls: Check = {
  name: "TLS",
  isEssential: true,
  run: async (examination) => {
    if (examination.registry.url.protocol === "http:") {
      if (isLoopbackName(examination.registry.url.hostname))
        return skipped("plain HTTP, which does not leave this machine");
      return warning("plain HTTP: passwords and images can be read on the way", "Put HTTPS before the registry.");
    }
    try {
      return judgeCertificate(await readCertificate(examination));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      const mend = CERTIFICATE_MENDS[code] ?? (/CERT|ISSUER|SIGN/.test(code) ? UNKNOWN_AUTHORITY : undefined);
      const plain = "Does it speak plain HTTP? Then write http:// before its address.";
      return failed(`no secure connection: ${reasonOf(error)}`, mend ?? plain);
    }
  },
};

interface Handshake {
  certificate: PeerCertificate;
  version: string;
  protocol: string | false | null;
}

function readCertificate(examination: Examination): Promise<Handshake> {
  const host = hostOf(examination);
  return new Promise((done, reject) => {
    const options = { host, port: portOf(examination), ALPNProtocols: ["h2", "http/1.1"], timeout: CONNECT_MS };
    const socket: TLSSocket = connectTls({ ...options, ...(isIP(host) === 0 && { servername: host }) }, () => {
      const certificate = socket.getPeerCertificate();
      done({ certificate, version: socket.getProtocol() ?? "TLS", protocol: socket.alpnProtocol });
      socket.destroy();
    });
    socket.once("timeout", () => socket.destroy(new Error(`no handshake within ${CONNECT_MS / 1000} s`)));
    socket.once("error", reject);
  });
}

function judgeCertificate({ certificate, version, protocol }: Handshake): Finding {
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / DAY_MS);
  const http = protocol === "h2" ? "HTTP/2" : "HTTP/1.1";
  const issuer = certificate.issuer.O ?? certificate.issuer.CN;
  const detail = `${version}, ${http}, certificate of ${String(issuer)} for ${days} more days`;
  if (days < EXPIRES_SOON_DAYS) return warning(detail, "See why the certificate is not being renewed.");
  return ok(detail);
}
