import { it } from "vitest";
import { nextPath, signInPath } from "./paths.ts";

const ORIGIN = "https://registry.example.com";

it.for([
  ["/images", "tab=tags&q=a%20b", "/images?tab=tags&q=a%20b"],
  ["/images/acme/team%2Fweb", "", "/images/acme/team%2Fweb"],
  ["/", "login=temporary", "/?login=temporary"],
] as const)("leads back to %s with ?%s", ([path, search, back], { expect }) => {
  const [, query = ""] = signInPath(path, search).split("?", 2);
  expect(nextPath(query, ORIGIN)).toBe(back);
});

it("needs no way back to the overview", ({ expect }) => {
  expect(signInPath("/")).toBe("/sign-in");
  expect(nextPath("", ORIGIN)).toBe("/");
});

it.for([
  "https://evil.example.com/",
  "//evil.example.com/",
  "/\\evil.example.com/",
  "/\t/evil.example.com/",
  "javascript:alert(1)",
  "images",
  "",
])("does not lead to another site by %j", (next, { expect }) => {
  expect(nextPath(`next=${encodeURIComponent(next)}`, ORIGIN)).toBe("/");
});
