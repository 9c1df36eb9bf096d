/** What a tar archive has around the files in it: POSIX.1-2001 ("pax"), which every tar reads. */

const BLOCK_BYTES = 512;
/** What fits in the fields of a plain header; the rest takes an extended one before it. */
const MAX_PLAIN_NAME_LENGTH = 100;
const MAX_PLAIN_SIZE = 8 ** 11 - 1;
const FILE = "0";
const EXTENDED_HEADER = "x";

/** What an archive ends with. */
export const TAR_END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * BLOCK_BYTES);

/**
 * What comes before a file's bytes. It tells no time and no owner, so that the same files make the same archive.
 *
 * @param name a relative path in ASCII.
 * @param size bytes.
 */
export function tarHeader(name: string, size: number): Uint8Array<ArrayBuffer> {
  const records = [
    ...(name.length > MAX_PLAIN_NAME_LENGTH ? [record("path", name)] : []),
    ...(size > MAX_PLAIN_SIZE ? [record("size", String(size))] : []),
  ].join("");
  const plain = block(name.slice(0, MAX_PLAIN_NAME_LENGTH), Math.min(size, MAX_PLAIN_SIZE), FILE);
  if (records === "") return plain;
  const bytes = new TextEncoder().encode(records);
  return concatenate([
    block("PaxHeader", bytes.byteLength, EXTENDED_HEADER),
    bytes,
    tarPadding(bytes.byteLength),
    plain,
  ]);
}

/** What comes after a file's bytes, up to the next whole block. */
export function tarPadding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** How many bytes a file takes in an archive, all in all. */
export function tarEntryBytes(name: string, size: number): number {
  return tarHeader(name, size).byteLength + size + tarPadding(size).byteLength;
}

/** A line of an extended header: its own length in bytes, which counts itself, comes first. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function block(name: string, size: number, type: string): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK_BYTES);
  const write = (text: string, offset: number) => new TextEncoder().encodeInto(text, header.subarray(offset));
  write(name, 0);
  write(octal(0o644, 8), 100);
  write(octal(0, 8), 108); // user
  write(octal(0, 8), 116); // group
  write(octal(size, 12), 124);
  write(octal(0, 12), 136); // time
  write(" ".repeat(8), 148); // what the checksum is made over
  write(type, 156);
  write("ustar\u{0}00", 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
