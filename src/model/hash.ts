/** Hashing in the Worker: `node:crypto` is compiled code there, and the kernel, which browsers share, cannot import it. */
import { createHash } from "node:crypto";
import { type Digest, type DigestAlgorithm, digestFromHex } from "../kernel/digest.ts";

/** The digest of bytes that are in memory anyway, such as a manifest. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return digestFromHex(algorithm, createHash(algorithm).update(bytes).digest("hex"));
}
