/** The certificate by which the registry on this machine speaks TLS: a given one, or one of its own. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";

/** A certificate, with those that lead to its authority behind it, and its key. Both PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** A certificate or its key cannot be used: the message says which file it is, and why. */
export class CertificateProblem extends Error {}

/** What `TLS`, `TLS_CERT` and `TLS_KEY` say. */
export type TlsChoice =
  | {
      kind: "files";
      certFile: string;
      keyFile: string;
      /** Host names in the certificate, without those with an asterisk. */
      names: string[];
    }
  | { kind: "own" };

/** Where a certificate comes from. */
export interface CertificateSource {
  /** Answers what is to be used now. @throws CertificateProblem */
  read: () => Promise<KeyPair> | KeyPair;
  /** Milliseconds between two looks at whether there is another one. */
  lookMs: number;
}

/** Milliseconds between two looks at given files. */
const FILES_LOOK_MS = 10_000;

/**
 * Reads `TLS`, `TLS_CERT` and `TLS_KEY`.
 *
 * @returns undefined for plain HTTP.
 * @throws Error saying what is wrong with them, or with a file that they name.
 */
export function readTls({ TLS, TLS_CERT, TLS_KEY }: NodeJS.ProcessEnv): TlsChoice | undefined {
  if (TLS && TLS !== "self-signed" && TLS !== "off") {
    throw new Error(
      `TLS must be self-signed or off, not "${TLS}". For a certificate of yours set TLS_CERT and TLS_KEY.`,
    );
  }
  if (!TLS_CERT && !TLS_KEY) return TLS === "self-signed" ? { kind: "own" } : undefined;
  if (TLS) throw new Error(`TLS is ${TLS}, but TLS_CERT and TLS_KEY name files: set either the one or the others.`);
  if (!TLS_CERT || !TLS_KEY) {
    const [set, missing] = TLS_CERT ? ["TLS_CERT", "TLS_KEY"] : ["TLS_KEY", "TLS_CERT"];
    throw new Error(`${set} is set, but ${missing} is not: a certificate and its key are needed.`);
  }
  const { cert } = readPair(TLS_CERT, TLS_KEY);
  const names = namesOf(new X509Certificate(cert)).filter((name) => !name.includes("*"));
  return { kind: "files", certFile: TLS_CERT, keyFile: TLS_KEY, names };
}

/** Where the certificate of the authority is that a registry has for itself (`own-certificate.ts`). */
export function authorityFileOf(stateDir: string): string {
  return join(stateDir, "tls", "ca.crt");
}

/** Given files, which somebody else renews. */
export function fileSource({ certFile, keyFile }: { certFile: string; keyFile: string }): CertificateSource {
  return { read: () => readPair(certFile, keyFile), lookMs: FILES_LOOK_MS };
}

/** The host names and addresses that a certificate holds, as URLs have them. */
export function namesOf({ subjectAltName }: X509Certificate): string[] {
  const entries = [...(subjectAltName ?? "").matchAll(/(DNS|IP Address):([^,"\s]+)(?=,|$)/g)];
  // IPv6 addresses come in full: 0:0:0:0:0:0:0:1.
  return entries.map(([, kind, name = ""]) =>
    kind !== "DNS" && name.includes(":") ? new URL(`http://[${name}]`).hostname : name.toLowerCase(),
  );
}

/**
 * Looks at a source again and again, and tells of each new certificate. One that cannot be used changes nothing, and is told
 * of once.
 *
 * @param current what is in use.
 * @returns a function that stops the looking.
 */
export function watchCertificate(
  { read, lookMs }: CertificateSource,
  current: KeyPair,
  { use, log }: { use: (pair: KeyPair) => void; log: (line: string) => void },
): () => void {
  let used = current;
  let toldOf = "";
  let isLooking = false;
  const look = async () => {
    try {
      const next = await read();
      toldOf = "";
      if (next.cert === used.cert && next.key === used.key) return;
      use(next);
      used = next;
      log(`New connections get the certificate that is valid until ${new X509Certificate(next.cert).validTo}.`);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== toldOf) log(`The certificate stays as it is. ${problem}`);
      toldOf = problem;
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => (isLooking = false));
  }, lookMs);
  return () => clearInterval(timer);
}

/** @throws CertificateProblem */
function readPair(certFile: string, keyFile: string): KeyPair {
  const cert = readText("TLS_CERT", certFile);
  const key = readText("TLS_KEY", keyFile);
  const certificate = parsed(
    "TLS_CERT",
    certFile,
    "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
    () => {
      if (!cert.includes("-----BEGIN CERTIFICATE-----")) throw new Error("not PEM");
      return new X509Certificate(cert);
    },
  );
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(key)) {
    throw problemOf("TLS_KEY", keyFile, "the key is encrypted: Berth takes one without a passphrase");
  }
  const privateKey = parsed("TLS_KEY", keyFile, "it holds no private key in PEM (-----BEGIN PRIVATE KEY-----)", () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw problemOf("TLS_KEY", keyFile, `it is not the key of the first certificate in ${certFile}`);
  }
  if (namesOf(certificate).length === 0) {
    throw problemOf("TLS_CERT", certFile, "it names no host (subjectAltName), and so clients refuse it");
  }
  const ends = certificate.validToDate;
  if (ends.getTime() <= Date.now()) throw problemOf("TLS_CERT", certFile, `it ended on ${ends.toISOString()}`);
  // What OpenSSL refuses besides, such as an RSA key that is too short.
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw problemOf("TLS_CERT", certFile, `OpenSSL does not take it: ${reason}`, error);
  }
  return { cert, key };
}

function readText(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw problemOf(variable, file, READ_PROBLEMS[code] ?? `it cannot be read (${code})`, error);
  }
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file",
};

function parsed<T>(variable: string, file: string, problem: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw problemOf(variable, file, problem, error);
  }
}

function problemOf(variable: string, file: string, problem: string, cause?: unknown): CertificateProblem {
  return new CertificateProblem(`${variable} ${file}: ${problem}.`, { cause });
}
