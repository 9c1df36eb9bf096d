/** Tar archives for tests, right ones and wrong ones. */
import { concatenate } from "../../kernel/bytes.ts";
import { paxRecord, sealTarBlock, TAR_END, tarBlock, tarPadding } from "../../kernel/tar.ts";
import type { Bytes } from "../bytes.ts";

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

/** An archive of these files, in their order. */
export function tarOf(files: readonly TarFile[], { isTerminated = true } = {}): Bytes {
  return concatenate([...files.map(tarFile), ...(isTerminated ? [TAR_END] : [])]);
}

/** A header and the contents it is for. */
function tarFile({ path, contents = "", type = "0", linkName = "", size, isSizeBinary = false }: TarFile): Bytes {
  const bytes = bytesOf(contents);
  const said = size ?? bytes.byteLength;
  const header = tarBlock({ name: path, size: isSizeBinary ? 0 : said, type, linkName });
  if (isSizeBinary) {
    header.set(binary(said), 124);
    sealTarBlock(header);
  }
  return concatenate([header, bytes, tarPadding(bytes.byteLength)]);
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
  const lines = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return { path: "pax", type, contents: lines.join("") };
}

export function bytesOf(contents: string | Uint8Array): Bytes {
  return typeof contents === "string" ? new TextEncoder().encode(contents) : new Uint8Array(contents);
}
