import type { Bytes } from "../client/bytes.ts";

/** What can be read from any place, as often as it takes. */
export interface RangeSource {
  /** Reads from a position on, at least one byte and at most what fits into `target`. @returns how many. */
  read: (target: Bytes, position: number) => Promise<number>;
}

/** Bytes that a stream reads at once. */
const PIECE_BYTES = 512 * 1024;

/**
 * A `Blob` over bytes that are not in memory: to be cut and sent like any other. `fs.openAsBlob` makes the like of a file
 * that has a name, and whose bytes are all there.
 */
export class RangeBlob extends Blob {
  readonly #source: RangeSource;
  readonly #position: number;
  readonly #length: number;

  constructor(source: RangeSource, position: number, length: number) {
    super();
    this.#source = source;
    this.#position = position;
    this.#length = length;
  }

  override get size(): number {
    return this.#length;
  }

  override slice(start = 0, end = this.#length): Blob {
    const first = Math.min(Math.max(0, start), this.#length);
    const last = Math.min(Math.max(first, end), this.#length);
    return new RangeBlob(this.#source, this.#position + first, last - first);
  }

  /** Reads from a position on, at least one byte and at most what fits into `target`. @returns that part of it. */
  async readInto(target: Bytes, position: number): Promise<Bytes> {
    const wanted = target.subarray(0, this.#length - position);
    return target.subarray(0, await this.#source.read(wanted, this.#position + position));
  }

  override stream(): ReadableStream<Bytes> {
    let at = 0;
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          if (at < this.#length) {
            const piece = await this.readInto(new Uint8Array(Math.min(PIECE_BYTES, this.#length - at)), at);
            at += piece.byteLength;
            controller.enqueue(piece);
          }
          if (at === this.#length) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return new Response(this.stream()).arrayBuffer();
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }
}
