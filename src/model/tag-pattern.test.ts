import { describe, it } from "vitest";
import { parseTagPattern } from "./tag-pattern.ts";

describe("a pattern of tags", () => {
  it.for(["*", "v1.0", "v*", "v[0-9]*", "release-?", "[^a-z]*", "[a-]", "[-a]", "[a-c-e]", "?".repeat(50), "v1_0.x-y"])(
    "may be %s",
    (text, { expect }) => {
      expect(parseTagPattern(text)).toBe(text);
    },
  );

  it.for([
    ["", "has 0 characters"],
    ["?".repeat(51), "has 51 characters"],
    ["v[0-9", 'character 2, "[", opens a bracket that is not closed'],
    ["v0-9]", 'character 5, "]", closes no bracket'],
    ["[]", 'character 1, "[", opens an empty bracket'],
    ["a[^]", 'character 2, "[", opens an empty bracket'],
    ["[]a]", 'character 1, "[", opens an empty bracket'],
    ["[z-a]", 'character 2, "z", begins a range'],
    ["[a[b]", 'character 3, "[", is no character of tags'],
    ["[a*]", 'character 3, "*", is no character of tags'],
    ["[a^]", 'character 3, "^", is no character of tags'],
    ["^a", 'character 1, "^", is neither'],
    ["a/b", 'character 2, "/", is neither'],
    ["a b", 'character 2, " ", is neither'],
    ["v%", 'character 2, "%", is neither'],
    ["é", 'character 1, "é", is neither'],
    ["{a,b}", 'character 1, "{", is neither'],
  ] as const)("is refused when it is %j: %s", ([text, message], { expect }) => {
    expect(() => parseTagPattern(text)).toThrow(message);
  });
});
