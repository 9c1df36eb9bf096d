import { describe, it } from "vitest";
import { archivePath, comparePath, decodePart, imagePath, tagPath } from "./paths.ts";

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
