/** Where the bytes of an upload come from, and how they become chunks that can be sent again. */
import type { Bytes, ByteStream } from "./bytes.ts";
import type { Chunk } from "./upload-session.ts";

/** What can be read as often as it takes. */
export interface RereadableSource {
  /** Opens a stream that begins at the first byte. */
  open: () => ByteStream | Promise<ByteStream>;
}

/**
 * A `Blob` is cut without reading it; of anything else the chunk under way and the next one are in memory. A stream can
 * be read only once, so an upload that the registry forgets fails.
 */
export type UploadSource = Blob | RereadableSource | ByteStream;

export function isRereadable(source: UploadSource): boolean {
  return !(source instanceof ReadableStream);
}

/** Hands out a source chunk by chunk. */
export interface ChunkReader {
  /**
   * Reads on. A chunk is good until the second reading after it begins.
   *
   * @returns fewer bytes than asked for at the end only; none when it is reached.
   */
  read: (length: number) => Promise<Chunk | undefined>;
  /** Lets go of the source. */
  cancel: (reason: unknown) => Promise<void>;
}

/** @param observe is shown all bytes as they are read, in order; a `Blob` is read for it like a stream. */
export async function openSource(source: UploadSource, observe?: (bytes: Uint8Array) => void): Promise<ChunkReader> {
  if (source instanceof Blob) return observe ? new StreamReader(source.stream(), observe) : new BlobReader(source);
  return new StreamReader(source instanceof ReadableStream ? source : await source.open(), observe);
}

class BlobReader implements ChunkReader {
  readonly #blob: Blob;
  #at = 0;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  async read(length: number): Promise<Chunk | undefined> {
    const chunk = this.#blob.slice(this.#at, this.#at + length);
    this.#at += chunk.size;
    return chunk.size > 0 ? chunk : undefined;
  }

  async cancel(): Promise<void> {
    // Nothing is open.
  }
}

class StreamReader implements ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #observe: ((bytes: Uint8Array) => void) | undefined;
  /** One chunk is sent while the other is filled. Taking new memory for each would leave all of it to the garbage collector. */
  readonly #buffers = [new ArrayBuffer(0), new ArrayBuffer(0)];
  #rest: Bytes = new Uint8Array(0);

  constructor(stream: ByteStream, observe?: (bytes: Uint8Array) => void) {
    this.#reader = stream.getReader();
    this.#observe = observe;
  }

  async read(length: number): Promise<Chunk | undefined> {
    const chunk = new Uint8Array(this.#nextBuffer(length), 0, length);
    let filled = 0;
    while (filled < length && (this.#rest.byteLength > 0 || (await this.#fill()))) {
      const piece = this.#rest.subarray(0, length - filled);
      chunk.set(piece, filled);
      filled += piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
    return filled > 0 ? chunk.subarray(0, filled) : undefined;
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => undefined);
  }

  #nextBuffer(length: number): ArrayBuffer {
    const oldest = this.#buffers.shift() ?? new ArrayBuffer(0);
    const buffer = oldest.byteLength >= length ? oldest : new ArrayBuffer(length);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** @returns false at the end. */
  async #fill(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.#observe?.(value);
    this.#rest = value;
    return true;
  }
}
