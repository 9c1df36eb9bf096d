import { free, type Lease, MemoryBudget } from "../../memory.ts";
import { UPLOAD_PART_BYTES } from "../../kernel/limits.ts";
import { untilTrue } from "../../streams.ts";

/**
 * What the parts of all uploads may take of an isolate's 128 MB: nine whole ones. The last two are kept for parts that are
 * complete and only have to be sent.
 */
export const PART_BUDGET_BYTES = 9 * UPLOAD_PART_BYTES;

/**
 * The sizes of a buffer. The smallest counts for nothing, since every upload has one; the others are taken from the memory
 * of parts.
 */
const SIZES = [64, 128, 256, 512, 1024, 2048].map((kib) => kib * 1024).concat(UPLOAD_PART_BYTES);
export const [SMALLEST_PART_BYTES = 0] = SIZES;

export const parts = new MemoryBudget(PART_BUDGET_BYTES, 2 * UPLOAD_PART_BYTES);

/** Whether uploads have to wait for each other's memory. */
export function isMemoryScarce(): boolean {
  return parts.used > (parts.bytes * 2) / 3;
}

/** Memory for a part, or what there is of one. */
export interface Part {
  bytes: Uint8Array<ArrayBuffer>;
  lease: Lease;
}

/** @returns undefined when the isolate has no memory left for it. */
export function takePart(bytes: number): Part | undefined {
  const lease = parts.open();
  return lease.resize(bytes, true) ? { bytes: new Uint8Array(bytes), lease } : undefined;
}

/**
 * Waits for memory.
 *
 * @throws what `untilTrue` throws when there is none for too long.
 */
export async function waitForPart(bytes: number): Promise<Part> {
  let part: Part | undefined;
  await untilTrue(() => (part = takePart(bytes)) !== undefined);
  if (!part) throw new Error("there is memory for a part, and there is none");
  return part;
}

/** Bytes of one part as they come in, in memory that grows with them. */
export class PartBuffer {
  #bytes = new Uint8Array(0);
  #lease = parts.open();
  #length = 0;
  #spare: Part | undefined;

  get length(): number {
    return this.#length;
  }

  /** What is in it: good until something else is done with it. */
  get content(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @returns false, without having done anything, when there is no memory for it. */
  append(piece: Uint8Array): boolean {
    if (!this.#reserve(this.#length + piece.byteLength)) return false;
    this.#bytes.set(piece, this.#length);
    this.#length += piece.byteLength;
    return true;
  }

  /** Hands over a whole part, and is empty afterwards. */
  takeWhole(): Part {
    const whole = { bytes: this.#bytes, lease: this.#lease };
    this.#bytes = new Uint8Array(0);
    this.#lease = parts.open();
    this.#length = 0;
    return whole;
  }

  /** Takes back a part that was sent: the next one goes into the same memory while bytes keep coming. */
  giveBack(whole: Part): void {
    if (this.#spare) discardPart(whole);
    else this.#spare = whole;
  }

  /** Gives all memory back, with what is in it. */
  clear(): void {
    if (this.#spare) discardPart(this.#spare);
    this.#spare = undefined;
    discardPart({ bytes: this.#bytes, lease: this.#lease });
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #reserve(bytes: number): boolean {
    if (bytes <= this.#bytes.byteLength) return true;
    if (this.#spare) {
      const { bytes: larger, lease } = this.#spare;
      this.#spare = undefined;
      this.#moveTo(larger, lease);
      return true;
    }
    const size = SIZES.find((candidate) => candidate >= bytes) ?? UPLOAD_PART_BYTES;
    if (!this.#lease.resize(size === SMALLEST_PART_BYTES ? 0 : size)) return false;
    this.#moveTo(new Uint8Array(size), this.#lease);
    return true;
  }

  #moveTo(larger: Uint8Array<ArrayBuffer>, lease: Lease): void {
    larger.set(this.content);
    free(this.#bytes.buffer);
    if (lease !== this.#lease) this.#lease.release();
    this.#bytes = larger;
    this.#lease = lease;
  }
}

/** Gives its memory back. */
export function discardPart({ bytes, lease }: Part): void {
  free(bytes.buffer);
  lease.release();
}
