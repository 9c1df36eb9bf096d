/**
 * What a tag is: a version of an image, or something that belongs to one. Everything that counts, deletes, announces or
 * lists tags goes by this.
 *
 * A companion is known by its name or by its manifest. By name: cosign puts what belongs to `sha256:<hex>` under
 * `sha256-<hex>.sig`, `.att` and `.sbom`, before which its users may set a prefix (`--attachment-tag-prefix`); the tag of
 * the referrers API's fallback is `sha256-<hex>` alone, cut to 64 digits (OCI distribution-spec, "Referrers Tag Schema");
 * imgpkg writes `sha256-<hex>.image-locations.imgpkg`, and others write other ends. By manifest: one with a `subject`
 * belongs to that, whatever its tag is called. Names and digests are plain texts here, since browsers read them as well.
 */
import { BUILDKIT_CACHE_CONFIG } from "./media-types.ts";

/** What a manifest holds: something that runs, BuildKit's cache, or anything else. */
export type Content = "image" | "cache" | "artifact";

/**
 * `version` and `artifact` (a chart, a policy, a model) are what people tag: they age, fire triggers and are counted. A
 * `companion` belongs to a manifest and goes and comes back with it. A `cache` is made anew by the next build.
 */
export const TAG_KINDS = ["version", "artifact", "cache", "companion"] as const;
export type TagKind = (typeof TAG_KINDS)[number];

/** What a companion is, as far as its name tells. */
export const COMPANION_TYPES = ["signature", "attestation", "sbom", "referrers", "other"] as const;
export type CompanionType = (typeof COMPANION_TYPES)[number];

declare const brand: unique symbol;
/**
 * What a companion's name has room for of the digest that it belongs to: the algorithm and 64 digits, which is the whole of
 * a sha256. Its manifest is the one whose digest begins with this.
 */
export type DigestKey = string & { readonly [brand]: "DigestKey" };

/** `sha256:` and 64 digits. */
export const DIGEST_KEY_LENGTH = 71;

export function digestKeyOf(digest: string): DigestKey {
  return digest.slice(0, DIGEST_KEY_LENGTH) as DigestKey;
}

const NAMED_DIGEST = /(sha256|sha512)-([0-9a-f]{64})(?![0-9a-f])/;
/**
 * Ends of names that mean a companion whatever the manifest pretends to be: cosign's signatures have an image's
 * configuration.
 */
const CERTAIN_ENDS: Readonly<Record<string, CompanionType>> = {
  ".sig": "signature",
  ".att": "attestation",
  ".sbom": "sbom",
  ".image-locations.imgpkg": "other",
};

interface CompanionName {
  key: DigestKey;
  type: CompanionType;
  /** Whether the name alone decides. Otherwise the tag may be an image's that somebody calls by a hash. */
  isCertain: boolean;
}

/** Reads the name of a companion; undefined for every other name. */
function readName(tag: string): CompanionName | undefined {
  const match = NAMED_DIGEST.exec(tag);
  if (!match) return undefined;
  const [found, algorithm, hex] = match;
  const end = tag.slice(match.index + found.length);
  const key = `${algorithm}:${hex}` as DigestKey;
  const type = CERTAIN_ENDS[end];
  if (type) return { key, type, isCertain: true };
  if (match.index > 0 || !(end === "" || end.startsWith("."))) return undefined;
  return { key, type: end === "" ? "referrers" : "other", isCertain: false };
}

/** What is known of the manifest that a tag points to. */
export interface TaggedManifest {
  digest: string;
  content: Content;
  subject: string | undefined;
}

/**
 * Which digest a tag belongs to by its name, when its manifest has such a content.
 *
 * @returns undefined where the name says nothing.
 */
export function companionByName(tag: string, content: Content): DigestKey | undefined {
  const name = readName(tag);
  return name && (name.isCertain || content !== "image") ? name.key : undefined;
}

/**
 * Which digest a tag belongs to; undefined when it is no companion. A tag that names the digest that it points to, as
 * imgpkg's `sha256-<hex>.imgpkg`, keeps that manifest itself.
 */
export function companionOf(tag: string, { digest, content, subject }: TaggedManifest): DigestKey | undefined {
  const named = companionByName(tag, content);
  if (named !== undefined && named !== digestKeyOf(digest)) return named;
  return subject === undefined ? undefined : digestKeyOf(subject);
}

/** What a companion is. One that only its subject makes one may be anything. */
export function companionTypeOf(tag: string): CompanionType {
  return readName(tag)?.type ?? "other";
}

/** What a tag is, given the digest that it belongs to and what its manifest holds. */
export function tagKindOf(companion: string | null | undefined, content: Content): TagKind {
  return companion ? "companion" : ownKindOf(content);
}

/** The kind of a tag that is not a companion. */
export function ownKindOf(content: Content): Exclude<TagKind, "companion"> {
  return content === "image" ? "version" : content;
}

/** Whether a push of such a tag concerns everybody who asked to hear of all tags, or only who named this one. */
export function isAnnounced(kind: TagKind): boolean {
  return kind === "version" || kind === "artifact";
}

/** The tags under which cosign stores signatures, attestations and SBOMs of a manifest. */
export function cosignTagsOf(digest: string): string[] {
  const stem = digest.replace(":", "-");
  return Object.entries(CERTAIN_ENDS).flatMap(([end, type]) => (type === "other" ? [] : [`${stem}${end}`]));
}

/** What a manifest holds, by what it says. */
export function contentOf(manifest: {
  isIndex: boolean;
  /** Of an image manifest its configuration's media type, of an index those of its entries. */
  mediaTypes: readonly string[];
  isImageConfig: boolean;
  artifactType: string | null | undefined;
  hasPlatforms: boolean;
}): Content {
  if (manifest.mediaTypes.includes(BUILDKIT_CACHE_CONFIG)) return "cache";
  if (manifest.isIndex) return manifest.hasPlatforms && !manifest.artifactType ? "image" : "artifact";
  return manifest.isImageConfig && !manifest.artifactType ? "image" : "artifact";
}
