import { RE2JS } from "re2js";
import { describe, it } from "vitest";
import { compileExpression, costOf } from "./regular-expression.ts";

describe("what an expression costs", () => {
  it.for([
    ["v[0-9]+[.][0-9]+", 20],
    ["release-.*", 20],
    ["a{1000}", 1100],
    ["(a|b){10}", 80],
    ["[ab]{0,1000}", 2100],
    ["\\x{61}{3}", 10],
    ["\\pL", 60],
    ["(?i)[a-z]+", 20],
  ] as const)("of %s is not called more than it is about", ([pattern, most], { expect }) => {
    expect(costOf(pattern)).toBeLessThanOrEqual(most);
    expect(costOf(pattern)).toBeGreaterThanOrEqual(RE2JS.compile(pattern).programSize());
  });

  it.for([
    ["a{1000}".repeat(70), 70_000],
    ["((a{30}){30})".repeat(39), 35_000],
    ["(?:(?:a{10}){10}){10}", 1000],
    ["(a?){1000}(b?){1000}", 8000],
    ["\\pL".repeat(100), 5000],
    ["[\\pL\\pM\\pN]", 150],
    // Brackets, quotes and names do not hide what comes after them.
    ["[]]{9}a{900}", 900],
    ["[^]]a{900}", 900],
    ["[[:alpha:]]a{900}", 900],
    ["[a\\]]a{900}", 900],
    ["\\Q[(\\Ea{900}", 900],
    ["(?P<name>a{900})", 900],
    ["(?P<n>a){900}", 2700],
    ["(?s:a){900}", 900],
    ["\\[a{900}]", 900],
    ["(a{900}", 900],
  ] as const)("of %s is called what it is", ([pattern, least], { expect }) => {
    expect(costOf(pattern)).toBeGreaterThanOrEqual(least);
  });

  it("is never called less than the engine's instructions", ({ expect }) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomOf(seed);
    let valid = 0;
    for (let round = 0; round < 3000; round += 1) {
      const pattern = randomPattern(random, 4);
      const compiled = compileExpression(pattern);
      if ("fault" in compiled) continue;
      valid += 1;
      expect(costOf(pattern), `seed ${seed}: ${pattern}`).toBeGreaterThanOrEqual(compiled.expression.programSize());
    }
    expect(valid).toBeGreaterThan(1000);
  });

  it.for([
    "\\p{".repeat(50_000),
    "(?<".repeat(50_000),
    "(".repeat(100_000),
    "[".repeat(100_000),
    "{".repeat(100_000),
    "\\Q".repeat(50_000),
    "[[:".repeat(50_000),
  ])("is told in one go, whatever is written", (pattern, { expect }) => {
    const start = performance.now();
    costOf(pattern);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

/** A small generator of pseudo-random numbers below a bound (mulberry32), so that a failure can be repeated. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const ATOMS = [
  "a",
  "b",
  ".",
  "^",
  "$",
  "\\d",
  "\\pL",
  "\\bx",
  "[a-c]",
  "[^a]",
  "[]x]",
  "[[:digit:]]",
  "\\x{61}",
  "\\Qa+\\E",
  "é",
  "(?i)k",
];
const REPETITIONS = ["", "", "", "*", "+", "?", "*?", "{3}", "{0,4}", "{2,}", "{0}", "{0,}", "{1,7}?"];

function randomPattern(random: (below: number) => number, depth: number): string {
  return Array.from({ length: 1 + random(4) }, () => {
    const opening = ["(", "(?:", "(?i:", "(?P<n>"][random(4)] ?? "(";
    const atom =
      depth > 0 && random(3) === 0
        ? `${opening}${randomPattern(random, depth - 1)}${random(2) ? `|${randomPattern(random, depth - 1)}` : ""})`
        : (ATOMS[random(ATOMS.length)] ?? "a");
    return atom + (REPETITIONS[random(REPETITIONS.length)] ?? "");
  }).join("");
}
