/** An archive as a row of bytes, unpacked, of which any part can be read any number of times. */
import { concatenate } from "../../kernel/bytes.ts";
import { type Bytes, type ByteStream, chunksOf, scanBlob, streamOf } from "../bytes.ts";
import { ArchiveError } from "./archive-error.ts";
import { compressionOf, isUnpackable, MAGIC_BYTES, unpack, type UnpackableCompression } from "./compression.ts";
import { type Cursor, SeekingCursor, StreamCursor } from "./cursor.ts";

/** What can be read from any place, as often as it takes; a file on a disk that is no `Blob`. */
export interface StreamableSource {
  /** Bytes. */
  size: number;
  stream: (from: number) => ByteStream;
}

/** A file in a browser is a `Blob`; in Node `fs.openAsBlob` makes one. What comes once only has to be kept first. */
export type ArchiveSource = Blob | StreamableSource;

export interface ArchiveBytes {
  /** Whether parts are best read in their order, one at a time: each jump back begins at the front. */
  readonly isSequential: boolean;
  /** Whether a source that has changed cannot be read any more, as is so of files in browsers. */
  readonly isSnapshot: boolean;
  /** Begins at the first byte. */
  cursor: () => Cursor;
  /** Reads a part; it fails when the archive ends before. */
  open: (from: number, length: number) => ByteStream;
  /** Shows a part to somebody who keeps none of the pieces; it fails when the archive ends before. */
  scan: (from: number, length: number, look: (piece: Bytes) => void) => Promise<void>;
  /** The part as a `Blob`, which costs no memory; undefined when there can be none. */
  blob: (from: number, length: number) => Blob | undefined;
}

/**
 * Finds out whether an archive is compressed.
 *
 * @param onRead told how many bytes of the source are read, each time.
 * @throws ArchiveError empty, unsupported-compression; what the source throws.
 */
export async function openBytes(source: ArchiveSource, onRead?: (bytes: number) => void): Promise<ArchiveBytes> {
  if (source.size === 0) throw new ArchiveError("empty");
  const reader = new SourceReader(source, onRead);
  const compression = compressionOf(await reader.readAt(0, Math.min(source.size, MAGIC_BYTES)));
  if (compression === undefined) return new PlainBytes(reader);
  if (isUnpackable(compression)) return new PackedBytes(reader, compression);
  throw new ArchiveError("unsupported-compression", { name: compression });
}

class SourceReader {
  readonly source: ArchiveSource;
  readonly #onRead: ((bytes: number) => void) | undefined;

  constructor(source: ArchiveSource, onRead: ((bytes: number) => void) | undefined) {
    this.source = source;
    this.#onRead = onRead;
  }

  async readAt(from: number, to: number): Promise<Bytes> {
    const pieces: Bytes[] = [];
    for await (const piece of limited(this.open(from, to), to - from)) pieces.push(piece);
    return concatenate(pieces);
  }

  /** The bytes from `from` on, up to `to` at least. */
  open(from: number, to: number): ByteStream {
    const { source } = this;
    return streamOf(this.#observe(source instanceof Blob ? source.slice(from, to).stream() : source.stream(from)));
  }

  /** Shows the bytes from `from` up to `to`. */
  async scan(from: number, to: number, look: (piece: Bytes) => void): Promise<void> {
    const { source } = this;
    if (!(source instanceof Blob)) return showAll(limited(this.open(from, to), to - from), look);
    let left = to - from;
    try {
      await scanBlob(source.slice(from, to), (piece) => {
        this.#onRead?.(piece.byteLength);
        left -= piece.byteLength;
        look(piece);
      });
    } catch (error) {
      throw readingError(error);
    }
    if (left > 0) throw new ArchiveError("cut-short");
  }

  async *#observe(stream: ByteStream): AsyncGenerator<Bytes, void, undefined> {
    try {
      for await (const chunk of chunksOf(stream)) {
        this.#onRead?.(chunk.byteLength);
        yield chunk;
      }
    } catch (error) {
      throw readingError(error);
    }
  }
}

/** Browsers and Node refuse to read a file that is not what it was when it was chosen. */
function readingError(error: unknown): unknown {
  if (!(error instanceof DOMException && /^Not(?:Readable|Found)Error$/.test(error.name))) return error;
  return new ArchiveError("source-changed", {}, { cause: error });
}

async function showAll(pieces: AsyncIterable<Bytes>, look: (piece: Bytes) => void): Promise<void> {
  for await (const piece of pieces) look(piece);
}

class PlainBytes implements ArchiveBytes {
  readonly isSequential = false;
  readonly #reader: SourceReader;

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  get isSnapshot(): boolean {
    return this.#reader.source instanceof Blob;
  }

  cursor(): Cursor {
    return new SeekingCursor(this.#reader.source.size, (from, to) => this.#reader.readAt(from, to));
  }

  open(from: number, length: number): ByteStream {
    return streamOf(limited(this.#reader.open(from, from + length), length));
  }

  scan(from: number, length: number, look: (piece: Bytes) => void): Promise<void> {
    return this.#reader.scan(from, from + length, look);
  }

  blob(from: number, length: number): Blob | undefined {
    const { source } = this.#reader;
    return source instanceof Blob ? source.slice(from, from + length) : undefined;
  }
}

class PackedBytes implements ArchiveBytes {
  readonly isSequential = true;
  readonly #reader: SourceReader;
  readonly #compression: UnpackableCompression;
  /** Where the last reading stopped, for the next one to go on; undefined while somebody reads. */
  #idle: StreamCursor | undefined;

  constructor(reader: SourceReader, compression: UnpackableCompression) {
    this.#reader = reader;
    this.#compression = compression;
  }

  get isSnapshot(): boolean {
    return this.#reader.source instanceof Blob;
  }

  cursor(): StreamCursor {
    return new StreamCursor(unpack(this.#reader.open(0, this.#reader.source.size), this.#compression));
  }

  open(from: number, length: number): ByteStream {
    return streamOf(this.#read(from, length));
  }

  scan(from: number, length: number, look: (piece: Bytes) => void): Promise<void> {
    return showAll(this.#read(from, length), look);
  }

  blob(): undefined {
    return undefined;
  }

  async *#read(from: number, length: number): AsyncGenerator<Bytes, void, undefined> {
    const cursor = await this.#cursorAt(from);
    let left = length;
    try {
      while (left > 0) {
        const piece = await cursor.next(left);
        if (piece === undefined) throw new ArchiveError("cut-short");
        left -= piece.byteLength;
        yield piece;
      }
    } finally {
      // A reader that stops in the middle never continues.
      if (left > 0) await cursor.close();
      else await this.#keep(cursor);
    }
  }

  async #keep(cursor: StreamCursor): Promise<void> {
    await this.#idle?.close();
    this.#idle = cursor;
  }

  async #cursorAt(position: number): Promise<StreamCursor> {
    let cursor = this.#idle;
    this.#idle = undefined;
    if (cursor && cursor.position > position) {
      await cursor.close();
      cursor = undefined;
    }
    cursor ??= this.cursor();
    await cursor.skip(position - cursor.position);
    return cursor;
  }
}

async function* limited(stream: ByteStream, length: number): AsyncGenerator<Bytes, void, undefined> {
  let left = length;
  if (left === 0) return;
  for await (const chunk of chunksOf(stream)) {
    const piece = chunk.byteLength > left ? chunk.subarray(0, left) : chunk;
    left -= piece.byteLength;
    yield piece;
    if (left === 0) return;
  }
  throw new ArchiveError("cut-short");
}
