import { describe, it } from "vitest";
import { RegistryError } from "../../kernel/errors.ts";
import { meets, parseRuleName, parseTerms, toldClaims, type TrustCondition, type TrustTerms } from "./trust-rules.ts";

const GITHUB = "https://token.actions.githubusercontent.com";

function terms(changes: Partial<TrustTerms> = {}): TrustTerms {
  const conditions = [{ claim: "sub", glob: "repo:acme/*" }];
  return { issuer: GITHUB, audience: "registry.example.com", conditions, lifetime: 3600, ...changes };
}

/** The field that is refused, and why. */
function refusalOf(changes: Partial<TrustTerms>): string {
  try {
    parseTerms(terms(changes));
    return "none";
  } catch (error) {
    return error instanceof RegistryError ? `${error.code} ${error.message}` : String(error);
  }
}

describe("the terms of a trust rule", () => {
  it.for<[string, string]>([
    ["gitlab.com", "must be the address"],
    ["https://gitlab.com?x", "neither a query nor a fragment"],
    ["https://gitlab.com#", "neither a query nor a fragment"],
    ["https://GitLab.com", "is written https://gitlab.com/"],
    ["https://gitlab.com:443", "is written https://gitlab.com/"],
    ["https://gitlab.com/a/../b", "is written https://gitlab.com/b"],
    [`https://gitlab.com/${"a".repeat(300)}`, "at most 255"],
  ])("do not name the issuer %s", ([issuer, why], { expect }) => {
    expect(refusalOf({ issuer })).toMatch(new RegExp(`^ISSUER_INVALID issuer: .*${why}`));
  });

  it("name an issuer with or without a slash at its end", ({ expect }) => {
    const conditions = [{ claim: "sub", value: "x" }];
    for (const issuer of ["https://a.example.com", "https://a.example.com/", "https://a.example.com/b/"]) {
      expect(parseTerms(terms({ issuer, conditions })).issuer).toBe(issuer);
    }
  });

  const strangers: TrustCondition[] = [
    { claim: "sub", glob: "repo:*" },
    { claim: "sub", glob: "repo:acm*" },
    { claim: "sub", glob: "**" },
    { claim: "repository", glob: "*/web" },
    { claim: "repository_owner", glob: "acme*" },
    { claim: "repository_owner_id", glob: "17*" },
    { claim: "ref", value: "refs/heads/main" },
    { claim: "environment", value: "production" },
  ];
  it.for(strangers)("let in no strangers' jobs of GitHub: %o", (condition, { expect }) => {
    expect(refusalOf({ conditions: [condition] })).toContain("signs for everybody");
    const gitlab = { claim: "namespace_path", glob: "acme*" };
    expect(refusalOf({ issuer: "https://gitlab.com", conditions: [gitlab] })).toContain("signs for everybody");
  });

  it.for<[string, TrustCondition]>([
    [GITHUB, { claim: "sub", glob: "repo:acme/*" }],
    [GITHUB, { claim: "repository", value: "acme/web" }],
    [GITHUB, { claim: "repository_owner", value: "acme" }],
    [GITHUB, { claim: "repository_id", value: "17" }],
    ["https://gitlab.com", { claim: "project_path", glob: "acme/**" }],
    ["https://gitlab.com", { claim: "namespace_path", value: "acme" }],
    ["https://gitlab.com", { claim: "namespace_path", glob: "acme/*" }],
    ["https://gitlab.com", { claim: "sub", glob: "project_path:acme/*:ref_type:branch:ref:main" }],
    ["https://git.example.com", { claim: "ref", value: "main" }],
    ["https://git.example.com", { claim: "sub", glob: "project_path:*" }],
  ])("of %s may be %o", ([issuer, condition], { expect }) => {
    expect(refusalOf({ issuer, conditions: [condition] })).toBe("none");
  });

  it.for<[string, Partial<TrustTerms>]>([
    ["conditions", { conditions: [] }],
    ["conditions", { conditions: Array.from({ length: 21 }, () => ({ claim: "sub", value: "repo:a/b" })) }],
    ["conditions", { issuer: "https://git.example.com", conditions: [{ claim: "sub", glob: "**" }] }],
    ["conditions.0.claim", { conditions: [{ claim: "iss", value: "x" }] }],
    ["conditions.0.claim", { conditions: [{ claim: "a b", value: "x" }] }],
    ["conditions.0.value", { conditions: [{ claim: "sub", value: "" }] }],
    ["conditions.0.glob", { conditions: [{ claim: "sub", glob: "x".repeat(256) }] }],
    ["audience", { audience: "" }],
    ["lifetime", { lifetime: 299 }],
    ["lifetime", { lifetime: 21_601 }],
    ["lifetime", { lifetime: 600.5 }],
  ])("are refused for their %s", ([field, changes], { expect }) => {
    expect(refusalOf(changes)).toMatch(new RegExp(`^TRUST_RULE_INVALID ${field}: `));
  });

  it.for(["", "1st", "a b", "a/b", "a:b", "x".repeat(65)])("are not for the name %o", (name, { expect }) => {
    expect(() => parseRuleName(name)).toThrow(/name: must have/);
  });
});

describe("the conditions of a rule", () => {
  it("hold for numbers, booleans and one of a list, and for nothing else", ({ expect }) => {
    const is = (claim: string, value: string) =>
      meets([{ claim, value }], {
        id: 17,
        protected: true,
        groups: ["a", "b"],
        nested: { a: "b" },
        empty: null,
        long: "x".repeat(1025),
      });
    expect([is("id", "17"), is("protected", "true"), is("groups", "b")]).toEqual([true, true, true]);
    expect([is("groups", "a,b"), is("nested", "b"), is("empty", "null"), is("missing", "undefined")]).toEqual(
      Array.from({ length: 4 }, () => false),
    );
    expect(meets([{ claim: "long", glob: "**" }], { long: "x".repeat(1025) })).toBe(false);
    expect(meets([], { sub: "x" })).toBe(false);
  });

  it("are told with the claims that they are about, and those that tell of the job, each cut", ({ expect }) => {
    const claims = { sub: "s".repeat(300), team: ["a", "b"], secret: "x", run_id: 4711 };
    expect(toldClaims([{ claim: "team", value: "a" }], claims)).toEqual({
      team: "a b",
      sub: "s".repeat(255),
      run_id: "4711",
    });
  });
});
