import { it } from "vitest";
import { formatChallenge, parseChallenges } from "./challenge.ts";

it.for([
  [
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.example.com/token",
          service: "registry.example.com",
          scope: "repository:a/b:pull,push",
        },
      },
    ],
  ],
  ['Basic realm="a, \\"quoted\\" realm"', [{ scheme: "basic", parameters: { realm: 'a, "quoted" realm' } }]],
  [
    'Negotiate, Basic realm=plain, Bearer realm = "https://t" , error=invalid_token',
    [
      { scheme: "negotiate", parameters: {} },
      { scheme: "basic", parameters: { realm: "plain" } },
      { scheme: "bearer", parameters: { realm: "https://t", error: "invalid_token" } },
    ],
  ],
  [
    "NTLM TlRMTVNTUAAC==, Basic realm=x",
    [
      { scheme: "ntlm", parameters: {} },
      { scheme: "basic", parameters: { realm: "x" } },
    ],
  ],
  [null, []],
  ["", []],
] as const)("reads %s", ([header, challenges], { expect }) => {
  expect(parseChallenges(header)).toEqual(challenges);
});

it.for(['"', "=", ",,,", 'Bearer realm="open', "\u0000", "Bearer realm"])(
  "comes to an end with %j",
  (header, { expect }) => {
    expect(Array.isArray(parseChallenges(header))).toBe(true);
  },
);

it("writes what is read again", ({ expect }) => {
  const parameters = { realm: 'https://t/a"b', service: "back\\slash", scope: "repository:a/b:pull,push" };
  const header = formatChallenge("Bearer", parameters);
  expect(header).toBe(String.raw`Bearer realm="https://t/a\"b",service="back\\slash",scope="repository:a/b:pull,push"`);
  expect(parseChallenges(header)).toEqual([{ scheme: "bearer", parameters }]);
});
