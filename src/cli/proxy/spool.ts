/**
 * What has come of one upload and may have to be sent again: a ring of bytes in a file. The file has no name, so nothing is
 * left of it whichever way the process ends. Memory holds only what is on its way into it and out of it.
 */
import type { FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";
import type { Bytes } from "../../client/bytes.ts";
import { openNameless } from "../nameless-file.ts";
import { RangeBlob, type RangeSource } from "../range-blob.ts";

/** Bytes that may wait to be written. */
const WRITE_BUFFER_BYTES = 1024 * 1024;

export class Spool implements RangeSource {
  readonly #file: FileHandle;
  readonly #capacity: number;
  /** Bytes that have come since the beginning. */
  #written = 0;
  /** Bytes from the beginning that are not needed any more; their place is free. */
  #released = 0;
  #isEnded = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  private constructor(file: FileHandle, capacity: number) {
    this.#file = file;
    this.#capacity = capacity;
  }

  /**
   * @param capacity bytes that may be kept at a time; then writers have to wait.
   * @throws the system's error when the folder cannot be written to.
   */
  static async open(directory: string, capacity: number): Promise<Spool> {
    return new Spool(await openNameless(directory), capacity);
  }

  /** Whether all bytes have come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Where the bytes come in. Its end is the end of the upload's body; when it is destroyed, readers fail. */
  writable(): Writable {
    return new Writable({
      highWaterMark: WRITE_BUFFER_BYTES,
      write: (piece: Bytes, _encoding, done) => void this.#append([piece]).then(() => done(), done),
      writev: (pieces, done) => void this.#append(pieces.map(({ chunk }) => chunk as Bytes)).then(() => done(), done),
      final: (done) => {
        this.#isEnded = true;
        this.#wake();
        done();
      },
      destroy: (error, done) => {
        if (!this.#isEnded) this.#fail(error ?? new Error("the body broke off"));
        done(error);
      },
    });
  }

  /**
   * Waits until there are `wanted` bytes from a position on, or all that will ever come.
   *
   * @returns how many there are.
   * @throws what broke the body off.
   */
  async available(position: number, wanted: number): Promise<number> {
    while (this.#written - position < wanted && !this.#isEnded) {
      if (this.#failure) throw this.#failure;
      await this.#change();
    }
    return this.#written - position;
  }

  /** A part of the body, which need not have come yet: its reader waits for it. */
  chunk(position: number, length: number): Blob {
    return new RangeBlob(this, position, length);
  }

  /** Gives the place of all bytes before a position free. */
  release(position: number): void {
    this.#released = Math.max(this.#released, position);
    this.#wake();
  }

  /** Gives the file back. */
  async close(): Promise<void> {
    this.#fail(new Error("the spool is closed"));
    await this.#file.close();
  }

  /** Waits until there is a byte at the position. */
  async read(target: Bytes, position: number): Promise<number> {
    const there = await this.available(position, 1);
    if (position < this.#released) throw new Error("these bytes are released");
    const start = position % this.#capacity;
    const length = Math.min(target.byteLength, there, this.#capacity - start);
    const { bytesRead } = await this.#file.read(target, 0, length, start);
    if (bytesRead === 0) throw new Error("the spooled bytes are gone");
    return bytesRead;
  }

  /** Appends received bytes, and waits while the ring is full. */
  async #append(pieces: readonly Bytes[]): Promise<void> {
    for (let left = pieces; left.length > 0;) {
      while (this.#written - this.#released >= this.#capacity) {
        if (this.#failure) throw this.#failure;
        await this.#change();
      }
      const start = this.#written % this.#capacity;
      const free = this.#capacity - (this.#written - this.#released);
      const { bytesWritten } = await this.#file.writev(cut(left, 0, Math.min(this.#capacity - start, free)), start);
      this.#written += bytesWritten;
      this.#wake();
      left = cut(left, bytesWritten, Infinity);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((done) => this.#waiting.push(done));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }
}

/** The bytes from `start` to `end` of those that some pieces have together, without copying any. */
function cut(pieces: readonly Bytes[], start: number, end: number): Bytes[] {
  const parts: Bytes[] = [];
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (part.byteLength > 0) parts.push(part);
    at += piece.byteLength;
  }
  return parts;
}
