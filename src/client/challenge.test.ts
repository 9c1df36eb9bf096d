import { it } from "vitest";
import { parseChallenges, tokenServiceOf } from "./challenge.ts";
import { ProtocolViolation } from "./errors.ts";

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

it.for([
  ["https://registry.example.com", "https://registry.example.com/token", "https://registry.example.com/token"],
  ["https://registry.example.com", "https://auth.example.com/token", "https://auth.example.com/token"],
  ["https://registry.example.com", "/token", "https://registry.example.com/token"],
  ["https://registry.example.com", "//auth.example.com/token", "https://auth.example.com/token"],
  ["http://localhost:8787", "http://localhost:8787/token", "http://localhost:8787/token"],
  ["https://registry.example.com", "http://registry.example.com/token", undefined],
  ["https://registry.example.com", "http://evil.example.com/token", undefined],
  ["https://registry.example.com", "ftp://registry.example.com/token", undefined],
  ["https://registry.example.com", "https://registry.example.com@evil.example.com/token", undefined],
  ["https://registry.example.com", "https://:secret@evil.example.com/token", undefined],
  ["https://registry.example.com", "https://", undefined],
] as const)("of the registry %s the token service at %s is %s", ([registry, realm, expected], { expect }) => {
  const find = () => tokenServiceOf({ scheme: "bearer", parameters: { realm } }, new URL(registry)).href;
  if (expected === undefined) expect(find).toThrow(ProtocolViolation);
  else expect(find()).toBe(expected);
});
