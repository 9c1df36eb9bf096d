/**
 * Whether a server is who it says it is, by certificates that the operator of a cluster vouches for, and by no other
 * (RFC 5280, 6; RFC 9525). What is not understood is refused: a chain has to be plain.
 */
import { isIP } from "node:net";
import { describeReason } from "../kernel/reason-sentences.ts";
import { type Reason, reason } from "../kernel/reasons.ts";
import { BASIC_CONSTRAINTS, type Certificate, KEY_USAGE, KEY_USAGES, readCertificate } from "./certificate.ts";

/** Why a server's certificate is not believed, in words that follow "the certificate …". */
export class CertificateRefused extends Error {
  override readonly name = "CertificateRefused";
  readonly reason: Reason;

  constructor(why: Reason, options?: ErrorOptions) {
    super(describeReason(why), options);
    this.reason = why;
  }
}

/** A chain that goes on for longer is an attempt to keep us busy. */
const MAX_CERTIFICATES = 10;
const MAX_INTERMEDIATES = 5;
const MAX_SIGNATURES = 50;
const MIN_RSA_BITS = 2048;

const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const ANY_PURPOSE = "2.5.29.37.0";
const NAME_CONSTRAINTS = "2.5.29.30";
/** Basic constraints, key usage, extended key usage, subject's other names, and identifiers of keys: all are looked at. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  KEY_USAGES,
  "2.5.29.37",
  "2.5.29.17",
  "2.5.29.35",
  "2.5.29.14",
]);

/** SHA-2 with RSA (PKCS #1 and PSS) and with ECDSA, and Ed25519. */
const SIGNATURES: ReadonlySet<string> = new Set([
  "1.2.840.113549.1.1.10",
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
  "1.3.101.112",
]);

/**
 * Checks what a server showed.
 *
 * @param chain as it came, the server's own certificate first.
 * @param authorities what its chain has to end with; or the server's own certificate itself. None: nothing is believed.
 * @param host a name, or an address without brackets.
 * @returns the server's certificate.
 * @throws CertificateRefused saying why it is not the server's.
 */
export function verifyChain(
  chain: readonly Uint8Array[],
  authorities: readonly Certificate[],
  host: string,
  now: Date,
): Certificate {
  try {
    return verify(chain, authorities, host, now);
  } catch (error) {
    if (error instanceof CertificateRefused) throw error;
    // The runtime reads some fields only when it is asked for them, and fails in its own ways where they are damaged.
    throw new CertificateRefused(reason("CERTIFICATE_UNREADABLE"), { cause: error });
  }
}

function verify(
  chain: readonly Uint8Array[],
  authorities: readonly Certificate[],
  host: string,
  now: Date,
): Certificate {
  if (chain.length > MAX_CERTIFICATES) throw new CertificateRefused(reason("CERTIFICATE_CHAIN_TOO_LONG"));
  const [server, ...others] = chain.map(read);
  if (!server) throw new CertificateRefused(reason("CERTIFICATE_MISSING"));
  requireHost(server, host);
  requireValid(server, now);
  requireStrength(server);
  if (!isForServers(server)) throw new CertificateRefused(reason("CERTIFICATE_NOT_FOR_SERVERS"));
  if (server.isAuthority) throw new CertificateRefused(reason("CERTIFICATE_OF_AUTHORITY"));
  // TLS 1.3 knows no other use of a server's key (RFC 8446, 4.4.2.2).
  if (!mayBeUsed(server, KEY_USAGE.digitalSignature)) {
    throw new CertificateRefused(reason("CERTIFICATE_MAY_NOT_SIGN"));
  }
  if (authorities.some((authority) => isSame(authority, server))) return server;

  const unsigned = authorities.length === 0 ? "CERTIFICATE_NOT_TRUSTED" : "CERTIFICATE_OF_ANOTHER_AUTHORITY";
  let refusal = new CertificateRefused(reason(unsigned));
  let signatures = 0;
  const search = (subject: Certificate, intermediates: number, seen: readonly Certificate[]): boolean => {
    const issuers = [
      ...authorities.map((issuer) => ({ issuer, isTrusted: true })),
      ...others.map((issuer) => ({ issuer, isTrusted: false })),
    ];
    return issuers.some(({ issuer, isTrusted }) => {
      if (seen.some((one) => isSame(one, issuer)) || !subject.x509.checkIssued(issuer.x509)) return false;
      signatures += 1;
      if (signatures > MAX_SIGNATURES || !isSignedBy(subject, issuer)) return false;
      try {
        requireAuthority(issuer, intermediates, now);
        // How the authority itself is signed does not matter: it is believed as it is.
        if (!isTrusted) requireStrength(issuer);
      } catch (error) {
        if (!(error instanceof CertificateRefused)) throw error;
        refusal = error;
        return false;
      }
      return isTrusted || (intermediates < MAX_INTERMEDIATES && search(issuer, intermediates + 1, [...seen, issuer]));
    });
  };
  if (!search(server, 0, [server])) throw refusal;
  return server;
}

function read(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    throw new CertificateRefused(reason("CERTIFICATE_UNREADABLE"), { cause });
  }
}

/** The subject's common name is of no concern: it has not been the server's name for long. */
function requireHost({ x509 }: Certificate, host: string): void {
  const name = host.replace(/\.$/, "");
  const matches =
    isIP(host) === 0 ? x509.checkHost(name, { subject: "never", partialWildcards: false }) : x509.checkIP(host);
  if (matches === undefined) {
    const names = x509.subjectAltName?.slice(0, 300);
    throw new CertificateRefused(
      names === undefined
        ? reason("CERTIFICATE_FOR_NOBODY", { host })
        : reason("CERTIFICATE_FOR_OTHERS", { host, names }),
    );
  }
}

function requireValid({ x509, notBefore, notAfter, isCritical }: Certificate, now: Date): void {
  // Also when a date cannot be read.
  const whose = about(x509);
  if (!(now <= notAfter)) {
    throw new CertificateRefused(reason("CERTIFICATE_EXPIRED", { about: whose, time: x509.validTo }));
  }
  if (!(now >= notBefore)) {
    throw new CertificateRefused(reason("CERTIFICATE_NOT_YET_VALID", { about: whose, time: x509.validFrom }));
  }
  for (const [oid, critical] of isCritical) {
    if (critical && !KNOWN_EXTENSIONS.has(oid)) {
      throw new CertificateRefused(reason("CERTIFICATE_EXTENSION_UNKNOWN", { about: whose, oid }));
    }
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey;
  if (asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw new CertificateRefused(reason("CERTIFICATE_KEY_TOO_SHORT", { about: whose, bits: MIN_RSA_BITS }));
  }
}

function requireStrength({ x509, signatureOid }: Certificate): void {
  if (!SIGNATURES.has(signatureOid)) {
    throw new CertificateRefused(reason("CERTIFICATE_SIGNATURE_WEAK", { about: about(x509) }));
  }
}

/** Without purposes a certificate is for all. */
function isForServers({ x509 }: Certificate): boolean {
  // The types forget that there may be none.
  const purposes: readonly string[] | undefined = x509.keyUsage;
  return purposes?.some((purpose) => purpose === SERVER_AUTHENTICATION || purpose === ANY_PURPOSE) ?? true;
}

/** Whether a key may be used so; without usages it may be for all. */
function mayBeUsed({ keyUsage }: Certificate, usage: number): boolean {
  return keyUsage === undefined || (keyUsage & usage) !== 0;
}

/** That a certificate may sign others, `intermediates` of which stand between it and the server's. */
function requireAuthority(issuer: Certificate, intermediates: number, now: Date): void {
  requireValid(issuer, now);
  const { x509, pathLength, isCritical } = issuer;
  const { subject } = x509;
  if (!x509.ca || !mayBeUsed(issuer, KEY_USAGE.keyCertSign)) {
    throw new CertificateRefused(reason("CERTIFICATE_ISSUER_MAY_NOT_SIGN", { subject }));
  }
  if (!isForServers(issuer)) throw new CertificateRefused(reason("CERTIFICATE_ISSUER_NOT_FOR_SERVERS", { subject }));
  if (pathLength !== undefined && intermediates > pathLength) {
    throw new CertificateRefused(reason("CERTIFICATE_CHAIN_DEEPER_THAN_ALLOWED", { subject }));
  }
  // To ignore them, critical or not, would be to trust the authority with more than its own issuer does.
  if (isCritical.has(NAME_CONSTRAINTS)) {
    throw new CertificateRefused(reason("CERTIFICATE_ISSUER_LIMITED", { subject }));
  }
}

function isSignedBy(subject: Certificate, issuer: Certificate): boolean {
  try {
    return subject.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key of a kind that is not known signs nothing.
    return false;
  }
}

function isSame(one: Certificate, other: Certificate): boolean {
  return one.x509.raw.equals(other.x509.raw);
}

function about({ subject }: { subject: string }): string {
  return subject ? `(${subject.replaceAll("\n", ", ").slice(0, 200)}) ` : "";
}
