import { describe, it } from "vitest";
import type { Trigger } from "../../api/triggers.ts";
import { changesOf, draftOf, keepsAddress, newTriggerOf } from "./trigger-draft.ts";

const WEBHOOK: Trigger = {
  name: "chat",
  condition: { kind: "regular", text: "v*" },
  conditionSyntax: "glob",
  enabled: true,
  firesAlways: false,
  target: {
    kind: "webhook",
    url: "https://hooks.example.com/berth",
    format: "text",
    hasSecret: true,
    hasAuthorization: false,
  },
  createdBy: "alice",
  created: "2026-11-24T08:00:00.000Z",
  updated: "2026-11-24T08:00:00.000Z",
};

const DEPLOYMENT: Trigger = {
  ...WEBHOOK,
  condition: { kind: "all", text: ".*" },
  conditionSyntax: "",
  target: {
    kind: "kubernetes",
    cluster: "production",
    workload: "statefulsets",
    namespace: "shop",
    application: "web",
    container: null,
    byDigest: true,
  },
};

describe("the draft of a trigger", () => {
  it("leaves a stored secret alone unless somebody says otherwise", ({ expect }) => {
    const draft = draftOf(WEBHOOK);
    expect(changesOf(draft).target).toEqual({
      kind: "webhook",
      url: "https://hooks.example.com/berth",
      format: "text",
      authorization: null,
    });
    const { webhook } = draft;
    const replaced = { ...draft, webhook: { ...webhook, secret: { choice: "set", text: "new" } as const } };
    expect(changesOf(replaced).target).toMatchObject({ secret: "new" });
    const removed = { ...draft, webhook: { ...webhook, secret: { choice: "none", text: "" } as const } };
    expect(changesOf(removed).target).toMatchObject({ secret: null });
  });

  it("says of a new webhook without secrets that it has none", ({ expect }) => {
    const draft = draftOf(undefined);
    const target = newTriggerOf({
      ...draft,
      kind: "webhook",
      webhook: { ...draft.webhook, url: " https://a.example/ " },
    });
    expect(target.target).toEqual({
      kind: "webhook",
      url: "https://a.example/",
      format: "cloudevents",
      secret: null,
      authorization: null,
    });
  });

  it("writes all containers as null, and all tags as no text", ({ expect }) => {
    const changes = changesOf(draftOf(DEPLOYMENT));
    expect(changes.condition).toEqual({ kind: "all", text: "" });
    expect(changes.target).toEqual(DEPLOYMENT.target);
  });

  it.for([
    ["https://hooks.example.com/berth", true],
    [" HTTPS://hooks.example.com:443/berth", true],
    ["https://hooks.example.com/other", false],
    ["not an address", false],
  ] as const)("knows whether %s is the address that secrets were given for", ([url, isSame], { expect }) => {
    expect(keepsAddress(url, WEBHOOK)).toBe(isSame);
    expect(keepsAddress(url, DEPLOYMENT)).toBe(false);
    expect(keepsAddress(url, undefined)).toBe(false);
  });
});
