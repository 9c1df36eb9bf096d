/** Tags, what their manifests hold, and whether they belong to `sha256:HEX`. */
import type { Content } from "../../src/kernel/tag-kind.ts";

export const HEX = "0123456789abcdef".repeat(4);

export const NAMES: readonly [string, Content, boolean][] = [
  ["v1", "image", false],
  ["latest", "artifact", false],
  [`sha256-${HEX}.sig`, "image", true],
  [`sha256-${HEX}.att`, "image", true],
  [`sha256-${HEX}.sbom`, "artifact", true],
  [`sha256-${HEX}.image-locations.imgpkg`, "image", true],
  [`release-sha256-${HEX}.sig`, "image", true],
  [`sha256-${HEX}`, "artifact", true],
  [`sha256-${HEX}`, "image", false],
  [`sha256-${HEX}.metadata`, "artifact", true],
  [`sha256-${HEX}.imgpkg`, "image", false],
  [`build-sha256-${HEX}`, "artifact", false],
  [`build-sha256-${HEX}.dev`, "artifact", false],
  [`sha256-${HEX}-sig`, "artifact", false],
  [`sha256-${HEX}0.sig`, "image", false],
  [`sha256-${HEX.slice(1)}.sig`, "image", false],
  [`sha256-${HEX.toUpperCase()}.sig`, "image", false],
  [`sha1-${HEX}.sig`, "image", false],
  [`sha256_${HEX}.sig`, "image", false],
  [`${HEX}.sig`, "image", false],
  [`sha256-${HEX}.SIG`, "image", false],
];
