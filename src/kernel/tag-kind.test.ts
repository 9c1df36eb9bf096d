import { describe, expect, it } from "vitest";
import { BUILDKIT_CACHE_CONFIG } from "./media-types.ts";
import {
  companionOf,
  companionTypeOf,
  contentOf,
  cosignTagsOf,
  digestKeyOf,
  isAnnounced,
  tagKindOf,
} from "./tag-kind.ts";

const HEX = "0123456789abcdef".repeat(4);
const OTHER = `sha256:${"f".repeat(64)}`;
const KEY = `sha256:${HEX}`;

/** All kinds of names are in the test of what is stored, test/workerd/companions.test.ts. */
describe("a tag", () => {
  it.for([
    ["v1", undefined, "version"],
    [`sha256-${HEX}.sig`, KEY, "companion"],
    [`sha256-${HEX}`, undefined, "version"],
  ] as const)("%s of an image belongs to %s", ([tag, companion, kind]) => {
    expect(companionOf(tag, { digest: OTHER, content: "image", subject: undefined })).toBe(companion);
    expect(tagKindOf(companion, "image")).toBe(kind);
  });

  it("of the referrers of a sha512 has half of its digits, and belongs to what begins with them", () => {
    const digest = `sha512:${HEX}${"0".repeat(64)}`;
    const manifest = { digest: OTHER, content: "artifact", subject: undefined } as const;
    expect(companionOf(`sha512-${HEX}`, manifest)).toBe(digestKeyOf(digest));
  });

  it("that names what it points to keeps that, and is no companion", () => {
    const self = { digest: KEY, content: "image", subject: undefined } as const;
    expect(companionOf(`sha256-${HEX}.imgpkg`, self)).toBeUndefined();
    expect(companionOf(`sha256-${HEX}.sig`, self)).toBeUndefined();
    expect(companionOf(`sha256-${HEX}`, { ...self, content: "artifact" })).toBeUndefined();
  });

  it("belongs to its manifest's subject, whatever it is called", () => {
    const manifest = { digest: OTHER, content: "artifact", subject: KEY } as const;
    expect(companionOf("v1-sbom", manifest)).toBe(KEY);
    expect(companionOf(`sha256-${"a".repeat(64)}.sig`, manifest)).toBe(`sha256:${"a".repeat(64)}`);
  });

  it.for([
    ["version", true],
    ["artifact", true],
    ["cache", false],
    ["companion", false],
  ] as const)("that is a %s is announced to everybody: %s", ([kind, isTold]) => {
    expect(isAnnounced(kind)).toBe(isTold);
  });

  it.for([
    [`sha256-${HEX}.sig`, "signature"],
    [`x-sha256-${HEX}.att`, "attestation"],
    [`sha256-${HEX}.sbom`, "sbom"],
    [`sha256-${HEX}`, "referrers"],
    [`sha256-${HEX}.image-locations.imgpkg`, "other"],
    ["v1-sbom", "other"],
  ] as const)("%s holds a %s", ([tag, type]) => {
    expect(companionTypeOf(tag)).toBe(type);
  });
});

it("knows cosign's tags of a digest", () => {
  expect(cosignTagsOf(KEY)).toEqual([`sha256-${HEX}.sig`, `sha256-${HEX}.att`, `sha256-${HEX}.sbom`]);
});

describe("a manifest", () => {
  const nothing = { isIndex: false, mediaTypes: [], isImageConfig: false, artifactType: null, hasPlatforms: false };
  it.for([
    ["an image", { ...nothing, isImageConfig: true }, "image"],
    ["an artifact with an image's configuration", { ...nothing, isImageConfig: true, artifactType: "a/b" }, "artifact"],
    ["a chart", { ...nothing, mediaTypes: ["application/vnd.cncf.helm.config.v1+json"] }, "artifact"],
    ["a cache", { ...nothing, mediaTypes: [BUILDKIT_CACHE_CONFIG] }, "cache"],
    ["an index of platforms", { ...nothing, isIndex: true, hasPlatforms: true }, "image"],
    ["an index that is a cache", { ...nothing, isIndex: true, mediaTypes: ["a/b", BUILDKIT_CACHE_CONFIG] }, "cache"],
    ["an index of referrers", { ...nothing, isIndex: true }, "artifact"],
  ] as const)("is %s", ([, manifest, content]) => {
    expect(contentOf(manifest)).toBe(content);
  });
});
