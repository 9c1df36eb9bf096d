import { concatenate } from "../kernel/bytes.ts";

/** Bytes in memory, and streams of them. Shared memory is never meant: `Blob` and `fetch` refuse it. */
export type Bytes = Uint8Array<ArrayBuffer>;
export type ByteStream = ReadableStream<Bytes>;

/** The UTF-8 of a text. */
export function encodeText(text: string): Bytes {
  // In some platforms' types the encoder may answer shared memory.
  return new TextEncoder().encode(text).slice();
}

/** Adds bytes up without copying them, until they make a chunk. */
export class ChunkBuffer {
  #pieces: Bytes[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Bytes): void {
    this.#pieces.push(piece);
    this.#length += piece.byteLength;
  }

  /** Takes out at most `length` bytes from the front. */
  take(length: number): Bytes[] {
    const taken: Bytes[] = [];
    let left = Math.min(length, this.#length);
    while (left > 0) {
      const piece = this.shift(left);
      taken.push(piece);
      left -= piece.byteLength;
    }
    return taken;
  }

  /** Takes out at most `length` bytes as one array, which is a copy only where they are in several pieces. */
  read(length: number): Bytes {
    const pieces = this.take(length);
    return pieces.length === 1 && pieces[0] ? pieces[0] : concatenate(pieces);
  }

  /** Takes out the first piece, or at most `max` bytes of it. */
  shift(max: number): Bytes {
    const first = this.#pieces.shift() ?? new Uint8Array(0);
    const piece = first.byteLength > max ? first.subarray(0, max) : first;
    if (piece !== first) this.#pieces.unshift(first.subarray(max));
    this.#length -= piece.byteLength;
    return piece;
  }
}

/**
 * Reads a whole stream that has to be small.
 *
 * @param max bytes; when one more comes the stream is cancelled.
 * @throws what `tooLarge` makes.
 */
export async function readLimited(stream: ByteStream | null, max: number, tooLarge: () => Error): Promise<Bytes> {
  if (!stream) return new Uint8Array(0);
  const pieces: Bytes[] = [];
  let length = 0;
  for await (const piece of chunksOf(stream)) {
    length += piece.byteLength;
    if (length > max) throw tooLarge();
    pieces.push(piece);
  }
  return concatenate(pieces);
}

/** The pieces of a stream, which is cancelled when they are not read to the end. Safari cannot iterate over a stream itself. */
export async function* chunksOf(stream: ByteStream): AsyncGenerator<Bytes, void, undefined> {
  const reader = stream.getReader();
  let isAtEnd = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        isAtEnd = true;
        return;
      }
      yield value;
    }
  } catch (error) {
    isAtEnd = true;
    throw error;
  } finally {
    if (!isAtEnd) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

const SCAN_BYTES = 256 * 1024;

/**
 * Shows all bytes of a `Blob` to somebody who keeps none: each piece is in the same memory as the one before. Browsers
 * collect what streams leave behind only when it has become hundreds of megabytes.
 */
export async function scanBlob(blob: Blob, look: (piece: Bytes) => void): Promise<void> {
  const stream: ByteStream = blob.stream();
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch {
    // Not every browser lets streams of blobs be read so.
    for await (const piece of chunksOf(stream)) look(piece);
    return;
  }
  let buffer = new ArrayBuffer(Math.min(SCAN_BYTES, Math.max(1, blob.size)));
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      look(value);
      buffer = value.buffer;
    }
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

/** A stream of what an iterator makes, which is asked only when somebody reads. */
export function streamOf(chunks: AsyncGenerator<Bytes, void, undefined>): ByteStream {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
