/**
 * A certificate that the registry makes for itself. An authority of its own, made once, signs it: clients trust that, and
 * need no word when the certificate is made anew, because it ends or because the machine has another address.
 */
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as SigningCertificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { authorityFileOf, CertificateProblem, type CertificateSource, type KeyPair, namesOf } from "./certificates.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Browsers and Apple's systems take certificates of at most 398 and 825 days. */
const VALID_DAYS = 397;
const RENEWED_BEFORE_END_DAYS = 60;
const AUTHORITY_VALID_DAYS = 3650;
/** The clocks of other machines may be slow. */
const BACKDATED_MS = HOUR_MS;
const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The certificate's own source, and what clients are to trust. */
export interface OwnCertificate extends CertificateSource {
  /** The authority's certificate, PEM. */
  authorityFile: string;
}

/**
 * The certificate of a state folder, which only one process may use at a time. What is not there yet is made when it is read.
 *
 * @param hosts names and addresses that it has to hold besides those of the machine itself, as URLs have them.
 * @param now milliseconds since 1970.
 */
export function ownCertificate(
  stateDir: string,
  hosts: readonly string[],
  now: () => number = Date.now,
): OwnCertificate {
  const names = [...new Set([...hosts, ...LOOPBACK_HOSTS])];
  const folder = join(stateDir, "tls");
  const authorityFile = authorityFileOf(stateDir);
  // Each in one file with its key, so that a process that is killed leaves both of the old or both of the new.
  const files = { authority: join(folder, "authority.pem"), server: join(folder, "server.pem") };
  const read = async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const known = readPair(files.authority);
    const isLasting = known && daysLeft(known, now()) > VALID_DAYS;
    const authority = isLasting ? known : keep(files.authority, await makeAuthority(now()));
    if (!existsSync(authorityFile) || readFileSync(authorityFile, "utf8") !== authority.cert) {
      write(authorityFile, authority.cert);
    }
    const server = readPair(files.server);
    if (server && daysLeft(server, now()) > RENEWED_BEFORE_END_DAYS && isFor(server, authority, names)) return server;
    return keep(files.server, await makeServer(authority, names, now()));
  };
  return { read, authorityFile, lookMs: HOUR_MS };
}

/** Whether clients that trust the authority take the certificate at all these names. */
function isFor(server: KeyPair, authority: KeyPair, names: readonly string[]): boolean {
  const certificate = new X509Certificate(server.cert);
  const held = new Set(namesOf(certificate));
  return certificate.verify(new X509Certificate(authority.cert).publicKey) && names.every((name) => held.has(name));
}

function daysLeft({ cert }: KeyPair, now: number): number {
  return (new X509Certificate(cert).validToDate.getTime() - now) / DAY_MS;
}

async function makeAuthority(now: number): Promise<KeyPair> {
  const keys = await generateKeys();
  const name = [{ CN: [`Berth on ${hostname()}`] }, { O: ["Berth"] }];
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: name,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + AUTHORITY_VALID_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      // It signs servers, and no further authorities.
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate.toString("pem"), keys.privateKey);
}

async function makeServer(authority: KeyPair, names: readonly string[], now: number): Promise<KeyPair> {
  const keys = await generateKeys();
  const issuer = new SigningCertificate(authority.cert);
  const der = createPrivateKey(authority.key).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: ["Berth"] }],
    issuer: issuer.subjectName,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + VALID_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
      new SubjectAlternativeNameExtension(names.map(alternativeName)),
    ],
  });
  return pairOf(certificate.toString("pem"), keys.privateKey);
}

/** @param host as URLs have it: an IPv6 address is in brackets. */
function alternativeName(host: string): { type: "dns" | "ip"; value: string } {
  const value = host.replace(/^\[(.*)\]$/, "$1");
  return { type: isIP(value) === 0 ? "dns" : "ip", value };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function pairOf(certificate: string, privateKey: webcrypto.CryptoKey): Promise<KeyPair> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return { cert: `${certificate.trim()}\n`, key: key.export({ format: "pem", type: "pkcs8" }).toString() };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/;
const KEY = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----\n/;

/** @throws CertificateProblem when the file is there, but does not hold a certificate and its key. */
function readPair(file: string): KeyPair | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const [cert] = CERTIFICATE.exec(text) ?? [];
  const [key] = KEY.exec(text) ?? [];
  try {
    if (cert === undefined || key === undefined) throw new Error("something is missing");
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
    throw new Error("they do not belong together");
  } catch (cause) {
    throw new CertificateProblem(`${file} is damaged: remove it, and another one is made.`, { cause });
  }
}

function keep(file: string, pair: KeyPair): KeyPair {
  write(file, pair.cert + pair.key);
  return pair;
}

/** All of it or nothing, even if the process is killed. Readable by this user alone: others get a copy of the certificate to install. */
function write(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, file);
}
