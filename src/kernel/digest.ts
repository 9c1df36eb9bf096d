import { toHex } from "./bytes.ts";
import { RegistryError } from "./errors.ts";

declare const brand: unique symbol;
/** A digest in its whole form, `sha256:<hex>` or `sha512:<hex>`; made only by {@link parseDigest}, and by what hashes. */
export type Digest = string & { readonly [brand]: "Digest" };

/** The algorithms that OCI image-spec registers ("Registered Algorithms"). */
export type DigestAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return Object.hasOwn(HEX_LENGTH, text);
}

export function isDigest(text: string): text is Digest {
  const separator = text.indexOf(":");
  const algorithm = text.slice(0, separator);
  if (!isDigestAlgorithm(algorithm)) return false;
  const hex = text.slice(separator + 1);
  return hex.length === HEX_LENGTH[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/**
 * Reads a digest as OCI image-spec writes it ("Digests").
 *
 * @throws RegistryError DIGEST_INVALID, naming the text.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new RegistryError("DIGEST_INVALID", {
    message: `"${shorten(text)}" is not a digest: expected sha256: and 64 or sha512: and 128 lower-case hexadecimal digits`,
    detail: { digest: shorten(text) },
  });
}

/** @param digest is one: see {@link isDigest}. */
export function algorithmOf(digest: string): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The part behind the colon. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}

export function digestFromHex(algorithm: DigestAlgorithm, hex: string): Digest {
  return parseDigest(`${algorithm}:${hex}`);
}

/** Writes down what a hash of that algorithm has come to. */
export function digestFromHash(algorithm: DigestAlgorithm, hash: Uint8Array): Digest {
  return `${algorithm}:${toHex(hash)}` as Digest;
}

/** What a caller sent may be as long as a URL; an answer repeats only so much of it. */
export function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
