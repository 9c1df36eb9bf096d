/** Headers of tar archives: POSIX.1-1988 (ustar), POSIX.1-2001 (pax) and GNU's, one block of 512 bytes each. */

export const TAR_BLOCK_BYTES = 512;

export interface TarHeader {
  name: string;
  /** Of the contents, in bytes. */
  size: number;
  /** One character, as POSIX and GNU assign them; "0" is a file. */
  type: string;
  /** Where a link leads. */
  linkName: string;
}

const CHECKSUM = { start: 148, end: 156 };
const SPACE = 0x20;
const latin = new TextDecoder("latin1");
const utf8 = new TextDecoder();

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
  const name = readText(block.subarray(0, 100));
  // GNU keeps times where POSIX has the first part of a long name.
  const isPosix = latin.decode(block.subarray(257, 263)) === "ustar\0";
  const prefix = isPosix ? readText(block.subarray(345, 500)) : "";
  return { name: prefix ? `${prefix}/${name}` : name, size, type, linkName: readText(block.subarray(157, 257)) };
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
  const digits = readText(field).trim();
  if (!/^[0-7]*$/.test(digits)) return undefined;
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Up to the first NUL. */
export function readText(field: Uint8Array): string {
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
