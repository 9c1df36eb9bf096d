/** The signature by which a server proves to have a certificate's key (RFC 8446, 4.4.3). */
import type { X509Certificate } from "node:crypto";
import { reason } from "../kernel/reasons.ts";
import { TlsError } from "./errors.ts";

interface Scheme {
  algorithm: { name: "ECDSA"; namedCurve: string } | { name: "RSA-PSS"; hash: string } | { name: "Ed25519" };
  verification:
    | { name: "ECDSA"; hash: string; coordinateLength: number }
    | { name: "RSA-PSS"; saltLength: number }
    | { name: "Ed25519" };
}

const ecdsa = (namedCurve: string, hash: string, coordinateLength: number): Scheme => ({
  algorithm: { name: "ECDSA", namedCurve },
  verification: { name: "ECDSA", hash, coordinateLength },
});
const pss = (hash: string, saltLength: number): Scheme => ({
  algorithm: { name: "RSA-PSS", hash },
  verification: { name: "RSA-PSS", saltLength },
});

/** By their numbers, those we like best first. */
const SCHEMES: ReadonlyMap<number, Scheme> = new Map([
  [0x0403, ecdsa("P-256", "SHA-256", 32)],
  [0x0503, ecdsa("P-384", "SHA-384", 48)],
  [0x0603, ecdsa("P-521", "SHA-512", 66)],
  [0x0807, { algorithm: { name: "Ed25519" }, verification: { name: "Ed25519" } }],
  [0x0804, pss("SHA-256", 32)],
  [0x0805, pss("SHA-384", 48)],
  [0x0806, pss("SHA-512", 64)],
]);

/** PKCS #1 with SHA-2: in certificates, never in a handshake. */
const FOR_CERTIFICATES_ONLY = [0x0401, 0x0501, 0x0601];

export const OFFERED_SCHEMES: readonly number[] = [...SCHEMES.keys(), ...FOR_CERTIFICATES_ONLY];

const CONTEXT = Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from("TLS 1.3, server CertificateVerify\0")]);

/** What a server signs. */
export function signedContent(transcriptHash: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, transcriptHash]);
}

/** @throws TlsError unless the certificate's key made the signature. */
export async function verifySignature(
  { publicKey }: X509Certificate,
  schemeNumber: number,
  content: Uint8Array,
  signature: Uint8Array,
): Promise<void> {
  const scheme = SCHEMES.get(schemeNumber);
  if (!scheme) throw new TlsError(reason("TLS_SIGNATURE_UNOFFERED"));
  const { algorithm, verification } = scheme;
  const refused = reason("TLS_KEY_WRONG");
  let isRight: boolean;
  try {
    const der = publicKey.export({ type: "spki", format: "der" });
    const key = await crypto.subtle.importKey("spki", der, algorithm, false, ["verify"]);
    const raw = verification.name === "ECDSA" ? rawSignature(signature, verification.coordinateLength) : signature;
    isRight = await crypto.subtle.verify(verification, key, raw, content);
  } catch (cause) {
    // A key of another kind than the scheme's, or bytes that are no signature.
    throw new TlsError(refused, { cause });
  }
  if (!isRight) throw new TlsError(refused);
}

/** Two integers in DER as two of fixed length, which is the form that WebCrypto knows. */
function rawSignature(der: Uint8Array, coordinateLength: number): Uint8Array {
  let at = der[1] === 0x81 ? 3 : 2;
  const integer = () => {
    const start = at + 2;
    at = start + (der[at + 1] ?? 0);
    const bytes = der.subarray(start, at);
    const digits = bytes.subarray(
      Math.max(
        bytes.findIndex((byte) => byte !== 0),
        0,
      ),
    );
    if (digits.length > coordinateLength) throw new Error("an integer of the signature is too long");
    return Buffer.concat([Buffer.alloc(coordinateLength - digits.length), digits]);
  };
  const raw = Buffer.concat([integer(), integer()]);
  if (at !== der.length) throw new Error("the signature has a wrong length");
  return raw;
}
