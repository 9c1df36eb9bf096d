import { it } from "vitest";
import { parseRemoteOrganization, parseSyncGlob, readSyncGlob, remoteRepositoryOf } from "./sync-rules.ts";

it.for([
  ["**", ["v1", "shop/web"], []],
  ["v*", ["v", "v1.2"], ["1v", "v1/2"]],
  ["shop/**", ["shop/web", "shop/a/b"], ["shop", "other/web"]],
  ["{web,api}-?", ["web-1", "api-x"], ["web-10", "db-1"]],
] as const)("the glob %s matches what it says as a whole", ([glob, matching, others], { expect }) => {
  const isMatch = readSyncGlob(parseSyncGlob("tags", glob));
  expect(matching.filter((name) => !isMatch(name))).toEqual([]);
  expect(others.filter(isMatch)).toEqual([]);
});

it.for(["", "{v", "v}", "^v", "v$", "[ab]", "a|b", "v\\", "x".repeat(257)])("%j is no glob", (text, { expect }) => {
  expect(() => parseSyncGlob("images", text)).toThrow(expect.objectContaining({ code: "SYNC_RULE_INVALID" }));
});

it.for(["team", "team/sub", "a.b_c-d", ""])("%j is a place in a registry", (text, { expect }) => {
  expect(parseRemoteOrganization(text)).toBe(text);
});

it.for(["Team", "/team", "team/", "a b", "x".repeat(256)])("%j is none", (text, { expect }) => {
  expect(() => parseRemoteOrganization(text)).toThrow(expect.objectContaining({ code: "SYNC_RULE_INVALID" }));
});

it("an image keeps its name, behind what its rule says", ({ expect }) => {
  expect(remoteRepositoryOf("team", "shop/web")).toBe("team/shop/web");
  expect(remoteRepositoryOf("", "shop/web")).toBe("shop/web");
});
