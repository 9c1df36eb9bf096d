/** Storing the whole of a blob in one `put`, in which R2 checks the digest itself and stores nothing when it is wrong. */
import { algorithmOf, type Digest, hexOf } from "../../kernel/digest.ts";
import { asRefusal } from "../../kernel/errors.ts";
import { bodyPlaces, BodyReader, IDLE } from "../../streams.ts";
import { isMemoryScarce } from "./part-buffer.ts";
import { isUploadPlaceWanted } from "./upload-places.ts";
import { RefusedUpload } from "./upload-refusals.ts";

export type ByteStream = ReadableStream<Uint8Array>;

/** R2 takes up to 4.995 GiB in one `put`; a longer body is cut into parts even when its length is known. */
export const SINGLE_PUT_BYTES = 4 * 1024 * 1024 * 1024;
/** R2's error code, which is in its message only. */
const BAD_DIGEST = 10037;

/**
 * Stores bytes.
 *
 * @throws RefusedUpload when they do not have the digest.
 */
export async function putObject(
  bucket: R2Bucket,
  key: string,
  digest: Digest,
  bytes: ByteStream | Uint8Array,
): Promise<R2Object> {
  try {
    return await bucket.put(key, bytes, { [algorithmOf(digest)]: hexOf(digest) });
  } catch (error) {
    if (!isR2Error(error, BAD_DIGEST)) throw error;
    throw new RefusedUpload({ outcome: "digest-differs", claimed: digest, actual: undefined });
  }
}

/**
 * The same with the bytes of a client as they come, who may break off or pause for ever.
 *
 * @param signal ends it, so that nothing is stored.
 */
export async function putAsItComes(
  bucket: R2Bucket,
  key: string,
  digest: Digest,
  { body, length }: { body: ByteStream; length: number },
  signal?: AbortSignal,
): Promise<R2Object> {
  const { readable, writable } = new FixedLengthStream(length);
  const [stored, sent] = await Promise.allSettled([
    putObject(bucket, key, digest, readable),
    pump(body, writable, signal),
  ]);
  // When both failed, one because of the other, the client's part tells why; a wrong digest is known at the end only.
  if (sent.status === "rejected" && (signal?.aborted || asRefusal(sent.reason))) throw sent.reason;
  if (stored.status === "rejected") throw stored.reason;
  return stored.value;
}

/** Whether a client that sends slowly holds up others. */
export function isOthersTurn(): boolean {
  return isMemoryScarce() || isUploadPlaceWanted() || bodyPlaces.isWanted;
}

export function isR2Error(error: unknown, code: number): boolean {
  return error instanceof Error && error.message.includes(`(${code})`);
}

/** Passes a body on. */
async function pump(body: ByteStream, writable: WritableStream<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const reader = new BodyReader(body, isOthersTurn);
  const writer = writable.getWriter();
  try {
    for (;;) {
      const piece = await reader.read(Infinity);
      signal?.throwIfAborted();
      if (piece === undefined) break;
      if (piece !== IDLE) await writer.write(piece);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  } finally {
    await reader.release();
  }
}
