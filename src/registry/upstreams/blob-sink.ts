/** Where the bytes of a blob go while they come from elsewhere: one object of R2, which is there as a whole or not at all. */
import { createHash } from "node:crypto";
import { ContentMismatch } from "../../client/errors.ts";
import { algorithmOf, type Digest, digestFromHex } from "../../kernel/digest.ts";
import { putObject, SINGLE_PUT_BYTES } from "../../storage/content/put-object.ts";
import { RefusedUpload } from "../../storage/content/upload-refusals.ts";

/** R2 wants parts of one size, of at most 5 GiB. */
const PART_BYTES = 1024 * 1024 * 1024;

export interface BlobSink {
  write: (bytes: Uint8Array) => Promise<void>;
  /** Ends the object. @throws ContentMismatch when the bytes do not have the digest: then nothing is stored. */
  finish: () => Promise<void>;
  /** Leaves nothing. */
  abort: (reason: Error) => Promise<void>;
}

/** @param size bytes that will come. */
export async function openSink(bucket: R2Bucket, key: string, digest: Digest, size: number): Promise<BlobSink> {
  return size <= SINGLE_PUT_BYTES ? openWhole(bucket, key, digest, size) : openParts(bucket, key, digest, size);
}

/** R2 checks the digest itself. */
function openWhole(bucket: R2Bucket, key: string, digest: Digest, size: number): BlobSink {
  const { readable, writable } = new FixedLengthStream(size);
  const writer = writable.getWriter();
  const stored = putObject(bucket, key, digest, readable);
  stored.catch(() => undefined); // told by `finish`, or of no interest
  return {
    write: (bytes) => writer.write(bytes),
    finish: async () => {
      // What R2 says comes before what the stream says, which only knows that nobody reads it.
      const closed = writer.close();
      closed.catch(() => undefined);
      try {
        await stored;
      } catch (error) {
        throw error instanceof RefusedUpload ? mismatch(digest, undefined) : error;
      }
      await closed;
    },
    abort: async (reason) => {
      await writer.abort(reason).catch(() => undefined);
      await stored.catch(() => undefined);
    },
  };
}

/** For what is too large for one request to R2: in parts, whose bytes are hashed as they pass. */
async function openParts(bucket: R2Bucket, key: string, digest: Digest, size: number): Promise<BlobSink> {
  const upload = await bucket.createMultipartUpload(key);
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  const parts: R2UploadedPart[] = [];
  let at = 0;
  let current:
    { writer: WritableStreamDefaultWriter<Uint8Array>; stored: Promise<R2UploadedPart>; left: number } | undefined;
  const begin = () => {
    const left = Math.min(PART_BYTES, size - at);
    const { readable, writable } = new FixedLengthStream(left);
    const stored = upload.uploadPart(parts.length + 1, readable);
    stored.catch(() => undefined); // told when the part ends
    return { writer: writable.getWriter(), stored, left };
  };
  const end = async (part: NonNullable<typeof current>) => {
    await part.writer.close();
    parts.push(await part.stored);
  };
  return {
    write: async (bytes) => {
      hash.update(bytes);
      for (let from = 0; from < bytes.byteLength;) {
        current ??= begin();
        const piece = bytes.subarray(from, from + current.left);
        await current.writer.write(piece);
        from += piece.byteLength;
        at += piece.byteLength;
        current.left -= piece.byteLength;
        if (current.left > 0) continue;
        await end(current);
        current = undefined;
      }
    },
    finish: async () => {
      const actual = digestFromHex(algorithm, hash.digest("hex"));
      if (actual !== digest) {
        await upload.abort();
        throw mismatch(digest, actual);
      }
      await upload.complete(parts);
    },
    abort: async (reason) => {
      await current?.writer.abort(reason).catch(() => undefined);
      await current?.stored.catch(() => undefined);
      await upload.abort().catch(() => undefined);
    },
  };
}

function mismatch(digest: Digest, actual: Digest | undefined): ContentMismatch {
  return new ContentMismatch(`the blob ${digest} has another digest${actual === undefined ? "" : `, ${actual}`}`);
}
