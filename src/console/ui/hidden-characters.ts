/** Characters that are not seen, and may make a text look like another one. */

/**
 * Those that turn the direction of what follows (Unicode, "Bidirectional Formatting Characters"), that have no width, that end
 * lines, and control characters; not tabs and ends of lines, and not those that join letters and emoji.
 */
const HIDDEN = /(?![\t\r\n])[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u2069\uFEFF]/gu;

/** A part of a text: as it is, or a hidden character by its name. */
export interface TextPart {
  text: string;
  isHidden: boolean;
}

/** Splits a text into what is seen and what is hidden, which is called `U+202E` and the like. */
export function splitHidden(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(HIDDEN)) {
    if (index > end) parts.push({ text: text.slice(end, index), isHidden: false });
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    parts.push({ text: `U+${code}`, isHidden: true });
    end = index + character.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isHidden: false });
  return parts;
}
