import { describe, it } from "vitest";
import type { ChildManifest } from "../../api/image-manifests.ts";
import { attestationsOf, choosePlatform, platformChoices } from "./platforms.ts";

function child(digest: string, platform: string | null, more: Partial<ChildManifest> = {}): ChildManifest {
  const [os = "", architecture = "", variant = null] = platform?.split("/") ?? [];
  return {
    digest,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: null,
    size: 500,
    imageSize: 5000,
    platform: platform === null ? null : { os, architecture, variant, osVersion: null },
    attests: null,
    annotations: null,
    ...more,
  };
}

describe("the platforms of an index", () => {
  it("are named as docker names them, without attestations", ({ expect }) => {
    const children = [
      child("sha256:a", "linux/amd64"),
      child("sha256:b", "linux/arm64/v8"),
      child("sha256:c", "unknown/unknown", { attests: "sha256:a" }),
    ];
    expect(platformChoices(children).map(({ key }) => key)).toEqual(["linux/amd64", "linux/arm64/v8"]);
    expect(attestationsOf(children, "sha256:a").map(({ digest }) => digest)).toEqual(["sha256:c"]);
    expect(attestationsOf(children, "sha256:b")).toEqual([]);
  });

  it("that several parts share, or none tells, are told apart by digest", ({ expect }) => {
    const choices = platformChoices([
      child("sha256:a", "linux/amd64"),
      child("sha256:b", "linux/amd64"),
      child("sha256:c", null),
      child("sha256:d", "unknown/unknown"),
    ]);
    expect(choices.map(({ key }) => key)).toEqual(["sha256:a", "sha256:b", "sha256:c", "sha256:d"]);
    expect(choices.map(({ label }) => label)).toEqual(["linux/amd64", "linux/amd64", "", ""]);
  });

  it("of Windows differ by version", ({ expect }) => {
    const windows = { os: "windows", architecture: "amd64", variant: null };
    const choices = platformChoices([
      child("sha256:a", null, { platform: { ...windows, osVersion: "10.0.17763.1" } }),
      child("sha256:b", null, { platform: { ...windows, osVersion: "10.0.20348.1" } }),
    ]);
    expect(choices.map(({ key }) => key)).toEqual(["windows/amd64 10.0.17763.1", "windows/amd64 10.0.20348.1"]);
  });

  it("start with linux/amd64, or else the first", ({ expect }) => {
    const arm = child("sha256:a", "linux/arm64");
    const amd = child("sha256:b", "linux/amd64");
    expect(choosePlatform(platformChoices([arm, amd]), undefined)?.key).toBe("linux/amd64");
    expect(choosePlatform(platformChoices([arm, amd]), "linux/arm64")?.key).toBe("linux/arm64");
    expect(choosePlatform(platformChoices([arm]), "linux/s390x")?.key).toBe("linux/arm64");
    expect(choosePlatform([], undefined)).toBeUndefined();
  });
});
