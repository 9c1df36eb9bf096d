/** Hashing while bytes pass. The browser's own digest takes only whole buffers, and wasm is closed to a strict CSP. */
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, type ByteStream, chunksOf, streamOf } from "./bytes.ts";
import { ContentMismatch } from "./errors.ts";

export type HashAlgorithm = "sha256" | "sha512";

/** A hash under way; that of `node:crypto` is one. */
export interface Hash {
  update: (bytes: Uint8Array) => unknown;
  digest: () => Uint8Array;
}

/** Makes hashes. In Node, `createHash` of `node:crypto` is many times faster than the default. */
export type CreateHash = (algorithm: HashAlgorithm) => Hash;

export const createPortableHash: CreateHash = (algorithm) => (algorithm === "sha256" ? sha256 : sha512).create();

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest as OCI image-spec writes it, of an algorithm that this client can check. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function algorithmOf(digest: string): HashAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The part behind the colon. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** Bytes and their number on the way to a digest. */
export class Digester {
  readonly #hash: Hash;
  readonly #algorithm: HashAlgorithm;
  /** Bytes so far. */
  size = 0;

  constructor(createHash: CreateHash = createPortableHash, algorithm: HashAlgorithm = "sha256") {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.size += bytes.byteLength;
  }

  /** The digest of all; to be called once, at the end. */
  digest(): string {
    return `${this.#algorithm}:${toHex(this.#hash.digest())}`;
  }
}

/** The digest of bytes that are in memory anyway. */
export function digestOf(bytes: Uint8Array, createHash?: CreateHash, algorithm?: HashAlgorithm): string {
  const digester = new Digester(createHash, algorithm);
  digester.update(bytes);
  return digester.digest();
}

export interface Expectation {
  digest: string;
  /** Bytes, when known. */
  size?: number | undefined;
  /** What the bytes are, to name them in an error. */
  what?: string;
}

/** Passes a stream on, and fails at its end unless it has the digest, and the size, that are expected. */
export function verified(stream: ByteStream, expected: Expectation, createHash?: CreateHash): ByteStream {
  return streamOf(verify(stream, expected, createHash));
}

async function* verify(stream: ByteStream, { digest, size, what = "the bytes" }: Expectation, createHash?: CreateHash) {
  const digester = new Digester(createHash, algorithmOf(digest));
  for await (const chunk of chunksOf(stream)) {
    digester.update(chunk);
    if (size !== undefined && digester.size > size) throw new ContentMismatch(`${what}: more than ${size} bytes came`);
    yield chunk;
  }
  if (size !== undefined && digester.size !== size) {
    throw new ContentMismatch(`${what}: ${digester.size} bytes came in place of ${size}`);
  }
  const actual = digester.digest();
  if (actual !== digest) throw new ContentMismatch(`${what}: the digest is ${actual} in place of ${digest}`);
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export type { Bytes };
