import { describe, it } from "vitest";
import { archivePath, comparePath, decodePart, imagePath, nextPath, signInPath, tagPath } from "./paths.ts";

const IMAGE = { organization: "acme", image: "shop/web" };

describe("addresses of an image", () => {
  it("have its name as one part", ({ expect }) => {
    expect(imagePath(IMAGE)).toBe("/images/acme/shop%2Fweb");
    expect(imagePath(IMAGE, "history")).toBe("/images/acme/shop%2Fweb/history");
    expect(tagPath(IMAGE, "1.0")).toBe("/images/acme/shop%2Fweb/tags/1.0");
    expect(tagPath(IMAGE, "sha256:abc")).toBe("/images/acme/shop%2Fweb/tags/sha256%3Aabc");
    expect(archivePath(IMAGE, "1.0")).toBe("/api/organizations/acme/images/shop%2Fweb/manifests/1.0/archive");
  });

  it("name both tags of a comparison, or the first one", ({ expect }) => {
    expect(comparePath(IMAGE, "1.0", "2.0")).toBe("/images/acme/shop%2Fweb/compare?from=1.0&to=2.0");
    expect(comparePath(IMAGE, "1.0")).toBe("/images/acme/shop%2Fweb/compare?from=1.0");
  });

  it.for([
    ["shop%2Fweb", "shop/web"],
    ["web", "web"],
    ["100%", "100%"],
    [undefined, ""],
  ])("%s is read as %s", ([part, name], { expect }) => {
    expect(decodePart(part)).toBe(name);
  });
});

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
