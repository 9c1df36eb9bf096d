/** Patterns of tags that are immutable: SQLite's GLOB over whole tags, so that a statement can apply them itself. */
import { shorten } from "../kernel/digest.ts";
import type { RegistryError } from "../kernel/errors.ts";
import { MAX_TAG_PATTERN_LENGTH } from "../kernel/field-limits.ts";
import { refusal } from "../kernel/reason-sentences.ts";
import { type Reason, reason } from "../kernel/reasons.ts";

declare const brand: unique symbol;
export type TagPattern = string & { readonly [brand]: "TagPattern" };

const TAG_CHARACTER = /^[A-Za-z0-9_.-]$/;

/**
 * Reads a pattern: `*` is any characters, `?` one, `[a-z]` one of these and `[^a-z]` one other than these; every other
 * character of a tag is itself.
 *
 * @throws RegistryError PARAMETER_INVALID, saying at which character.
 */
export function parseTagPattern(text: string): TagPattern {
  if (text.length === 0 || text.length > MAX_TAG_PATTERN_LENGTH) {
    const values = { pattern: shorten(text), length: text.length, max: MAX_TAG_PATTERN_LENGTH };
    throw refuse(reason("TAG_PATTERN_LENGTH", values));
  }
  let position = 0;
  while (position < text.length)
    position = text[position] === "[" ? endOfSet(text, position) : endOfOne(text, position);
  return text as TagPattern;
}

function endOfOne(text: string, position: number): number {
  const character = text.charAt(position);
  if (character === "]") throw refuseAt(text, position, reason("BRACKET_NOT_OPENED"));
  if (character === "*" || character === "?" || TAG_CHARACTER.test(character)) return position + 1;
  throw refuseAt(text, position, reason("CHARACTER_OF_NO_TAG"));
}

/** A set ends at the first `]`, which no tag has. */
function endOfSet(text: string, start: number): number {
  const end = text.indexOf("]", start);
  if (end < 0) throw refuseAt(text, start, reason("BRACKET_NOT_CLOSED"));
  const first = text[start + 1] === "^" ? start + 2 : start + 1;
  if (first === end) throw refuseAt(text, start, reason("BRACKET_EMPTY"));
  let position = first;
  while (position < end) {
    if (!TAG_CHARACTER.test(text.charAt(position))) {
      throw refuseAt(text, position, reason("CHARACTER_OF_NO_TAG_IN_BRACKET"));
    }
    const isRange = text[position + 1] === "-" && position + 2 < end;
    if (isRange && text.charAt(position) > text.charAt(position + 2)) {
      throw refuseAt(text, position, reason("RANGE_BACKWARDS"));
    }
    position += isRange ? 2 : 1;
  }
  return end + 1;
}

function refuseAt(text: string, at: number, why: Reason): RegistryError {
  const position = at + 1;
  return refuse(reason("TAG_PATTERN_WRONG", { pattern: text, position, character: text.charAt(at), why }), position);
}

function refuse(why: Reason, position?: number): RegistryError {
  const detail = { field: "pattern", ...(position !== undefined && { position }) };
  return refusal("PARAMETER_INVALID", why, { field: "pattern", detail });
}
