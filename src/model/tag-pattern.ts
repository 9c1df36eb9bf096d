/** Patterns of tags that are immutable: SQLite's GLOB over whole tags, so that a statement can apply them itself. */
import { shorten } from "../kernel/digest.ts";
import { RegistryError } from "../kernel/errors.ts";
import { MAX_TAG_PATTERN_LENGTH } from "../kernel/field-limits.ts";

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
    throw refuse(`"${shorten(text)}" has ${text.length} characters: expected 1 to ${MAX_TAG_PATTERN_LENGTH}`);
  }
  let position = 0;
  while (position < text.length)
    position = text[position] === "[" ? endOfSet(text, position) : endOfOne(text, position);
  return text as TagPattern;
}

function endOfOne(text: string, position: number): number {
  const character = text.charAt(position);
  if (character === "]") throw refuseAt(text, position, "closes no bracket");
  if (character === "*" || character === "?" || TAG_CHARACTER.test(character)) return position + 1;
  throw refuseAt(text, position, "is neither a character of tags nor one of * ? [ ]");
}

/** A set ends at the first `]`, which no tag has. */
function endOfSet(text: string, start: number): number {
  const end = text.indexOf("]", start);
  if (end < 0) throw refuseAt(text, start, "opens a bracket that is not closed");
  const first = text[start + 1] === "^" ? start + 2 : start + 1;
  if (first === end) throw refuseAt(text, start, "opens an empty bracket");
  let position = first;
  while (position < end) {
    if (!TAG_CHARACTER.test(text.charAt(position))) {
      throw refuseAt(text, position, "is no character of tags, as those in brackets must be");
    }
    const isRange = text[position + 1] === "-" && position + 2 < end;
    if (isRange && text.charAt(position) > text.charAt(position + 2)) {
      throw refuseAt(text, position, "begins a range that ends before it");
    }
    position += isRange ? 2 : 1;
  }
  return end + 1;
}

function refuseAt(text: string, position: number, why: string): RegistryError {
  return refuse(`"${text}": character ${position + 1}, "${text.charAt(position)}", ${why}`, position + 1);
}

function refuse(why: string, position?: number): RegistryError {
  const detail = { field: "pattern", ...(position !== undefined && { position }) };
  return new RegistryError("PARAMETER_INVALID", { message: `pattern: ${why}`, detail });
}
