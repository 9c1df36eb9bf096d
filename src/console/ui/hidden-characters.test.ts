import { it } from "vitest";
import { splitHidden } from "./hidden-characters.ts";

/** Hidden characters in brackets. */
const marked = (text: string) =>
  splitHidden(text)
    .map((part) => (part.isHidden ? `[${part.text}]` : part.text))
    .join("");

it.for([
  ["", ""],
  ["a plain text\n\twith lines", "a plain text\n\twith lines"],
  ["\u202Egnihton", "[U+202E]gnihton"],
  ["a\u2066b\u2069", "a[U+2066]b[U+2069]"],
  ["zero\u200Bwidth\uFEFF", "zero[U+200B]width[U+FEFF]"],
  ["bell\u0007 and \u001B[31m", "bell[U+0007] and [U+001B][31m"],
  ["👩\u200D💻 \u0915\u094D\u200D", "👩\u200D💻 \u0915\u094D\u200D"],
  ["镜像 عربي", "镜像 عربي"],
] as const)("%j", ([text, expected], { expect }) => {
  expect(marked(text)).toBe(expected);
});
