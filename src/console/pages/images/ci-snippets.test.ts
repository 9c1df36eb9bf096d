import { it } from "vitest";
import { CI_SERVICES, ciSnippet } from "./ci-snippets.ts";

const TARGET = { host: "registry.example.com:8787", account: "acme", organization: "shop" };

it.for(CI_SERVICES)(
  "a job of %s logs in as the account, with a token for this registry, and pushes",
  (service, { expect }) => {
    const snippet = ciSnippet(service, TARGET);
    expect(snippet).toContain("docker login registry.example.com:8787 -u oidc/acme --password-stdin");
    expect(snippet).toContain("IMAGE: registry.example.com:8787/shop/");
    expect(snippet).toMatch(/docker push "\$IMAGE:\$(?:GITHUB_SHA|CI_COMMIT_SHA)"/);
    expect(snippet).not.toMatch(/undefined|\t/);
  },
);

it("the audience is the registry's host, encoded where it is part of an address", ({ expect }) => {
  expect(ciSnippet("github", TARGET)).toContain('&audience=registry.example.com%3A8787"');
  expect(ciSnippet("github", TARGET)).toContain("${{ github.event.repository.name }}");
  expect(ciSnippet("gitlab", TARGET)).toContain("aud: registry.example.com:8787\n");
});
