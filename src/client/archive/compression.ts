/** Detects the compression from the first bytes, not from the file name, and unpacks it. */
import { Decompress, ZstdErrorCode } from "fzstd";
import {
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  ZStream,
} from "pako";
import { type Bytes, type ByteStream, ChunkBuffer, chunksOf, streamOf } from "../bytes.ts";
import { ArchiveError } from "./archive-error.ts";
import { ZstdWalk } from "./zstd-walk.ts";

const MAGIC: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["7-Zip", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
];

/** More than the longest of them. */
export const MAGIC_BYTES = 8;

/** The name of the method; undefined when it is none of the known ones. */
export function compressionOf(start: Uint8Array): string | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, at) => start[at] === byte))?.[0];
}

/** What can be unpacked here, and by what. */
const UNPACKERS = { gzip: () => new GzipUnpacker(), zstd: () => new ZstdUnpacker() } satisfies Record<
  string,
  () => Unpacker
>;

export type UnpackableCompression = keyof typeof UNPACKERS;

export function isUnpackable(compression: string): compression is UnpackableCompression {
  return Object.hasOwn(UNPACKERS, compression);
}

/**
 * Unpacks gzip of any number of members (RFC 1952, 2.2), as eStargz, bgzip and `cat` make them, or zstd of any number of
 * frames. A platform's own gunzip does not do: browsers, and newer versions of Node, refuse what comes after the first
 * member.
 *
 * @throws (from the stream) ArchiveError cut-short when the end is missing, unsupported-compression for zstd with a window of
 * more than 64 MiB, damaged when it is something else; what the source throws.
 */
export function unpack(packed: ByteStream, compression: UnpackableCompression): ByteStream {
  return streamOf(unpackChunks(packed, UNPACKERS[compression]()));
}

async function* unpackChunks(packed: ByteStream, unpacker: Unpacker): AsyncGenerator<Bytes, void, undefined> {
  for await (const chunk of chunksOf(packed)) yield* unpacker.push(chunk);
  yield* unpacker.finish();
}

interface Unpacker {
  /**
   * Takes the next bytes, which are used up once all that it makes has been read.
   *
   * @throws ArchiveError damaged, unsupported-compression.
   */
  push: (packed: Bytes) => Iterable<Bytes>;
  /** Hears that nothing comes any more. @throws ArchiveError cut-short. */
  finish: () => Bytes[];
}

const OUTPUT_BYTES = 64 * 1024;
/** zlib's window bits for a gzip member and nothing else. */
const GZIP_WINDOW_BITS = 31;

class GzipUnpacker implements Unpacker {
  readonly #zlib = new ZStream();
  /** Where in the file this is: within a member, between two, or in the zeros with which tapes are filled up. */
  #place: "member" | "between" | "filling" = "between";
  #members = 0;

  constructor() {
    zlibInflateInit2(this.#zlib, GZIP_WINDOW_BITS);
  }

  *push(packed: Bytes): Generator<Bytes, void, undefined> {
    const zlib = this.#zlib;
    zlib.input = packed;
    zlib.next_in = 0;
    zlib.avail_in = packed.byteLength;
    while (zlib.avail_in > 0) {
      if (this.#place !== "member") {
        const isZero = packed[zlib.next_in] === 0;
        if (isZero ? this.#members === 0 : this.#place === "filling") throw new ArchiveError("damaged");
        if (isZero) {
          this.#place = "filling";
          zlib.next_in += 1;
          zlib.avail_in -= 1;
          continue;
        }
        zlibInflateReset(zlib);
        this.#place = "member";
        this.#members += 1;
      }
      yield* this.#inflate();
    }
  }

  finish(): Bytes[] {
    if (this.#place === "member" || this.#members === 0) throw new ArchiveError("cut-short");
    return [];
  }

  /** Goes on until the input, or the member, is at its end. */
  *#inflate(): Generator<Bytes, void, undefined> {
    const zlib = this.#zlib;
    for (let isFull = true; isFull && this.#place === "member";) {
      if (zlib.avail_out === 0) {
        zlib.output = new Uint8Array(OUTPUT_BYTES);
        zlib.next_out = 0;
        zlib.avail_out = OUTPUT_BYTES;
      }
      const start = zlib.next_out;
      const status = zlibInflate(zlib, Z_NO_FLUSH);
      if (status === Z_STREAM_END) this.#place = "between";
      // It has taken all there is when it asks for more.
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw new ArchiveError("damaged");
      isFull = zlib.avail_out === 0;
      if (zlib.next_out > start) yield zlib.output.subarray(start, zlib.next_out);
    }
  }
}

/** Checksums of contents are not compared: fzstd does not, and whatever is unpacked here is known by a digest. */
class ZstdUnpacker implements Unpacker {
  readonly #walk = new ZstdWalk();
  #made: Bytes[] = [];
  readonly #zstd = new Decompress((piece) => {
    // The library always makes memory of its own.
    if (piece.byteLength > 0) this.#made.push(piece as Bytes);
  });

  /** Unpacks one block at a time, so that no more memory is taken than somebody reads. */
  *push(packed: Bytes): Generator<Bytes, void, undefined> {
    let taken = 0;
    for (let at = 0; at < packed.byteLength;) {
      at = this.#walk.next(packed, at);
      // The library keeps all that it was given for as long as each time ends with a block: hence one byte more.
      const end = Math.min(at + 1, packed.byteLength);
      if (end > taken) yield* this.#take(packed.subarray(taken, end), false);
      taken = end;
    }
  }

  finish(): Bytes[] {
    return this.#take(new Uint8Array(0), true);
  }

  #take(piece: Bytes, isLast: boolean): Bytes[] {
    try {
      this.#zstd.push(piece, isLast);
    } catch (error) {
      const isCut = isLast && (error as { code?: unknown }).code === ZstdErrorCode.UnexpectedEOF;
      // What is damaged may also ask for more memory than there is.
      throw new ArchiveError(isCut ? "cut-short" : "damaged", {}, { cause: error });
    }
    const made = this.#made;
    this.#made = [];
    return made;
  }
}

/** All bytes in pieces of one size, so that the same bytes are packed into the same, however they come. */
const PACK_BYTES = 64 * 1024;

/** Packs with gzip: the same bytes into the same, at least in the same browser. */
export function gzip(plain: ByteStream): ByteStream {
  return streamOf(gzipChunks(plain));
}

async function* gzipChunks(plain: ByteStream): AsyncGenerator<Bytes, void, undefined> {
  const { readable, writable } = new CompressionStream("gzip");
  const { feeding, state } = feed(streamOf(inPieces(plain)), writable);
  try {
    yield* chunksOf(readable);
  } catch (error) {
    throw state.failure ? state.failure.error : error;
  } finally {
    await feeding;
  }
}

async function* inPieces(stream: ByteStream): AsyncGenerator<Bytes, void, undefined> {
  const buffer = new ChunkBuffer();
  for await (const chunk of chunksOf(stream)) {
    buffer.push(chunk);
    while (buffer.length >= PACK_BYTES) yield buffer.read(PACK_BYTES);
  }
  if (buffer.length > 0) yield buffer.read(PACK_BYTES);
}

/** Gives a stream to a transformation. What fails is known by `state`, and never unhandled. */
function feed(source: ByteStream, target: CompressionStream["writable"]) {
  const state: { failure: { error: unknown } | undefined } = { failure: undefined };
  const work = async () => {
    const writer = target.getWriter();
    writer.closed.catch(() => undefined);
    const reader = source.getReader();
    for (;;) {
      let next: Awaited<ReturnType<typeof reader.read>>;
      try {
        next = await reader.read();
      } catch (error) {
        state.failure = { error };
        await writer.abort(error).catch(() => undefined);
        return;
      }
      try {
        if (next.done) {
          await writer.close();
          return;
        }
        await writer.write(next.value);
      } catch (error) {
        await reader.cancel(error).catch(() => undefined);
        return;
      }
    }
  };
  return { feeding: work(), state };
}
