/** Tar archives for tests, right ones and wrong ones. */
import { type Bytes, concatenate } from "../bytes.ts";

export interface TarFile {
  path: string;
  contents?: string | Uint8Array;
  /** One character; default "0", a file. */
  type?: string;
  linkName?: string;
  /** What the header says in place of the contents' size. */
  size?: number;
  /** Writes the size as GNU does when octal digits do not hold it. */
  isSizeBinary?: boolean;
}

const BLOCK = 512;

/** An archive of these files, in their order. */
export function tarOf(files: readonly TarFile[], { isTerminated = true } = {}): Bytes {
  return concatenate([...files.map(tarFile), ...(isTerminated ? [new Uint8Array(2 * BLOCK)] : [])]);
}

/** A header and the contents it is for. */
function tarFile({ path, contents = "", type = "0", linkName = "", size, isSizeBinary = false }: TarFile): Bytes {
  const bytes = bytesOf(contents);
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => header.set(bytesOf(text), at);
  put(0, path);
  put(100, "0000644\0");
  if (isSizeBinary) header.set(binary(size ?? bytes.byteLength), 124);
  else put(124, `${(size ?? bytes.byteLength).toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, type);
  put(157, linkName);
  put(257, "ustar\u000000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  const padding = new Uint8Array((BLOCK - (bytes.byteLength % BLOCK)) % BLOCK);
  return concatenate([header, bytes, padding]);
}

/** Base 256, marked by the highest bit. */
function binary(size: number): Uint8Array {
  const field = new Uint8Array(12);
  for (let at = 11, left = size; left > 0; at -= 1, left = Math.floor(left / 256)) field[at] = left % 256;
  field[0] = 0x80;
  return field;
}

/** A pax header: `<length> <key>=<value>` for each record. */
export function pax(records: Record<string, string>, type = "x"): TarFile {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const bytes = bytesOf(rest).byteLength;
    let length = bytes;
    while (String(length).length + bytes !== length) length = String(length).length + bytes;
    return `${length}${rest}`;
  });
  return { path: "pax", type, contents: lines.join("") };
}

export function bytesOf(contents: string | Uint8Array): Bytes {
  return typeof contents === "string" ? new TextEncoder().encode(contents) : new Uint8Array(contents);
}
