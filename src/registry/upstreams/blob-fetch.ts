/**
 * A blob that comes from elsewhere, once for all who want it. Its bytes go to R2 as they come, and a window over the last of them
 * lets any number of clients read along. A client that is behind the window, or came later, waits until R2 has all of it and goes
 * on from there: so a slow one neither holds up the others nor costs memory. The last bytes are held back until R2 has confirmed the
 * digest, so that nobody ever has a whole blob that is wrong.
 */
import { NetworkLost } from "../../client/errors.ts";
import type { ByteRange } from "../../kernel/byte-range.ts";
import type { Digest } from "../../kernel/digest.ts";
import { ByteWindow } from "../../model/upstreams/byte-window.ts";
import { type BlobKeeping, type CachedImage, keepBlob } from "../../storage/upstreams/cached-content.ts";
import { keepOneObject } from "../../storage/content/keep-object.ts";
import { discardObject, newObjectKey } from "../../storage/content/objects.ts";
import { parts } from "../../storage/content/part-buffer.ts";
import type { Stores } from "../../storage/stores.ts";
import { type BlobSink, openSink } from "./blob-sink.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sizes of the window, the largest of which there is memory for: of the memory of uploads, which are the same in the other direction. */
const WINDOW_SIZES = [4096, 1024, 256].map((kib) => kib * 1024);
const READ_BYTES = 128 * 1024;
/** The last bytes that are held back. A configuration is held back whole. */
const HELD_BACK_BYTES = 64 * 1024;
/** Upstream is given up when nothing has come for so long. */
const IDLE_MS = 60_000;
/** How many clients read along at most: each holds one piece of the window. All others wait for R2, which costs no memory. */
const MAX_ALONG = 64;

/** Bytes that are about to come. */
export interface ComingBlob {
  digest: Digest;
  size: number;
  body: ReadableStream<Bytes>;
}

export class BlobFetch {
  readonly size: number;
  readonly #digest: Digest;
  readonly #window = new ByteWindow();
  readonly #memory = parts.open();
  /** Of the object that has all of it, once one has. */
  #objectKey: string | undefined;
  #failure: Error | undefined;
  readonly #ended: Promise<void>;
  #wake: () => void = () => undefined;
  #changed: Promise<void>;
  #along = 0;
  #readers = 0;
  /** Whether the object is to go when the last reader has: there was no room for the blob. */
  #isUnkept = false;

  /** Begins at once, and goes on without any reader. */
  constructor(stores: Stores, image: CachedImage, { digest, size, body }: ComingBlob) {
    this.size = size;
    this.#digest = digest;
    this.#changed = this.#nextChange();
    this.#ended = this.#run(stores, image, body);
  }

  /** Ends when nothing is to be done any more; never fails. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether another request should begin anew, since nothing of this one is of use any more. */
  get isOver(): boolean {
    return this.#failure !== undefined || (this.#objectKey !== undefined && this.#readers === 0);
  }

  /** The bytes of a range, or all; they break off when upstream does, or the digest turns out wrong. */
  read(stores: Stores, range: ByteRange | undefined): ReadableStream {
    const { offset, length } = range ?? { offset: 0, length: this.size };
    const { readable, writable } = new FixedLengthStream(length);
    this.#readers += 1;
    const serve = async () => {
      try {
        await this.#serve(stores, { at: offset, end: offset + length }, writable);
      } catch (error) {
        // A client that has gone ends it, and one whose bytes cannot be read sees the answer break off.
        await writable.abort(error).catch(() => undefined);
      } finally {
        this.#readers -= 1;
        await this.#discardUnkept(stores);
      }
    };
    serve().catch((error: unknown) => console.error(`blob ${this.#digest} could not be passed on:`, error));
    return readable;
  }

  async #serve(
    { bucket }: Stores,
    { at, end }: { at: number; end: number },
    writable: WritableStream<Uint8Array>,
  ): Promise<void> {
    const mayReadAlong = this.#along < MAX_ALONG;
    if (mayReadAlong) this.#along += 1;
    const writer = writable.getWriter();
    try {
      while (at < end && this.#objectKey === undefined) {
        if (this.#failure) throw this.#failure;
        // Before anything is waited for.
        const changed = this.#changed;
        const given = Math.min(end, Math.max(0, this.size - HELD_BACK_BYTES));
        const piece = mayReadAlong ? this.#window.read(at, given) : undefined;
        if (piece) {
          await writer.write(piece);
          at += piece.byteLength;
        } else {
          await changed;
        }
      }
      if (at >= end) {
        await writer.close();
        return;
      }
    } finally {
      if (mayReadAlong) this.#along -= 1;
      writer.releaseLock();
    }
    await this.#serveStored(bucket, { offset: at, length: end - at }, writable);
  }

  async #serveStored(bucket: R2Bucket, range: ByteRange, writable: WritableStream<Uint8Array>): Promise<void> {
    const object = await bucket.get(this.#objectKey ?? "", { range });
    if (!object) throw new Error(`the object of blob ${this.#digest} is gone`);
    await object.body.pipeTo(writable);
  }

  /** Removes the object of a blob that there was no room for, once nobody reads it any more. Never throws. */
  async #discardUnkept({ db, bucket }: Stores): Promise<void> {
    if (this.#readers > 0 || !this.#isUnkept || this.#objectKey === undefined) return;
    try {
      await discardObject(db, bucket, this.#objectKey);
    } catch (error) {
      console.error("an object that nobody needs was left to garbage collection:", error);
    }
  }

  async #run(stores: Stores, image: CachedImage, body: ReadableStream<Bytes>): Promise<void> {
    const key = newObjectKey();
    try {
      await this.#store(stores, key, body);
      this.#objectKey = await this.#keep(stores, image, key);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      console.warn(`blob ${this.#digest} of ${image.repository} did not come whole:`, this.#failure.message);
    } finally {
      this.#window.clear();
      this.#memory.release();
      this.#change();
    }
    await this.#discardUnkept(stores);
  }

  async #store(stores: Stores, key: string, body: ReadableStream<Bytes>): Promise<void> {
    const capacity = WINDOW_SIZES.find((bytes) => this.#memory.resize(bytes)) ?? READ_BYTES;
    const sink = await openSink(stores.bucket, key, this.#digest, this.size);
    const reader = body.getReader({ mode: "byob" });
    try {
      for (;;) {
        const piece = await readPiece(reader);
        if (piece === undefined) break;
        if (this.#window.end + piece.byteLength > this.size) throw shortOrLong(this.#digest);
        await this.#pass(sink, piece, capacity);
      }
      if (this.#window.end < this.size) throw shortOrLong(this.#digest);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      await Promise.all([sink.abort(reason), reader.cancel(reason).catch(() => undefined)]);
      throw reason;
    }
    await sink.finish();
  }

  /** Gives a piece to the clients at once, and waits until R2 has taken it. */
  async #pass(sink: BlobSink, piece: Bytes, capacity: number): Promise<void> {
    const written = sink.write(piece);
    this.#window.push(piece, capacity);
    this.#change();
    await written;
  }

  /** @returns the key of the object that has the bytes. */
  async #keep({ db, bucket }: Stores, image: CachedImage, key: string): Promise<string> {
    const own = { digest: this.#digest, objectKey: key, size: this.size };
    let keeping: BlobKeeping;
    try {
      keeping = await keepBlob(db, image, own);
    } catch (error) {
      // Who reads it has it all the same, and the next one fetches it again.
      console.error(`blob ${this.#digest} of ${image.repository} came, and could not be kept:`, error);
      keeping = { outcome: "gone" };
    }
    if (keeping.outcome !== "kept") {
      this.#isUnkept = true;
      return key;
    }
    const kept = await keepOneObject(db, bucket, own, keeping);
    if (kept !== key) await discardObject(db, bucket, key);
    return kept;
  }

  #nextChange(): Promise<void> {
    return new Promise((done) => {
      this.#wake = done;
    });
  }

  /** Wakes all who wait. */
  #change(): void {
    const wake = this.#wake;
    this.#changed = this.#nextChange();
    wake();
  }
}

/** @returns undefined at the end. A short piece does not keep the memory that a long one would have had. */
async function readPiece(reader: ReadableStreamBYOBReader): Promise<Bytes | undefined> {
  const { value, done } = await within(reader.read(new Uint8Array(READ_BYTES)));
  if (done || value === undefined) return undefined;
  return value.byteLength * 2 < READ_BYTES ? value.slice() : value;
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NetworkLost(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function shortOrLong(digest: Digest): Error {
  return new NetworkLost(`the blob ${digest} has not as many bytes as it should have`);
}
