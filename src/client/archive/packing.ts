import { type Bytes, type ByteStream, chunksOf, streamOf } from "../bytes.ts";
import { ContentMismatch } from "../errors.ts";
import { type CreateHash, verified } from "../hash.ts";
import type { RereadableSource } from "../upload-source.ts";
import { ArchiveError } from "./archive-error.ts";
import type { PlainLayer } from "./archive-image.ts";
import { gzip } from "./compression.ts";

/** A layer that is compressed as it is read. */
export class Packing implements RereadableSource {
  readonly #layer: PlainLayer;
  readonly #isSnapshot: boolean;
  readonly #createHash: CreateHash;
  #read = 0;
  #made = 0;

  /** @param isSnapshot whether a layer that has changed since it was checked cannot be read: then it is not checked again. */
  constructor(layer: PlainLayer, isSnapshot: boolean, createHash: CreateHash) {
    this.#layer = layer;
    this.#isSnapshot = isSnapshot;
    this.#createHash = createHash;
  }

  open(): ByteStream {
    this.#read = 0;
    this.#made = 0;
    const { content, diffId, size } = this.#layer;
    const expected = { digest: diffId, size, what: `the layer ${content.path}` };
    const plain = this.#isSnapshot ? content.open() : unchanged(verified(content.open(), expected, this.#createHash));
    const packed = gzip(streamOf(counted(plain, (bytes) => (this.#read += bytes))));
    return streamOf(counted(packed, (bytes) => (this.#made += bytes)));
  }

  /** About how many bytes of the layer so many compressed ones are. */
  plainBytes(packed: number): number {
    return this.#made === 0 ? 0 : Math.min(this.#read, Math.round((this.#read * packed) / this.#made));
  }
}

/** If the content differs from when the archive was checked, the file was changed meanwhile. */
function unchanged(stream: ByteStream): ByteStream {
  return streamOf(
    (async function* read() {
      try {
        yield* chunksOf(stream);
      } catch (error) {
        throw error instanceof ContentMismatch ? new ArchiveError("source-changed", {}, { cause: error }) : error;
      }
    })(),
  );
}

async function* counted(stream: ByteStream, count: (bytes: number) => void): AsyncGenerator<Bytes, void, undefined> {
  for await (const chunk of chunksOf(stream)) {
    count(chunk.byteLength);
    yield chunk;
  }
}
