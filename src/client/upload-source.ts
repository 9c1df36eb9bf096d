/** Where the bytes of an upload come from, and how they become chunks that can be sent again. */
import type { Bytes, ByteStream } from "./bytes.ts";
import { type ChunkStore, MemoryChunkStore, type StoredChunk } from "./chunk-store.ts";

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
  /** @returns fewer bytes than asked for at the end only; none when it is reached. */
  read: (length: number) => Promise<StoredChunk | undefined>;
  /** Passes over bytes, which an observer is shown all the same. @returns how many there were, fewer at the end only. */
  skip: (length: number) => Promise<number>;
  /** Lets go of the source. */
  cancel: (reason: unknown) => Promise<void>;
}

/** @param observe is shown all bytes as they are read, in order; a `Blob` is read for it like a stream. */
export async function openSource(
  source: UploadSource,
  store: ChunkStore = new MemoryChunkStore(),
  observe?: (bytes: Uint8Array) => void,
): Promise<ChunkReader> {
  if (!(source instanceof Blob)) {
    return new StreamReader(source instanceof ReadableStream ? source : await source.open(), store, observe);
  }
  return observe ? new StreamReader(source.stream(), store, observe) : new BlobReader(source);
}

class BlobReader implements ChunkReader {
  readonly #blob: Blob;
  #at = 0;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  async read(length: number): Promise<StoredChunk | undefined> {
    const blob = this.#blob.slice(this.#at, this.#at + length);
    this.#at += blob.size;
    return blob.size > 0 ? { blob, release: () => Promise.resolve() } : undefined;
  }

  async skip(length: number): Promise<number> {
    const skipped = Math.min(length, this.#blob.size - this.#at);
    this.#at += skipped;
    return skipped;
  }

  async cancel(): Promise<void> {
    // Nothing is open.
  }
}

class StreamReader implements ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #store: ChunkStore;
  readonly #observe: ((bytes: Uint8Array) => void) | undefined;
  #rest: Bytes = new Uint8Array(0);

  constructor(stream: ByteStream, store: ChunkStore, observe?: (bytes: Uint8Array) => void) {
    this.#reader = stream.getReader();
    this.#store = store;
    this.#observe = observe;
  }

  async read(length: number): Promise<StoredChunk | undefined> {
    if (!(await this.#fill())) return undefined;
    const draft = await this.#store.begin(length);
    try {
      for (let left = length; left > 0 && (await this.#fill());) {
        const piece = this.#rest.subarray(0, left);
        draft.add(piece);
        left -= piece.byteLength;
        this.#rest = this.#rest.subarray(piece.byteLength);
      }
      return await draft.finish();
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }

  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0 && (await this.#fill())) {
      const passed = Math.min(left, this.#rest.byteLength);
      this.#rest = this.#rest.subarray(passed);
      left -= passed;
    }
    return length - left;
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => undefined);
  }

  /** @returns false at the end. */
  async #fill(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return false;
      this.#observe?.(value);
      this.#rest = value;
    }
    return true;
  }
}
