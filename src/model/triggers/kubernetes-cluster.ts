/** Where a cluster is, and who vouches for its API server. */
import type { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { type Certificate, readCertificate } from "../../tls/index.ts";

const MAX_SERVER_LENGTH = 2048;
/** Of about ten certificates: a list has a hundred clusters with all of them. */
const MAX_AUTHORITY_BYTES = 16 * 1024;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/**
 * Reads the address of an API server, `https://host[:port][/path]`. Whether it may be called is for `checkTarget` to
 * say, plain HTTP included.
 *
 * @returns it without a slash at the end.
 */
export function parseClusterServer(text: string): string {
  if (text.length > MAX_SERVER_LENGTH) throw refuseServer(reason("SERVER_TOO_LONG", { max: MAX_SERVER_LENGTH }));
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw refuseServer(reason("SERVER_FORM"));
  }
  if (url.username !== "" || url.password !== "") throw refuseServer(reason("SERVER_WITH_LOGIN"));
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) throw refuseServer(reason("SERVER_WITH_QUERY"));
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/**
 * Reads the certificates that a cluster's may be signed by: one or several in PEM, as in `ca.crt`.
 *
 * @returns them without what was around them.
 * @throws RegistryError CLUSTER_INVALID naming what is none.
 */
export function parseAuthority(pem: string): string {
  if (Buffer.byteLength(pem) > MAX_AUTHORITY_BYTES) {
    throw refuseAuthority(reason("AUTHORITY_TOO_LARGE", { max: MAX_AUTHORITY_BYTES }));
  }
  const blocks = [...pem.matchAll(PEM)].map(([block]) => block);
  const other = /-----BEGIN (?!CERTIFICATE-----)([^-]{1,60})-----/.exec(pem)?.[1];
  if (other !== undefined) throw refuseAuthority(reason("AUTHORITY_HOLDS_OTHER", { what: other }));
  if (blocks.length === 0 || blocks.length !== pem.split("-----BEGIN").length - 1) {
    throw refuseAuthority(reason("AUTHORITY_NOT_PEM"));
  }
  for (const [at, block] of blocks.entries()) {
    try {
      readCertificate(derOf(block));
    } catch (cause) {
      throw refuseAuthority(
        blocks.length === 1
          ? reason("AUTHORITY_NO_CERTIFICATE")
          : reason("AUTHORITY_NO_CERTIFICATE_AT", { number: at + 1 }),
        cause,
      );
    }
  }
  return blocks.map((block) => `${block}\n`).join("");
}

/** The certificates in a text that {@link parseAuthority} returned. */
export function readAuthorities(pem: string): Certificate[] {
  return [...pem.matchAll(PEM)].map(([block]) => readCertificate(derOf(block)));
}

function derOf(block: string): Uint8Array {
  return Buffer.from(block.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64");
}

function refuseServer(why: Reason): RegistryError {
  return refusal("CLUSTER_INVALID", why, { field: "server" });
}

function refuseAuthority(why: Reason, cause?: unknown): RegistryError {
  return refusal("CLUSTER_INVALID", why, { field: "authority", cause });
}
