/** How bytes are compressed, told by their first ones: what a file is called says nothing. */
import { type Bytes, type ByteStream, ChunkBuffer, chunksOf, streamOf } from "../bytes.ts";
import { ArchiveError } from "./archive-error.ts";

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

/**
 * Unpacks gzip.
 *
 * @throws (from the stream) ArchiveError cut-short when the end is missing, damaged when it is not gzip; what the source throws.
 */
export function gunzip(packed: ByteStream): ByteStream {
  return streamOf(gunzipChunks(packed));
}

async function* gunzipChunks(packed: ByteStream): AsyncGenerator<Bytes, void, undefined> {
  const { readable, writable } = new DecompressionStream("gzip");
  const { feeding, state } = feed(packed, writable);
  try {
    yield* chunksOf(readable);
  } catch (error) {
    if (state.failure) throw state.failure.error;
    throw new ArchiveError(state.isAtEnd && !isDamage(error) ? "cut-short" : "damaged", {}, { cause: error });
  } finally {
    // When nobody reads on, the source is let go as well.
    await feeding;
  }
}

/** Platforms have one class of errors for both, so what tells them apart is their words: Node's, Chromium's, Firefox's, Safari's. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /Z_DATA_ERROR|not valid|incorrect|corrupt|junk|trailing|extra bytes/i.test(`${code} ${String(error)}`);
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
  const state: { isAtEnd: boolean; failure: { error: unknown } | undefined } = { isAtEnd: false, failure: undefined };
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
          state.isAtEnd = true;
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
