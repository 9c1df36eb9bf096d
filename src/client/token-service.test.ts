import { it } from "vitest";
import { ProtocolViolation } from "./errors.ts";
import { tokenServiceOf } from "./token-service.ts";

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
