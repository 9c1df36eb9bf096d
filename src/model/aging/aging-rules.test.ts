import { RE2JS } from "re2js";
import { describe, it, vi } from "vitest";
import type { Tag } from "../../kernel/reference.ts";
import { type AgingTag, compileRule, findRuleProblem, judgeAll, nextRunAfter, type AgingRule } from "./aging-rules.ts";

const DAY = 24 * 60 * 60 * 1000;
const NOW = 1000 * DAY;

function rule(kind: AgingRule["kind"], amount: number, labels: string[] = [], patterns: string[] = []) {
  return compileRule({ kind, amount, labels, patterns });
}

function tag(name: string, daysOld: number, isImmutable = false): AgingTag {
  return { name: name as Tag, updatedAt: NOW - daysOld * DAY, isImmutable, content: "image" };
}

/** The names of the expired among tags, the newest first, and the reasons of all. */
function outcome(compiled: ReturnType<typeof rule>, tags: AgingTag[]) {
  const judged = judgeAll(compiled, tags, 0, NOW);
  return {
    expired: judged.filter(({ verdict }) => verdict.isExpired).map(({ tag: { name } }) => name),
    reasons: judged.map(({ verdict }) => verdict.reason),
  };
}

describe("a rule of days", () => {
  it("expires what was last pushed that long ago or longer", ({ expect }) => {
    const tags = [tag("future", -3), tag("new", 0), tag("almost", 29.999), tag("just", 30), tag("old", 400)];
    expect(outcome(rule("date_rule", 30), tags)).toEqual({
      expired: ["just", "old"],
      reasons: ["young", "young", "young", "too-old", "too-old"],
    });
    expect(outcome(rule("date_rule", 365), tags).expired).toEqual(["old"]);
  });

  it("is next due when the oldest tag that it keeps is", ({ expect }) => {
    expect(nextRunAfter(rule("date_rule", 30), NOW - 10 * DAY, NOW)).toBe(NOW + 20 * DAY);
    expect(nextRunAfter(rule("date_rule", 30), undefined, NOW)).toBe(NOW + 30 * DAY);
    expect(nextRunAfter(rule("date_rule", 30), NOW + 5 * DAY, NOW)).toBe(NOW + 30 * DAY);
    expect(nextRunAfter(rule("tag_rule", 30), NOW, NOW)).toBeNull();
  });
});

describe("a rule of numbers", () => {
  it("keeps the newest, of which exempt and immutable tags are none", ({ expect }) => {
    const tags = [tag("v9", 1), tag("stable", 2), tag("v8", 3), tag("fixed", 4, true), tag("v7", 5), tag("v6", 6)];
    expect(outcome(rule("tag_rule", 2, ["stable"]), tags)).toEqual({
      expired: ["v7", "v6"],
      reasons: ["newest", "label", "newest", "immutable", "too-many", "too-many"],
    });
    expect(outcome(rule("tag_rule", 4, ["stable"]), tags).expired).toEqual([]);
    expect(outcome(rule("tag_rule", 1, [], ["v\\d"]), tags)).toEqual({
      expired: [],
      reasons: ["pattern", "newest", "pattern", "immutable", "pattern", "pattern"],
    });
  });
});

describe("an exemption", () => {
  it("is of the whole tag, by name or by pattern", ({ expect }) => {
    const tags = [tag("release-1", 50), tag("release-1-rc", 50), tag("prerelease-1", 50), tag("Release-1", 50)];
    expect(outcome(rule("date_rule", 1, [], ["release-[0-9]+"]), tags).expired).toEqual([
      "release-1-rc",
      "prerelease-1",
      "Release-1",
    ]);
    expect(outcome(rule("date_rule", 1, ["release-1", "Release-1"]), tags).expired).toHaveLength(2);
  });

  it("takes linear time, whatever the pattern", ({ expect }) => {
    const start = performance.now();
    const tags = [tag(`${"a".repeat(127)}b`, 50)];
    expect(outcome(rule("date_rule", 1, [], ["(a+)+", "(a|aa)*c", "(.*.*.*.*)x"]), tags).expired).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.for([
    ["", 0],
    ["a(b", 3],
    ["ab[z-a]", 3],
    ["x**", 1],
    ["ab\\", 3],
    ["v(?=x)", 1],
    ["x{1001}", 1],
    ["[**]a**", 5],
    ["\\*\\*a**", 5],
    ["a".repeat(513), 512],
  ] as const)("by the pattern %s is refused with its position", ([pattern, position], { expect }) => {
    expect(() => rule("date_rule", 1, [], [pattern])).toThrow(new RegExp(`is not valid: .* at position ${position}$`));
  });
});

it.for([
  ["date_rule", 0, false],
  ["date_rule", 1, true],
  ["date_rule", 365, true],
  ["date_rule", 366, false],
  ["tag_rule", 0, false],
  ["tag_rule", 1, true],
  ["tag_rule", 1000, true],
  ["tag_rule", 1001, false],
  ["tag_rule", 1.5, false],
  ["tag_rule", NaN, false],
] as const)("a %s of %d: allowed %s", ([kind, amount, isAllowed], { expect }) => {
  const compile = () => rule(kind, amount);
  if (isAllowed) expect(compile).not.toThrow();
  else expect(compile).toThrow(kind === "date_rule" ? /^days must be/ : /^num must be/);
});

it.for(["", "v*", ".x", "a b", "a".repeat(129), "a:b"])("a label is a tag, and %j is none", (label, { expect }) => {
  expect(() => rule("tag_rule", 1, [label])).toThrow(/^a label is the whole name of a tag/);
});

it("patterns are together no more complex than tags can be compared with", ({ expect }) => {
  const complex = "[ab]{0,1000}";
  expect(() => rule("tag_rule", 1, [], [complex, complex])).not.toThrow();
  expect(() => rule("tag_rule", 1, [], [complex, complex, complex])).toThrow(/too complex/);
  const culprit = "((a{100}){100}){100}";
  expect(() => rule("tag_rule", 1, [], ["v1", culprit])).toThrow(`"${culprit}" most of all`);
});

it("patterns that are together too complex are not even compiled", ({ expect }) => {
  const compiled = vi.spyOn(RE2JS, "compile");
  const many = Array.from({ length: 50 }, () => "a{1000}".repeat(70));
  expect(() => rule("tag_rule", 1, [], [...many, "(not valid"])).toThrow(/too complex/);
  expect(findRuleProblem({ kind: "tag_rule", amount: 1, labels: [], patterns: many })).toMatchObject({
    code: "AGING_EXPRESSIONS_TOO_COMPLEX",
  });
  expect(compiled).not.toHaveBeenCalled();
  compiled.mockRestore();
});

it("fewer tags are judged at once where patterns take long", ({ expect }) => {
  expect(rule("tag_rule", 1, [], ["v[0-9]+"]).tagsAtOnce).toBeGreaterThan(10_000);
  expect(rule("tag_rule", 1, [], ["[ab]{0,1000}", "[ab]{0,1000}"]).tagsAtOnce).toBeLessThan(150);
  expect(rule("tag_rule", 1).tagsAtOnce).toBeGreaterThan(2000);
});

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `v${index}`);
}

it("a rule has at most 100 exemptions", ({ expect }) => {
  expect(() => rule("tag_rule", 1, names(60), names(40))).not.toThrow();
  expect(() => rule("tag_rule", 1, names(61), names(40))).toThrow(/at most 100/);
});
