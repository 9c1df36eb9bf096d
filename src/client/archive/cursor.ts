/** A place in a sequence of bytes, from which one reads or goes on. */
import { type Bytes, type ByteStream, ChunkBuffer } from "../bytes.ts";

export interface Cursor {
  /** Bytes from the beginning. */
  readonly position: number;
  /** Reads on. @returns fewer bytes than asked for only at the end. */
  read: (length: number) => Promise<Bytes>;
  /**
   * Goes on without keeping what is between.
   *
   * @param observe is shown the bytes; a cursor that can jump reads them for it only.
   * @returns how many bytes there were: fewer than asked for only at the end.
   */
  skip: (length: number, observe?: (bytes: Bytes) => void) => Promise<number>;
  /** Lets go of the source. */
  close: () => Promise<void>;
}

/** Reads a stream from its front to its end. */
export class StreamCursor implements Cursor {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #buffer = new ChunkBuffer();
  #position: number;

  /** @param position of the stream's first byte. */
  constructor(stream: ByteStream, position = 0) {
    this.#reader = stream.getReader();
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  async read(length: number): Promise<Bytes> {
    while (this.#buffer.length < length && (await this.#fill())) continue;
    const bytes = this.#buffer.read(length);
    this.#position += bytes.byteLength;
    return bytes;
  }

  async skip(length: number, observe?: (bytes: Bytes) => void): Promise<number> {
    let left = length;
    while (left > 0) {
      const piece = await this.next(left);
      if (piece === undefined) break;
      observe?.(piece);
      left -= piece.byteLength;
    }
    return length - left;
  }

  /** Reads what comes at once: at most `max` bytes. @returns undefined at the end. */
  async next(max: number): Promise<Bytes | undefined> {
    if (this.#buffer.length === 0 && !(await this.#fill())) return undefined;
    const piece = this.#buffer.shift(max);
    this.#position += piece.byteLength;
    return piece;
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (!done) this.#buffer.push(value);
    return !done;
  }
}

/** Large enough for the headers of many small files in one read, small enough to lose when a layer comes next. */
const WINDOW_BYTES = 64 * 1024;

/** Jumps in a source that can be read from anywhere: skipping costs nothing. */
export class SeekingCursor implements Cursor {
  readonly #size: number;
  readonly #readAt: (from: number, to: number) => Promise<Bytes>;
  #window: Bytes = new Uint8Array(0);
  #windowStart = 0;
  #position = 0;

  /** @param readAt reads from `from` up to `to`, which is within the source. */
  constructor(size: number, readAt: (from: number, to: number) => Promise<Bytes>) {
    this.#size = size;
    this.#readAt = readAt;
  }

  get position(): number {
    return this.#position;
  }

  async read(length: number): Promise<Bytes> {
    const from = this.#position;
    const to = Math.min(this.#size, from + length);
    const isInWindow = from >= this.#windowStart && to <= this.#windowStart + this.#window.byteLength;
    if (!isInWindow) {
      this.#window = await this.#readAt(from, Math.min(this.#size, Math.max(to, from + WINDOW_BYTES)));
      this.#windowStart = from;
    }
    this.#position = to;
    return this.#window.subarray(from - this.#windowStart, to - this.#windowStart);
  }

  async skip(length: number, observe?: (bytes: Bytes) => void): Promise<number> {
    const end = Math.min(this.#size, this.#position + length);
    const skipped = end - this.#position;
    if (observe) while (this.#position < end) observe(await this.read(Math.min(WINDOW_BYTES, end - this.#position)));
    this.#position = end;
    return skipped;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
