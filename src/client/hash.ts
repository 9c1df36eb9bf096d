/** Hashing while bytes pass. The browser's own digest takes only whole buffers, and wasm is closed to a strict CSP. */
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { algorithmOf, type Digest, type DigestAlgorithm, digestFromHash } from "../kernel/digest.ts";
import { type ByteStream, chunksOf, streamOf } from "./bytes.ts";
import { ContentMismatch } from "./errors.ts";

/** A hash under way; that of `node:crypto` is one. */
export interface Hash {
  update: (bytes: Uint8Array) => unknown;
  digest: () => Uint8Array;
}

/** Makes hashes. In Node, `createHash` of `node:crypto` is many times faster than the default. */
export type CreateHash = (algorithm: DigestAlgorithm) => Hash;

export const createPortableHash: CreateHash = (algorithm) => (algorithm === "sha256" ? sha256 : sha512).create();

/** Bytes and their number on the way to a digest. */
export class Digester {
  readonly #hash: Hash;
  readonly #algorithm: DigestAlgorithm;
  /** Bytes so far. */
  size = 0;

  constructor(createHash: CreateHash = createPortableHash, algorithm: DigestAlgorithm = "sha256") {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.size += bytes.byteLength;
  }

  /** The digest of all; to be called once, at the end. */
  digest(): Digest {
    return digestFromHash(this.#algorithm, this.#hash.digest());
  }
}

/** The digest of bytes that are in memory anyway. */
export function digestOf(bytes: Uint8Array, createHash?: CreateHash, algorithm?: DigestAlgorithm): Digest {
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
