/**
 * What a tar archive has around the files in it, one block of 512 bytes each. Written is POSIX.1-2001 ("pax"), which every tar
 * reads; read are POSIX.1-1988 ("ustar") and GNU's headers as well.
 */
import { concatenate } from "./bytes.ts";

export const TAR_BLOCK_BYTES = 512;
/** What fits in the fields of a plain header; the rest takes an extended one before it. */
const MAX_PLAIN_NAME_LENGTH = 100;
const MAX_PLAIN_SIZE = 8 ** 11 - 1;
const FILE = "0";
const EXTENDED_HEADER = "x";
const CHECKSUM = { start: 148, end: 156 };
const SPACE = 0x20;
const latin = new TextDecoder("latin1");
const utf8 = new TextDecoder();

export interface TarHeader {
  name: string;
  /** Of the contents, in bytes. */
  size: number;
  /** One character, as POSIX and GNU assign them; "0" is a file. */
  type: string;
  /** Where a link leads. */
  linkName: string;
}

/** What an archive ends with. */
export const TAR_END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * TAR_BLOCK_BYTES);

/**
 * What comes before a file's bytes. It tells no time and no owner, so that the same files make the same archive.
 *
 * @param name a relative path in ASCII.
 * @param size bytes.
 */
export function tarHeader(name: string, size: number): Uint8Array<ArrayBuffer> {
  const records = [
    ...(name.length > MAX_PLAIN_NAME_LENGTH ? [paxRecord("path", name)] : []),
    ...(size > MAX_PLAIN_SIZE ? [paxRecord("size", String(size))] : []),
  ].join("");
  const plain = tarBlock({
    name: name.slice(0, MAX_PLAIN_NAME_LENGTH),
    size: Math.min(size, MAX_PLAIN_SIZE),
    type: FILE,
  });
  if (records === "") return plain;
  const bytes = new TextEncoder().encode(records);
  return concatenate([
    tarBlock({ name: "PaxHeader", size: bytes.byteLength, type: EXTENDED_HEADER }),
    bytes,
    tarPadding(bytes.byteLength),
    plain,
  ]);
}

/** What comes after a file's bytes, up to the next whole block. */
export function tarPadding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(tarPaddingBytes(size));
}

/** The length of {@link tarPadding}. */
export function tarPaddingBytes(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

/** How many bytes a file takes in an archive, all in all. */
export function tarEntryBytes(name: string, size: number): number {
  return tarHeader(name, size).byteLength + size + tarPaddingBytes(size);
}

/** A line of an extended header: its own length in bytes, which counts itself, comes first. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = new TextEncoder().encode(rest).byteLength;
  let length = bytes;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return `${length}${rest}`;
}

/** Writes one block. Its fields hold at most 100 bytes of each name, and {@link MAX_PLAIN_SIZE}. */
export function tarBlock({
  name,
  size,
  type,
  linkName,
}: Pick<TarHeader, "name" | "size" | "type"> & Partial<TarHeader>): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  const write = (text: string, offset: number) => new TextEncoder().encodeInto(text, block.subarray(offset));
  write(name, 0);
  write(octal(0o644, 8), 100);
  write(octal(0, 8), 108); // user
  write(octal(0, 8), 116); // group
  write(octal(size, 12), 124);
  write(octal(0, 12), 136); // time
  write(type, 156);
  write(linkName ?? "", 157);
  write("ustar\u{0}00", 257);
  sealTarBlock(block);
  return block;
}

/** Writes the checksum of a block into it. */
export function sealTarBlock(block: Uint8Array): void {
  block.fill(SPACE, CHECKSUM.start, CHECKSUM.end);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  new TextEncoder().encodeInto(`${checksum.toString(8).padStart(6, "0")}\0 `, block.subarray(CHECKSUM.start));
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Reads one block.
 *
 * @returns undefined when it is no header: its checksum is wrong, or its size makes no sense.
 */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  if (!hasRightChecksum(block)) return undefined;
  const size = readNumber(block.subarray(124, 136));
  if (size === undefined) return undefined;
  const type = latin.decode(block.subarray(156, 157)).replace("\0", "0");
  const name = readTarText(block.subarray(0, 100));
  // GNU keeps times where POSIX has the first part of a long name.
  const isPosix = latin.decode(block.subarray(257, 263)) === "ustar\0";
  const prefix = isPosix ? readTarText(block.subarray(345, 500)) : "";
  return { name: prefix ? `${prefix}/${name}` : name, size, type, linkName: readTarText(block.subarray(157, 257)) };
}

/** Some old programs added the bytes up as signed numbers. */
function hasRightChecksum(block: Uint8Array): boolean {
  const expected = readNumber(block.subarray(CHECKSUM.start, CHECKSUM.end));
  let unsigned = 0;
  let signed = 0;
  for (const [at, byte] of block.entries()) {
    const value = at >= CHECKSUM.start && at < CHECKSUM.end ? SPACE : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  return expected === unsigned || expected === signed;
}

/** Octal digits, or GNU's base 256 for what they cannot hold: 8 GiB and more. */
function readNumber(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  if ((first & 0x80) !== 0) {
    // The next bit is the sign.
    if ((first & 0x40) !== 0) return undefined;
    let value = first & 0x3f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = readTarText(field).trim();
  if (!/^[0-7]*$/.test(digits)) return undefined;
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Up to the first NUL. */
export function readTarText(field: Uint8Array): string {
  const end = field.indexOf(0);
  return utf8.decode(end < 0 ? field : field.subarray(0, end));
}

/**
 * Reads the records of a pax header, `<length> <key>=<value>\n`.
 *
 * @returns undefined when a record is malformed.
 */
export function readPaxRecords(bytes: Uint8Array): Map<string, string> | undefined {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.byteLength) {
    const space = bytes.indexOf(SPACE, at);
    const length = Number(latin.decode(bytes.subarray(at, Math.max(at, space))));
    const record = utf8.decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf("=");
    if (!Number.isInteger(length) || at + length > bytes.byteLength || space >= at + length || equals < 0) {
      return undefined;
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
