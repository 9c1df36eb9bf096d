/**
 * Huawei's request signatures, `SDK-HMAC-SHA256`: what the SDKs sign and how (API Gateway, "Signing algorithm"). Pure:
 * which key, when and how often is decided in `registry/logins/request-signatures.ts`.
 */
import { createHash, createHmac } from "node:crypto";
import { RegistryError } from "../../kernel/errors.ts";

const ALGORITHM = "SDK-HMAC-SHA256";
export const DATE_HEADER = "x-sdk-date";
const CONTENT_HASH_HEADER = "x-sdk-content-sha256";
const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What an `Authorization` header says of a signature. */
export interface SignatureHeader {
  accessKey: string;
  /** Lower-case names in the order of the header. */
  signedHeaders: string[];
  /** 64 lower-case hexadecimal digits. */
  signature: string;
}

/** A request as it came: nothing decoded, nothing written anew. */
export interface SignedRequest {
  method: string;
  /** Path and query as on the wire; `host` is what a missing `Host` header would say. */
  url: { pathname: string; search: string; host: string };
  headers: { get(name: string): string | null };
  body: Uint8Array;
}

/** Whether an `Authorization` header has the form of a signature, of this algorithm or of another. */
export function isSignature(authorization: string): boolean {
  return /^\S+\s+(?:Access|Credential)=/.test(authorization);
}

/**
 * Reads `SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…`.
 *
 * @throws RegistryError UNAUTHORIZED for any other algorithm, naming it, and for what has another form or does not sign
 * its date.
 */
export function parseSignature(authorization: string): SignatureHeader {
  const algorithm = /^\S+/.exec(authorization)?.[0] ?? "";
  if (algorithm !== ALGORITHM) {
    throw refusal(`the algorithm ${algorithm.slice(0, 50)} is not supported: sign with ${ALGORITHM}`);
  }
  const parts = /^\S+\s+Access=([A-Za-z0-9]{1,128}),\s*SignedHeaders=([^\s,]+),\s*Signature=([0-9a-f]{64})$/.exec(
    authorization.trim(),
  );
  if (!parts) throw refusal("the signature is not of the form Access=…, SignedHeaders=…, Signature=…");
  const [, accessKey = "", names = "", signature = ""] = parts;
  const signedHeaders = names.split(";");
  if (!signedHeaders.every((name) => /^[a-z0-9._-]+$/.test(name))) {
    throw refusal("SignedHeaders must hold lower-case names of headers");
  }
  if (!signedHeaders.includes(DATE_HEADER)) throw refusal("SignedHeaders must hold x-sdk-date");
  return { accessKey, signedHeaders, signature };
}

/**
 * Reads the date that a signature holds, `YYYYMMDDTHHMMSSZ`.
 *
 * @throws RegistryError UNAUTHORIZED when there is none.
 */
export function parseSignatureDate(text: string | null): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  const [, year, month, day, hour, minute, second] = parts ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!parts || Number.isNaN(date.getTime())) throw refusal("X-Sdk-Date must be a time as YYYYMMDDTHHMMSSZ, in UTC");
  return date;
}

/**
 * The signature that a request should have: 64 lower-case hexadecimal digits.
 *
 * @param of.path one of {@link canonicalPaths}.
 * @param of.contentHash what {@link contentHashOf} answers: a caller who tries several forms of a request has it made once.
 * @throws RegistryError UNAUTHORIZED when a header is missing that is said to be signed, or the body is not what its hash says.
 */
export function signatureOf(
  secret: string,
  request: SignedRequest,
  signedHeaders: readonly string[],
  { path = canonicalPath(request.url.pathname), contentHash = contentHashOf(request) } = {},
): string {
  const date = request.headers.get(DATE_HEADER) ?? "";
  const canonicalRequest = [
    request.method,
    path,
    canonicalQuery(request.url.search),
    signedHeaders.map((name) => `${name}:${headerOf(request, name).trim()}\n`).join(""),
    signedHeaders.join(";"),
    contentHash,
  ].join("\n");
  const text = [ALGORITHM, date, sha256(canonicalRequest)].join("\n");
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** Clients sign each segment encoded, whatever they send bare (`$`), and a slash at the end that they do not send. */
export function canonicalPath(pathname: string): string {
  return encodeSegments(pathname.split("/").map(decode));
}

/**
 * The forms of a path that clients sign: {@link canonicalPath}, and, if a name contains a slash sent as `%2F`, the form
 * that they make of that. The Python SDK signs the path as if it were two segments. The Node SDK, which a caller has to
 * give the name encoded, signs it encoded once more.
 */
export function canonicalPaths(pathname: string): string[] {
  const path = canonicalPath(pathname);
  if (!/%2f/i.test(pathname)) return [path];
  return [path, encodeSegments(decode(pathname).split("/")), encodeSegments(pathname.split("/"))];
}

function encodeSegments(segments: readonly string[]): string {
  const path = segments.map(encode).join("/");
  return path.endsWith("/") ? path : `${path}/`;
}

/** Sorted by name, then by value. On the wire a space may be `+`. */
export function canonicalQuery(search: string): string {
  const pairs = search
    .replace(/^\?/, "")
    .split("&")
    .filter(Boolean)
    .map((pair) => {
      const end = pair.includes("=") ? pair.indexOf("=") : pair.length;
      return [pair.slice(0, end), pair.slice(end + 1)].map((text) => decode(text.replaceAll("+", " ")));
    });
  pairs.sort(([name = "", value = ""], [otherName = "", otherValue = ""]) => {
    return compare(name, otherName) || compare(value, otherValue);
  });
  return pairs.map(([name = "", value = ""]) => `${encode(name)}=${encode(value)}`).join("&");
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function headerOf({ headers, url }: SignedRequest, name: string): string {
  const value = headers.get(name) ?? (name === "host" ? url.host : null);
  if (value === null) throw refusal(`the header ${name} is said to be signed and is missing`);
  return value;
}

/**
 * The hash of the body. A client may name it in a header, which is signed in its place: then both must agree, and a body
 * that is not signed at all is refused, because anybody could exchange it.
 *
 * @throws RegistryError UNAUTHORIZED when the body is not what its hash says.
 */
export function contentHashOf({ headers, body }: SignedRequest): string {
  const hash = sha256(body);
  const named = headers.get(CONTENT_HASH_HEADER);
  if (named === null || named === hash) return hash;
  if (named === UNSIGNED_PAYLOAD && body.byteLength === 0) return named;
  throw refusal("X-Sdk-Content-Sha256 is not the hash of the body");
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What is not properly encoded stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Percent-encodes all but `A-Z a-z 0-9 - . _ ~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function refusal(message: string): RegistryError {
  return new RegistryError("UNAUTHORIZED", message);
}
