/** Downloading an image as one file: what may be asked for, and what it is called. */
import { hexOf, isDigest, shorten } from "../../kernel/digest.ts";
import type { ManifestContent } from "../../kernel/manifest-content.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";

/** What somebody asks for of an index, `os/architecture[/variant]`. */
export interface WantedPlatform {
  os: string;
  architecture: string;
  /** Undefined: any. */
  variant: string | undefined;
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

export function parsePlatform(text: string): WantedPlatform {
  const parts = text.split("/");
  const [os = "", architecture = "", variant] = parts;
  if (parts.length >= 2 && parts.length <= 3 && parts.every((part) => NAME.test(part))) {
    return { os, architecture, variant };
  }
  const field = "platform";
  throw refusal("PARAMETER_INVALID", reason("PLATFORM_FORM", { platform: shorten(text) }), {
    field,
    detail: { field },
  });
}

export function formatPlatform({ os, architecture, variant }: WantedPlatform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

type Child = NonNullable<ManifestContent["manifests"]>[number];

/** The child of an index that is for a platform; undefined when there is none. */
export function childFor({ manifests }: ManifestContent, wanted: WantedPlatform): Child | undefined {
  return manifests?.find(
    ({ platform }) =>
      platform?.os === wanted.os &&
      platform.architecture === wanted.architecture &&
      (wanted.variant === undefined || platform.variant === wanted.variant),
  );
}

/** Enough of a digest to tell one archive from another. */
const SHORT_DIGEST_LENGTH = 12;

/** What to call an archive on a disk: of letters, digits and the signs that names have, but for slashes and colons. */
export function archiveName(
  repository: RepositoryName,
  reference: Reference,
  platform: WantedPlatform | undefined,
): string {
  const version = isDigest(reference) ? hexOf(reference).slice(0, SHORT_DIGEST_LENGTH) : reference;
  const names = [repository, version, ...(platform ? [formatPlatform(platform)] : [])];
  return `${names.join("_").replaceAll("/", "_")}.tar`;
}
