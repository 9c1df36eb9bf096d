import { describe, it } from "vitest";
import type { TrustRule } from "../../api/trust-rules.ts";
import { draftOf, githubWorkflow, gitlabJob, termsOf, withIssuer, withRow } from "./trust-draft.ts";

const RULE: TrustRule = {
  name: "release",
  issuer: "https://token.actions.githubusercontent.com",
  audience: "registry.example.com",
  conditions: [
    { claim: "sub", glob: "repo:acme/*:ref:refs/heads/main" },
    { claim: "environment", value: "production" },
  ],
  grants: [
    { organization: "acme", level: "edit" },
    { image: "base/go", level: "read" },
  ],
  lifetime: 1800,
  user: "oidc:acme:release",
  createdBy: "ann",
  created: "2026-11-30T00:00:00.000Z",
  updated: "2026-11-30T00:00:00.000Z",
};

describe("the form of a trust rule", () => {
  it("sends a rule as it was", ({ expect }) => {
    const { issuer, audience, conditions, grants, lifetime } = RULE;
    expect(termsOf(draftOf(RULE))).toEqual({ issuer, audience, conditions, grants, lifetime });
  });

  it("leaves out an audience that was not named, so that the registry's host counts", ({ expect }) => {
    expect(termsOf(draftOf(undefined))).not.toHaveProperty("audience");
  });

  it("proposes another condition for another issuer, unless it was changed", ({ expect }) => {
    const fresh = draftOf(undefined);
    expect(withIssuer(fresh, "gitlab").conditions[0]?.text).toContain("project_path:");
    const changed = { ...fresh, conditions: [{ id: 0, claim: "sub", kind: "value" as const, text: "repo:acme/web" }] };
    expect(withIssuer(changed, "gitlab").conditions).toEqual(changed.conditions);
  });

  it("gives each row an id of its own", ({ expect }) => {
    const rows = withRow([{ id: 4, text: "a" }], { text: "b" });
    expect(rows.map(({ id }) => id)).toEqual([4, 5]);
    expect(withRow<{ id: number; text: string }>([], { text: "a" })).toEqual([{ id: 0, text: "a" }]);
  });
});

describe("the files of jobs", () => {
  const login = { host: "registry.example.com:8443", account: "acme", audience: "registry.example.com:8443" };

  it("ask GitHub for a token for the registry, and need the permission for that", ({ expect }) => {
    const text = githubWorkflow(login);
    expect(text).toContain("id-token: write");
    expect(text).toContain("$ACTIONS_ID_TOKEN_REQUEST_URL&audience=registry.example.com%3A8443");
    expect(text).toContain("docker login registry.example.com:8443 -u oidc/acme --password-stdin");
  });

  it("have GitLab make a token for the registry", ({ expect }) => {
    const text = gitlabJob(login);
    expect(text).toMatch(/id_tokens:\n {4}REGISTRY_TOKEN:\n {6}aud: registry\.example\.com:8443\n/);
    expect(text).toContain('echo "$REGISTRY_TOKEN" | docker login registry.example.com:8443 -u oidc/acme');
  });
});
