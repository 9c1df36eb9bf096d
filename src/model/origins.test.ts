import { describe, it } from "vitest";
import { parseOrigins } from "./origins.ts";

describe("PUBLIC_URL", () => {
  it.for([
    ["", []],
    [" ", []],
    ["https://registry.example.com", ["https://registry.example.com"]],
    ["https://registry.example.com/", ["https://registry.example.com"]],
    ["HTTPS://Registry.Example.com:443", ["https://registry.example.com"]],
    ["http://127.0.0.1:8787", ["http://127.0.0.1:8787"]],
    ["https://[2001:db8::1]:5000", ["https://[2001:db8::1]:5000"]],
    ["https://a.example, https://b.example:8443\nhttps://a.example", ["https://a.example", "https://b.example:8443"]],
  ] as const)("%j is %j", ([text, addresses], { expect }) => {
    expect(parseOrigins(text)).toEqual(addresses);
  });

  it.for([
    "registry.example.com",
    "//registry.example.com",
    "ftp://registry.example.com",
    "https://registry.example.com/v2",
    "https://registry.example.com?a",
    "https://registry.example.com/?",
    "https://registry.example.com#",
    "https://user@registry.example.com",
    "https://registry example.com",
    "https://",
    "https://a.example:99999",
  ])("%j names no registry", (text, { expect }) => {
    expect(() => parseOrigins(text)).toThrow(/is not an address such as/);
  });

  it("has a limit", ({ expect }) => {
    const many = Array.from({ length: 21 }, (_, at) => `https://r${at}.example.com`).join(",");
    expect(() => parseOrigins(many)).toThrow("at most 20");
  });
});
