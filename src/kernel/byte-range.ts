/** A part of something, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** More would make one request many reads of R2. Readers of parts of layers ask for fewer when they are refused. */
export const MAX_RANGES = 100;

/**
 * Reads a `Range` header against a size (RFC 9110, section 14.1.2).
 *
 * @returns the ranges of which something is there, in the order in which they were asked for; "unsatisfiable" when there
 * are none; "too many" when there are more than {@link MAX_RANGES}; undefined when the whole is to be sent: the header is
 * none, or asks for more than the whole, since its ranges overlap (section 14.2).
 */
export function parseByteRanges(
  header: string | undefined,
  size: number,
): ByteRange[] | "unsatisfiable" | "too many" | undefined {
  const list = /^bytes=(.*)$/i.exec(header?.trim() ?? "")?.[1];
  if (list === undefined) return undefined;
  // A list may have empty elements (section 5.6.1).
  const texts = list
    .split(",")
    .map((text) => text.trim())
    .filter(Boolean);
  const ranges = texts.map((text) => parseRange(text, size));
  if (ranges.length === 0 || ranges.includes("none")) return undefined;
  if (ranges.length > MAX_RANGES) return "too many";
  const there = ranges.filter((range): range is ByteRange => typeof range === "object");
  if (there.length === 0) return "unsatisfiable";
  const total = there.reduce((sum, { length }) => sum + length, 0);
  return there.length > 1 && total > size ? undefined : there;
}

function parseRange(text: string, size: number): ByteRange | "none" | "unsatisfiable" {
  const [, first, last] = /^(\d*)\s*-\s*(\d*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || (!first && !last)) return "none";
  if (!first) {
    const length = Math.min(Number(last), size);
    return length > 0 ? { offset: size - length, length } : "unsatisfiable";
  }
  const offset = Number(first);
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  return offset <= end ? { offset, length: end - offset + 1 } : "unsatisfiable";
}

/**
 * Reads the `Content-Range` of an upload's chunk as OCI distribution-spec writes it, `<first>-<last>`; the form of
 * RFC 9110, `bytes <first>-<last>/<size>`, is understood too.
 *
 * @returns undefined when it is neither.
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes\s+)?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  if (!match) return undefined;
  const offset = Number(match[1]);
  const last = Number(match[2]);
  return last >= offset ? { offset, length: last - offset + 1 } : undefined;
}
