/** A part of something, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * Reads a `Range` header against a size (RFC 9110, section 14). Several ranges at once count as none: answering with the
 * whole is allowed, and no registry client asks for them.
 *
 * @returns undefined when the whole is to be sent, "unsatisfiable" when nothing of the range is there.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? "");
  if (!match) return undefined;
  const [, first, last] = match;
  if (!first && !last) return undefined;
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
