import { describe, it } from "vitest";
import { literalPrefix, matchesGlob } from "./claim-patterns.ts";

describe("a pattern of claims", () => {
  it.for([
    ["repo:acme/web", "repo:acme/web"],
    ["repo:acme/*", "repo:acme/web"],
    ["repo:acme/*", "repo:acme/"],
    ["repo:acme/*", "repo:acme/web:environment:production"],
    ["repo:acme/*:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/main"],
    ["repo:acme/*:ref:refs/tags/v*", "repo:acme/web:ref:refs/tags/v1.2"],
    ["repo:acme/**", "repo:acme/web:ref:refs/heads/main"],
    ["**", "a/b"],
    ["**/main", "a/b/main"],
    ["**main**", "main"],
    ["v?", "v1"],
    ["a*b*c", "a-b-b-c"],
    ["a.b+c", "a.b+c"],
    ["***", "a/b"],
    ["*", ""],
    ["", ""],
  ] as const)("%s is for %s", ([pattern, text], { expect }) => {
    expect(matchesGlob(pattern, text)).toBe(true);
  });

  it.for([
    ["repo:acme/*", "repo:acme-evil/x"],
    ["repo:acme/*", "repo:acme/x/y"],
    ["repo:acme/*", "repo:ACME/web"],
    ["repo:acme/*", "xrepo:acme/web"],
    ["repo:acme/*:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/maintenance"],
    ["repo:acme/*:ref:refs/heads/main", "repo:acme/web:ref:refs/heads/x/main"],
    ["v?", "v"],
    ["v?", "v/"],
    ["a.c", "abc"],
    ["[ab]", "a"],
    ["(a|b)", "a"],
    ["a", "a\n"],
    ["*", "a/b"],
    ["", "a"],
  ] as const)("%s is not for %s", ([pattern, text], { expect }) => {
    expect(matchesGlob(pattern, text)).toBe(false);
  });

  it("takes no longer for many stars than for one", ({ expect }) => {
    const startedAt = performance.now();
    expect(matchesGlob("*a".repeat(120), "a".repeat(1000))).toBe(true);
    expect(matchesGlob(`${"**a".repeat(80)}b`, "a".repeat(1000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it("begins with what is no wildcard", ({ expect }) => {
    expect(["repo:acme/*", "?x", "abc", ""].map(literalPrefix)).toEqual(["repo:acme/", "", "abc", ""]);
  });
});
