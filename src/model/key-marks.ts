/** By what an encrypted text says which key it is under (ADR 13). */
import { createHash } from "node:crypto";

/** Hexadecimal digits: enough to tell a few keys apart, and too few to say anything of them. */
export const KEY_ID_LENGTH = 8;
/** Characters that a text begins with which is under a key: its id and a dot ({@link keyMark}). */
export const KEY_MARK_LENGTH = KEY_ID_LENGTH + 1;

/** What texts begin with that are under this key. Texts from before keys had ids have no dot there. */
export function keyMark(key: string): string {
  const hash = createHash("sha256").update("berth encryption key\0").update(key).digest("hex");
  return `${hash.slice(0, KEY_ID_LENGTH)}.`;
}
