/** Certificates for tests, right and wrong ones. */
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const DAY_MS = 24 * 60 * 60 * 1000;
export const SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1";
export const CLIENT_PURPOSE = "1.3.6.1.5.5.7.3.2";

type Algorithm = "P-256" | "P-384" | "P-521" | "Ed25519" | "RSA" | "RSA-1024";

export interface CertificateRecipe {
  name: string;
  /** Undefined: itself. */
  issuer?: Certified;
  algorithm?: Algorithm;
  /** Of the signature: default SHA-256. */
  hash?: "SHA-1" | "SHA-256" | "SHA-384";
  /** May sign others. */
  isAuthority?: boolean;
  /** What the key is for; default what servers and authorities need. Null: the certificate does not say. */
  usages?: readonly KeyUsageFlags[] | null;
  pathLength?: number;
  /** Default for a server: localhost and 127.0.0.1. */
  names?: readonly { type: "dns" | "ip"; value: string }[];
  purposes?: readonly string[];
  notBefore?: Date;
  notAfter?: Date;
  extensions?: readonly { oid: string; isCritical: boolean; der: Uint8Array }[];
}

/** A certificate and its key. */
export interface Certified {
  /** PEM. */
  certificate: string;
  /** PEM. */
  key: string;
  keys: webcrypto.CryptoKeyPair;
  x509: X509Certificate;
}

export async function makeCertificate(recipe: CertificateRecipe): Promise<Certified> {
  const { name, issuer, isAuthority = false, pathLength, purposes, hash = "SHA-256" } = recipe;
  const { usages = [isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature] } = recipe;
  const keys = (await webcrypto.subtle.generateKey(algorithmOf(recipe.algorithm ?? "P-256", hash), true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const signing = issuer?.keys ?? keys;
  const names = recipe.names ?? (isAuthority ? [] : [...LOCAL_NAMES]);
  const x509 = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    subject: `CN=${name}`,
    issuer: issuer?.x509.subject ?? `CN=${name}`,
    notBefore: recipe.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: recipe.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: signing.privateKey,
    signingAlgorithm: { ...signing.privateKey.algorithm, hash },
    extensions: [
      new BasicConstraintsExtension(isAuthority, pathLength, true),
      ...(usages === null ? [] : [new KeyUsagesExtension(flagsOf(usages), true)]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(signing.publicKey),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension([...names])] : []),
      ...(purposes ? [new ExtendedKeyUsageExtension([...purposes])] : []),
      ...(recipe.extensions ?? []).map(({ oid, isCritical, der }) => new Extension(oid, isCritical, der)),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(pkcs8).toString("base64")}\n-----END PRIVATE KEY-----\n`;
  return { certificate: `${x509.toString("pem")}\n`, key, keys, x509 };
}

const LOCAL_NAMES = [
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
] as const;

/** All of them as the library takes them. */
function flagsOf(usages: readonly KeyUsageFlags[]): KeyUsageFlags {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- several flags are a number that is no flag
  return usages.reduce<number>((sum, usage) => sum | usage, 0);
}

function algorithmOf(algorithm: Algorithm, hash: string) {
  if (algorithm === "Ed25519") return { name: "Ed25519" };
  if (algorithm.startsWith("P-")) return { name: "ECDSA", namedCurve: algorithm };
  const modulusLength = algorithm === "RSA" ? 2048 : 1024;
  return { name: "RSASSA-PKCS1-v1_5", hash, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
}
