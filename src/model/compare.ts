import { timingSafeEqual } from "node:crypto";

/** Whether a text is the expected one, in a time that does not tell how much of it is; its length may show. */
export function isSameText(text: string, expected: string): boolean {
  const [bytes, expectedBytes] = [Buffer.from(text), Buffer.from(expected)];
  return bytes.byteLength === expectedBytes.byteLength && timingSafeEqual(bytes, expectedBytes);
}
