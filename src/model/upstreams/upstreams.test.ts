import { describe, it } from "vitest";
import { parseRepositoryName } from "../../kernel/reference.ts";
import { parseUpstreamPath, upstreamLabel, upstreamName } from "./upstreams.ts";

const HUB = "https://registry-1.docker.io";
const OTHER = "https://ghcr.io";

describe("the name of an image at its upstream", () => {
  it.for([
    [HUB, "", "hub/nginx", "library/nginx"],
    [HUB, "", "hub/library/nginx", "library/nginx"],
    [HUB, "", "hub/bitnami/redis", "bitnami/redis"],
    [HUB, "bitnami", "bitnami/redis", "bitnami/redis"],
    [OTHER, "", "ghcr/nginx", "nginx"],
    [OTHER, "team/images", "team/web/app", "team/images/web/app"],
  ] as const)("at %s below %j is, of %s, %s", ([url, path, repository, expected], { expect }) => {
    expect(upstreamName({ url, path }, parseRepositoryName(repository))).toBe(expected);
  });
});

describe("the path of an upstream", () => {
  it.for([
    ["", ""],
    ["/", ""],
    ["bitnami", "bitnami"],
    ["/team/images/", "team/images"],
  ] as const)("%j is read as %j", ([text, expected], { expect }) => {
    expect(parseUpstreamPath(text)).toBe(expected);
  });

  it.for(["Team", "a//b", "../secret", "a b", "a?b=c", "a".repeat(101)])("%j is refused", (text, { expect }) => {
    expect(() => parseUpstreamPath(text)).toThrow("path: expected");
  });
});

describe("an upstream", () => {
  it("is called as people know it", ({ expect }) => {
    expect(upstreamLabel(HUB)).toBe("docker.io");
    expect(upstreamLabel("http://127.0.0.1:5000")).toBe("127.0.0.1:5000");
  });
});
