/** Tokens that an issuer signs for a job, and the keys that they may be signed with (RFC 7515, 7517, 7519, 8725). */
import { decodeJwt, decodeProtectedHeader, errors, type JWK } from "jose";
import { MAX_ISSUER_LENGTH } from "../../kernel/field-limits.ts";
import { looksLikeToken } from "./job-logins.ts";

/** Characters of a token: the longest of GitHub and GitLab have some thousand. */
export const MAX_JOB_TOKEN_LENGTH = 16 * 1024;
const MAX_AUDIENCES = 16;
const MAX_KEY_ID_LENGTH = 255;
/** Keys that one issuer may have: others have fewer than ten. */
const MAX_KEYS = 50;
/** Bits of an RSA key: fewer are too weak (RFC 7518, 3.3), more take too long. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;

/** What a token says of itself before anybody has checked its signature. */
export interface Announced {
  issuer: string;
  audiences: string[];
  algorithm: string;
  keyId: string | undefined;
}

/** A key of an issuer's, with the only algorithms that it may be used with. */
export interface IssuerKey {
  jwk: JWK;
  algorithms: readonly string[];
}

/** @returns undefined for what is no token, or one that could not be checked. */
export function readAnnounced(token: string): Announced | undefined {
  if (token.length > MAX_JOB_TOKEN_LENGTH || !looksLikeToken(token)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    const { iss, aud } = decodeJwt(token);
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (typeof iss !== "string" || iss.length > MAX_ISSUER_LENGTH || typeof alg !== "string") return undefined;
    if (kid !== undefined && (typeof kid !== "string" || kid.length > MAX_KEY_ID_LENGTH)) return undefined;
    if (audiences.length > MAX_AUDIENCES) return undefined;
    const texts = audiences.filter((audience) => typeof audience === "string");
    return { issuer: iss, audiences: texts, algorithm: alg, keyId: kid };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Those of an issuer's keys that Berth uses: public keys for signatures. One that is anything else, a secret among them, is left
 * out, so that no token can be signed with what is no secret.
 *
 * @param document a JSON Web Key Set (RFC 7517, section 5).
 */
export function readKeySet(document: unknown): IssuerKey[] {
  const list: unknown = typeof document === "object" && document !== null && "keys" in document ? document.keys : [];
  const keys: readonly unknown[] = Array.isArray(list) ? list.slice(0, MAX_KEYS) : [];
  return keys.flatMap((key) => {
    if (!isObject(key)) return [];
    const { use, key_ops: operations, alg, kid } = key;
    if (use !== undefined && use !== "sig") return [];
    if (Array.isArray(operations) && !operations.includes("verify")) return [];
    if (kid !== undefined && typeof kid !== "string") return [];
    const fitting = algorithmsFor(key);
    const algorithms = alg === undefined ? fitting.slice(0, 1) : fitting.filter((each) => each === alg);
    const [algorithm] = algorithms;
    if (algorithm === undefined) return [];
    return [{ jwk: publicPartOf(key), algorithms }];
  });
}

/** The algorithms that a key fits; the first is meant where the key names none. */
function algorithmsFor({ kty, crv, n }: Readonly<Record<string, unknown>>): readonly string[] {
  if (kty === "RSA") {
    const bits = typeof n === "string" ? Math.floor((n.length * 3) / 4) * 8 : 0;
    const isFit = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
    return isFit ? ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] : [];
  }
  if (kty === "EC") return { "P-256": ["ES256"], "P-384": ["ES384"], "P-521": ["ES512"] }[String(crv)] ?? [];
  if (kty === "OKP" && crv === "Ed25519") return ["EdDSA", "Ed25519"];
  return [];
}

function publicPartOf({ kty, kid, crv, x, y, n, e }: Readonly<Record<string, unknown>>): JWK {
  const members = Object.entries({ kty, kid, crv, x, y, n, e });
  const texts = members.flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
  return Object.fromEntries(texts);
}

/**
 * The one key that a token says it is signed with.
 *
 * @returns undefined when the issuer has none, or several that it could be: nobody guesses then.
 */
export function keyFor(keys: readonly IssuerKey[], { algorithm, keyId }: Announced): IssuerKey | undefined {
  const fitting = keys.filter(({ jwk, algorithms }) => {
    return algorithms.includes(algorithm) && (keyId === undefined || jwk.kid === keyId);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
