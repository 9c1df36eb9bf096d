/**
 * Finds the ends of zstd blocks by their headers (RFC 8878, 3.1). fzstd unpacks the blocks, and has two faults. It unpacks all
 * blocks of one call at once, and four bytes can make 128 KiB; it also accepts larger blocks than the format allows. And it
 * reads wrong offsets where a match lies more than 64 MiB back.
 */
import type { Bytes } from "../bytes.ts";
import { ArchiveError } from "./archive-error.ts";

/** Block_Maximum_Size (3.1.1.2.4); what a block makes is no larger either. */
const MAX_BLOCK_BYTES = 128 * 1024;
const MAX_WINDOW_BYTES = 64 * 1024 * 1024;
const FRAME_MAGIC = 0xfd2fb528;
/** The first of sixteen (3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const SKIPPABLE_HEADER_BYTES = 8;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** Block types (3.1.1.2.2). A block of one byte, repeated, has the size that it makes. */
const RLE_BLOCK = 1;

export class ZstdWalk {
  /** Bytes of the next header, as far as they have come. */
  #header: number[] = [];
  #place: "between frames" | "between blocks" = "between frames";
  #hasChecksum = false;
  /** Bytes before the next header. */
  #left = 0;
  #isInBlock = false;

  /**
   * Goes on from where it stopped, to the end of a block.
   *
   * @returns the place after the block; the end of the bytes when no block ends before.
   * @throws ArchiveError damaged; unsupported-compression for a window that is too large.
   */
  next(bytes: Bytes, from: number): number {
    let at = from;
    while (at < bytes.byteLength) {
      if (this.#left === 0) {
        this.#header.push(bytes[at] ?? 0);
        at += 1;
        this.#readHeader();
        continue;
      }
      const step = Math.min(this.#left, bytes.byteLength - at);
      at += step;
      this.#left -= step;
      if (this.#left > 0 || !this.#isInBlock) continue;
      this.#isInBlock = false;
      return at;
    }
    return at;
  }

  #readHeader(): void {
    const isRead = this.#place === "between blocks" ? this.#readBlockHeader() : this.#readFrameHeader();
    if (isRead) this.#header = [];
  }

  #readBlockHeader(): boolean {
    const header = this.#header;
    if (header.length < BLOCK_HEADER_BYTES) return false;
    const word = littleEndian(header);
    const size = word >> 3;
    if (size > MAX_BLOCK_BYTES) throw new ArchiveError("damaged");
    const isLast = (word & 1) === 1;
    this.#left = ((word >> 1) & 3) === RLE_BLOCK ? 1 : size;
    this.#isInBlock = this.#left > 0;
    if (!isLast) return true;
    this.#left += this.#hasChecksum ? CHECKSUM_BYTES : 0;
    this.#place = "between frames";
    return true;
  }

  #readFrameHeader(): boolean {
    const header = this.#header;
    if (header.length <= MAGIC_BYTES) return false;
    const magic = littleEndian(header.slice(0, MAGIC_BYTES));
    if (magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16) {
      if (header.length < SKIPPABLE_HEADER_BYTES) return false;
      this.#left = littleEndian(header.slice(MAGIC_BYTES));
      return true;
    }
    if (magic !== FRAME_MAGIC) throw new ArchiveError("damaged");
    const frame = readDescriptor(header[MAGIC_BYTES] ?? 0);
    if (header.length < frame.headerBytes) return false;
    const contentBytes = littleEndian(header.slice(frame.headerBytes - frame.sizeBytes));
    // A frame of one segment has all of its contents for a window.
    const windowBytes = frame.hasWindow ? readWindow(header[MAGIC_BYTES + 1] ?? 0) : contentBytes;
    if (windowBytes > MAX_WINDOW_BYTES) {
      throw new ArchiveError("unsupported-compression", { name: "zstd (window > 64 MiB)" });
    }
    this.#hasChecksum = frame.hasChecksum;
    this.#place = "between blocks";
    return true;
  }
}

/** Frame_Header_Descriptor (3.1.1.1.1). */
function readDescriptor(descriptor: number) {
  const hasWindow = (descriptor & 0x20) === 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(!hasWindow) : 1 << sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return {
    hasWindow,
    hasChecksum: (descriptor & 4) !== 0,
    sizeBytes,
    headerBytes: MAGIC_BYTES + 1 + Number(hasWindow) + dictionaryBytes + sizeBytes,
  };
}

/** Window_Descriptor (3.1.1.1.2). */
function readWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Reads a number of up to eight bytes. Above 2^53 it is not exact: such a number is too large anyway. */
function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
