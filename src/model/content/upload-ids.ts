/**
 * Ids of uploads. An id is signed and says all that opening the upload needs, so that nothing is stored for an upload
 * before its first byte:
 *
 *     base64url(algorithm 1 byte, time 6 bytes, random 16 bytes, signature 16 bytes)
 *
 * The signature covers the repository and the user as well, which the request names anyway: an id of another repository or
 * user is like a forged one.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { DigestAlgorithm } from "../../kernel/digest.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { KeyRing } from "../secrets.ts";

/** Whose upload it is, and where to. */
export interface UploadIdOwner {
  repository: RepositoryName;
  userId: number;
}

/** What an id says. */
export interface ReadUploadId {
  /** The algorithm that the client has announced to name the blob with. */
  algorithm: DigestAlgorithm;
  /** When it was made, in milliseconds since 1970. */
  issuedAt: number;
}

/** The position is what the id holds: new ones go to the end. */
const ALGORITHMS: readonly DigestAlgorithm[] = ["sha256", "sha512"];
const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
const SIGNATURE_BYTES = 16;
const BODY_BYTES = 1 + TIME_BYTES + RANDOM_BYTES;
/** Other things are signed with the same secret, and none of them begins so. */
const PURPOSE = "upload\n";

export function signUploadId([secret]: KeyRing, owner: UploadIdOwner, algorithm: DigestAlgorithm): string {
  const body = Buffer.alloc(BODY_BYTES);
  body.writeUInt8(ALGORITHMS.indexOf(algorithm));
  body.writeUIntBE(Date.now(), 1, TIME_BYTES);
  randomBytes(RANDOM_BYTES).copy(body, 1 + TIME_BYTES);
  return Buffer.concat([body, signatureOf(secret, owner, body)]).toString("base64url");
}

/** @returns undefined for an id that was not made for this owner with one of the secrets, or was altered. */
export function readUploadId(keys: KeyRing, owner: UploadIdOwner, id: string): ReadUploadId | undefined {
  const bytes = Buffer.from(id, "base64url");
  // Other spellings of the same bytes would be other ids of one upload.
  if (bytes.byteLength !== BODY_BYTES + SIGNATURE_BYTES || bytes.toString("base64url") !== id) return undefined;
  const body = bytes.subarray(0, BODY_BYTES);
  const signature = bytes.subarray(BODY_BYTES);
  if (!keys.some((secret) => timingSafeEqual(signature, signatureOf(secret, owner, body)))) return undefined;
  const algorithm = ALGORITHMS[body.readUInt8()];
  return algorithm && { algorithm, issuedAt: body.readUIntBE(1, TIME_BYTES) };
}

function signatureOf(secret: string, { repository, userId }: UploadIdOwner, body: Uint8Array): Uint8Array {
  const hmac = createHmac("sha256", secret).update(PURPOSE).update(body).update(`${userId}\n${repository}`);
  return hmac.digest().subarray(0, SIGNATURE_BYTES);
}
