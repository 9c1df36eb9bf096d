import { it } from "vitest";
import type { Tag } from "../../kernel/reference.ts";
import { parseCondition, parseTriggerName, readCondition, syntaxOf } from "./triggers.ts";

it.for(["a", "All_tags", "a-b_c", "a1", "x".repeat(64)])("a trigger may be called %s", (name, { expect }) => {
  expect(parseTriggerName(name)).toBe(name);
});

it.for(["", "1a", "_a", "a_", "a-", "a__b", "a-_b", "a b", "ä", "a.b", "x".repeat(65)])(
  "no trigger is called %s",
  (name, { expect }) => {
    expect(() => parseTriggerName(name)).toThrow(/the name must have/);
  },
);

it.for([
  ["all", "", "anything", true],
  ["tag", "v1", "v1", true],
  ["tag", "v1", "v10", false],
  ["tag", "v1; v2;latest", "v2", true],
  ["tag", "v.", "v1", false],
  ["regular", "v*", "v1.0", true],
  ["regular", "v*", "rv1", false],
  ["regular", "**-rc", "v1-rc", true],
  ["regular", "v?", "v1", true],
  ["regular", "v?", "v10", false],
  ["regular", "{v1,v2}.*", "v2.3", true],
  ["regular", "{v1,v2}.*", "v3.3", false],
  ["regular", "{v{1,2},latest}", "v2", true],
  ["regular", "{v1, latest}", "latest", true],
  ["regular", "a,b", "a,b", true],
  ["regular", "v1.0", "v1x0", false],
  ["regular", "v\\*", "v*", true],
  ["regular", "v\\*", "v1", false],
  ["regular", "\\(v1\\)\\|\\[a\\]\\^\\$\\+", "v1", false],
  ["regular", "^v[0-9]+$", "v12", true],
  ["regular", "^v[0-9]+$", "v1.0", false],
  ["regular", "^v[0-9]+$", "rv1", false],
  ["regular", "^v[0-9]+", "v1.0", true],
  ["regular", "-rc$", "v1-rc", true],
  ["regular", "-rc$", "v1-rc2", false],
  ["regular", "^(?:v1|latest)$", "latest", true],
  ["regular", "^v1|latest$", "v1x", true],
  ["regular", "^.*$", "anything", true],
  ["regular", "v1\\$", "v1", false],
  ["regular", "v1\\\\$", "v1", false],
] as const)("%s %s: %s %s", ([kind, text, tag, expected], { expect }) => {
  expect(readCondition(parseCondition({ kind, text }))(tag as Tag)).toBe(expected);
});

it.for(["*$", "^(v", "^(a{100}){100}$", "(v1)|[a]", ".*"])(
  "%s is met by no tag where an older version has stored it as a glob",
  (text, { expect }) => {
    expect(() => parseCondition({ kind: "regular", text })).toThrow();
    const meets = readCondition({ kind: "regular", text });
    expect(["v1", "latest"].filter((tag) => meets(tag as Tag))).toEqual([]);
  },
);

it("takes linear time, whatever the glob", ({ expect }) => {
  const start = performance.now();
  const condition = parseCondition({ kind: "regular", text: "*a".repeat(500) });
  expect(readCondition(condition)(`${"a".repeat(127)}b` as Tag)).toBe(false);
  expect(performance.now() - start).toBeLessThan(500);
});

it.for([
  ["all", ".*", undefined],
  ["tag", "v1", undefined],
  ["regular", "v*", "glob"],
  ["regular", "v1\\$", "glob"],
  ["regular", "v1$", "re2"],
  ["regular", "v1\\\\$", "re2"],
  ["regular", "^v", "re2"],
] as const)("%s %s is read as %s", ([kind, text, syntax], { expect }) => {
  expect(syntaxOf({ kind, text })).toBe(syntax);
});

it("takes linear time, whatever the regular expression", ({ expect }) => {
  const start = performance.now();
  const condition = parseCondition({ kind: "regular", text: "^(a|aa|a+)+(a*)*(a?){100}$" });
  expect(readCondition(condition)(`${"a".repeat(127)}b` as Tag)).toBe(false);
  expect(performance.now() - start).toBeLessThan(500);
});

it.for([
  ["tag", "", /empty/],
  ["tag", "v1;;v2", /"" is not a tag/],
  ["tag", "v1;-x", /"-x" is not a tag/],
  ["regular", "", /empty/],
  ["regular", "{a", /not closed at position 2/],
  ["regular", "a}", /without a "\{" at position 1/],
  ["regular", "a\\", /backslash has nothing to take at position 1/],
  ["regular", "{".repeat(1000), /more than 100 options/],
  ["regular", "{a,".repeat(10_000), /more than 1024 characters/],
  ["all", "x".repeat(1025), /more than 1024/],
  ["regular", "v*\0", /control characters/],
  ["regular", "^(v", /missing closing \) at position 3/],
  ["regular", "^v[0-9", /at position \d/],
  ["regular", "^(?=v)$", /at position \d/],
  ["regular", "^(a{100}){100}$", /too complex/],
  ["regular", "v[0-9]+", /no tag has a "\[" in it; a regular expression begins with "\^".* at position 1/],
  ["regular", "(v1|v2)", /no tag has a "\(" in it/],
  ["regular", ".*", /no tag begins with "\."/],
] as const)("%s %s is refused", ([kind, text, why], { expect }) => {
  expect(() => parseCondition({ kind, text })).toThrow(why);
});
