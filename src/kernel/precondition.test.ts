import { it } from "vitest";
import type { Digest } from "./digest.ts";
import { holds, parsePrecondition } from "./precondition.ts";

const A = `sha256:${"a".repeat(64)}` as Digest;
const B = `sha256:${"b".repeat(64)}` as Digest;

it.for([
  [`"${A}"`, undefined, { [A]: true, [B]: false, none: false }],
  [`"${A}", "${B}"`, undefined, { [A]: true, [B]: true, none: false }],
  [` , "${A}" ,, "${B}",`, undefined, { [A]: true, [B]: true, none: false }],
  ["*", undefined, { [A]: true, [B]: true, none: false }],
  [`W/"${A}"`, undefined, { [A]: false, none: false }],
  [undefined, "*", { [A]: false, none: true }],
  [undefined, `"${A}"`, { [A]: false, [B]: true, none: true }],
  [undefined, `W/"${A}"`, { [A]: false, [B]: true }],
  [`"${A}"`, `"${B}"`, { [A]: true, [B]: false }],
] as const)("If-Match %s and If-None-Match %s", ([ifMatch, ifNoneMatch, wanted], { expect }) => {
  const precondition = parsePrecondition(ifMatch, ifNoneMatch);
  for (const [current, result] of Object.entries(wanted)) {
    const digest = current === "none" ? undefined : (current as Digest);
    expect(precondition && holds(precondition, digest), current).toBe(result);
  }
});

it.for([[A], [""], [","], [`"${A}`], [`"${A}" "${B}"`], [`"${A}", ${B}`], [`*, "${A}"`]] as const)(
  "what is no list of entity tags is refused: %s",
  ([header], { expect }) => {
    expect(() => parsePrecondition(header, undefined)).toThrow("If-Match must be");
    expect(() => parsePrecondition(undefined, header)).toThrow("If-None-Match must be");
  },
);

it("no headers, no condition", ({ expect }) => {
  expect(parsePrecondition(undefined, undefined)).toBeUndefined();
});
