/** How much of a blob goes into one request. */

const MIB = 1024 * 1024;
/** What registries that say nothing are asked to take first; R2 stores parts of just this size. */
const FIRST_BYTES = 5 * MIB;
/**
 * Most bytes of a request. Cloudflare refuses more than 100 MB on its Free and Pro plans, before a Worker runs.
 */
export const MAX_REQUEST_BYTES = 95_000_000;
/** Chunks that have to be kept in memory until the registry has them: two for each upload at a time. */
export const MAX_BUFFERED_BYTES = 10 * MIB;
/** A chunk that was through faster than this was too small for the line: the next is twice as large. */
const FAST_MS = 2000;
/** A chunk that took longer than this shows progress too rarely, and costs too much when it is lost. */
const SLOW_MS = 15_000;

/** Sizes of chunks that suit the line: large where it is fast, for each request costs a round trip, and small where it is slow. */
export class ChunkSizes {
  readonly #max: number;
  readonly #unit: number;
  #current: number;

  /**
   * @param max bytes that a chunk may have.
   * @param min what the registry asks for at least; chunks are multiples of it, which spares the registry odd remainders.
   */
  constructor(max: number, min: number) {
    this.#unit = Math.min(Math.max(1, min), max);
    this.#max = this.#align(max);
    this.#current = this.#align(Math.min(FIRST_BYTES, max));
  }

  /** Bytes of the next chunk. */
  get next(): number {
    return this.#current;
  }

  /** Learns how long a chunk of the current size took. */
  took(bytes: number, ms: number): void {
    if (ms > SLOW_MS) this.#current = this.#align(this.#current / 2);
    else if (ms < FAST_MS && bytes >= this.#current)
      this.#current = Math.min(this.#max, this.#align(this.#current * 2));
  }

  #align(bytes: number): number {
    return Math.max(1, Math.floor(bytes / this.#unit)) * this.#unit;
  }
}
