import { describe, it } from "vitest";
import { readRateLimit } from "./rate-limit.ts";

describe("a rate limit", () => {
  it("is read as Docker Hub documents it", ({ expect }) => {
    const headers = new Headers({
      "ratelimit-limit": "100;w=21600",
      "ratelimit-remaining": "76;w=21600",
      "docker-ratelimit-source": "192.0.2.1",
    });
    expect(readRateLimit(headers)).toEqual({ limit: 100, remaining: 76, window: 21_600, source: "192.0.2.1" });
  });

  it.for([
    [{}, undefined],
    [{ "ratelimit-limit": "100;w=21600" }, undefined],
    [{ "ratelimit-remaining": "none" }, undefined],
    [{ "ratelimit-remaining": "0" }, { remaining: 0 }],
    [{ "ratelimit-remaining": "5; w=60" }, { remaining: 5, window: 60 }],
  ] as const)("of %j is %j", ([headers, expected], { expect }) => {
    expect(readRateLimit(new Headers(headers))).toEqual(expected);
  });
});
