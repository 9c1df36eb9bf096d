/** What the registry has to know of a manifest: whose bytes it needs, and what it refers to. */
import { z } from "zod";
import { type Digest, isDigest, shorten } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { MAX_ANNOTATION_NAME_LENGTH, MAX_MEDIA_TYPE_LENGTH, MAX_PLATFORM_FIELD_LENGTH } from "./limits.ts";
import { readManifestContent } from "./manifest-content.ts";
import { findKeyFault, findShapeFault, isIndexByShape } from "./manifest-structure.ts";
import {
  DOCKER_MANIFEST,
  isImageConfig,
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  isSchema1MediaType,
  type ManifestMediaType,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.ts";
import { DescribedPlatform, type Platform, platformsOf } from "./platform.ts";
import { type Content, contentOf } from "./tag-kind.ts";

export interface Manifest {
  mediaType: ManifestMediaType;
  /** Blobs that must be in the repository. */
  blobs: Digest[];
  /** Blobs that may be in the repository: non-distributable layers. */
  optionalBlobs: Digest[];
  /** Manifests that must be in the repository: an index's children. */
  children: Digest[];
  /** The manifest this one refers to, which may be absent. */
  subject: Digest | undefined;
  /** As the referrers API reports it: an image manifest without one is known by its config's media type. */
  artifactType: string | undefined;
  annotations: Record<string, string> | undefined;
  /** What an index says that its children run on. */
  platforms: Platform[];
  /** The blob that says what a single image runs on. */
  imageConfig: Digest | undefined;
  content: Content;
}

const Digests = z.string().refine(isDigest, "is not a sha256 or sha512 digest");
const MediaType = z.string().max(MAX_MEDIA_TYPE_LENGTH, `has more than ${MAX_MEDIA_TYPE_LENGTH} characters`);

/** Says no more than one thing that is wrong: a manifest has room for 200,000 of them. */
const Annotations = z
  .record(z.string(), z.unknown())
  .superRefine((annotations, context) => {
    const report = (name: string, message: string) => {
      context.addIssue({ code: "custom", path: [shorten(name)], message });
    };
    for (const [name, value] of Object.entries(annotations)) {
      if (name.length > MAX_ANNOTATION_NAME_LENGTH) {
        return report(name, `the name has more than ${MAX_ANNOTATION_NAME_LENGTH} characters`);
      }
      if (typeof value !== "string") return report(name, "is not text");
    }
  })
  .transform((annotations) => annotations as Record<string, string>);

/** OCI image-spec, "Content Descriptors". Unknown fields are allowed everywhere. */
const Descriptor = z.object({
  mediaType: MediaType.min(1),
  digest: Digests,
  size: z.int().nonnegative(),
  artifactType: MediaType.nullish(),
  annotations: Annotations.nullish(),
});
const Common = z.object({
  schemaVersion: z.literal(2).nullish(),
  artifactType: MediaType.nullish(),
  subject: Descriptor.nullish(),
  annotations: Annotations.nullish(),
});
const Child = Descriptor.extend({
  platform: DescribedPlatform.refine(
    (platform) => Object.values(platform ?? {}).every((field) => (field?.length ?? 0) <= MAX_PLATFORM_FIELD_LENGTH),
    `a field of it has more than ${MAX_PLATFORM_FIELD_LENGTH} characters`,
  ),
});
/** Lists that are absent or null are empty, as for the programs written in Go. */
const ImageManifest = Common.extend({
  config: Descriptor,
  layers: z
    .array(Descriptor)
    .nullish()
    .transform((layers) => layers ?? []),
});
const Index = Common.extend({
  manifests: z
    .array(Child)
    .nullish()
    .transform((manifests) => manifests ?? []),
});

/**
 * Reads a manifest: OCI image manifest or index, Docker schema 2 manifest or manifest list.
 *
 * @param text the manifest exactly as it was pushed.
 * @param contentType the request's Content-Type, which must not contradict the manifest's own `mediaType` and its fields;
 * when both types are missing, the fields decide.
 * @throws RegistryError MANIFEST_INVALID, naming what is wrong: also what programs would read in different ways.
 */
export function parseManifest(text: string, contentType: string | undefined): Manifest {
  const keyFault = findKeyFault(text);
  if (keyFault !== undefined) throw invalid(keyFault);
  const json = parseJson(text);
  const mediaType = mediaTypeOf(json, contentType);
  const shapeFault = findShapeFault(json, isIndexMediaType(mediaType));
  if (shapeFault !== undefined) throw invalid(shapeFault);
  if (isIndexMediaType(mediaType)) {
    const index = check(Index, json);
    // An index may list blobs as well: that is how BuildKit stores its cache.
    const [manifests, others] = partition(index.manifests, (child) => isManifestMediaType(child.mediaType));
    const platforms = platformsOf(manifests.map(({ platform }) => platform));
    return {
      ...common(index, mediaType),
      blobs: digestsOf(others),
      optionalBlobs: [],
      children: digestsOf(manifests),
      platforms,
      imageConfig: undefined,
      content: contentOf({
        isIndex: true,
        mediaTypes: others.map((entry) => entry.mediaType),
        isImageConfig: false,
        artifactType: index.artifactType,
        hasPlatforms: platforms.length > 0,
      }),
    };
  }
  const image = check(ImageManifest, json);
  const [optional, layers] = partition(image.layers, (layer) => isNonDistributable(layer.mediaType));
  return {
    ...common(image, mediaType),
    blobs: digestsOf([image.config, ...layers]),
    optionalBlobs: digestsOf(optional),
    children: [],
    artifactType: image.artifactType ?? image.config.mediaType,
    platforms: [],
    imageConfig: isImageConfig(image.config.mediaType) ? image.config.digest : undefined,
    content: contentOf({
      isIndex: false,
      mediaTypes: [image.config.mediaType],
      isImageConfig: isImageConfig(image.config.mediaType),
      artifactType: image.artifactType,
      hasPlatforms: false,
    }),
  };
}

function common(manifest: z.infer<typeof Common>, mediaType: ManifestMediaType) {
  return {
    mediaType,
    subject: manifest.subject?.digest,
    artifactType: manifest.artifactType ?? undefined,
    annotations: manifest.annotations ?? undefined,
  };
}

function parseJson(text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`the manifest is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw invalid("the manifest is not a JSON object");
}

function mediaTypeOf(json: Record<string, unknown>, contentType: string | undefined): ManifestMediaType {
  const own = json["mediaType"] ?? undefined;
  if (own !== undefined && typeof own !== "string") throw invalid("mediaType: is not text");
  const given = contentType?.split(";", 1)[0]?.trim() || undefined;
  if (json["schemaVersion"] === 1 || isSchema1MediaType(own ?? "") || isSchema1MediaType(given ?? "")) {
    throw invalid("Docker schema 1 manifests are not supported: push with Docker 1.10 or newer, which writes schema 2");
  }
  if (own !== undefined && given !== undefined && own !== given) {
    throw invalid(`the Content-Type is ${given}, but the manifest's mediaType is ${shorten(own)}`);
  }
  const mediaType = given ?? own ?? (isIndexByShape(json) ? OCI_INDEX : OCI_MANIFEST);
  if (!isManifestMediaType(mediaType)) {
    const name = shorten(mediaType);
    throw invalid(`${name} is not a manifest type: expected an OCI or Docker (schema 2) manifest, index or list`);
  }
  return mediaType;
}

function check<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new RegistryError(
    "MANIFEST_INVALID",
    result.error.issues.slice(0, 20).map(({ path, message }) => ({
      message: `${path.join(".") || "the manifest"}: ${message}`,
      detail: { field: path.join(".") },
    })),
  );
}

function invalid(message: string, options?: ErrorOptions): RegistryError {
  return new RegistryError("MANIFEST_INVALID", message, options);
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

function digestsOf(descriptors: readonly { digest: Digest }[]): Digest[] {
  return [...new Set(descriptors.map(({ digest }) => digest))];
}

/**
 * The child of an index that a client gets which understands no index: linux/amd64, as Docker's own registry decides.
 *
 * @param text an index that was accepted once, perhaps by rules that have become stricter.
 * @returns undefined when there is none.
 */
export function defaultChild(text: string): Digest | undefined {
  return readManifestContent(text).manifests?.find(
    ({ mediaType, platform }) =>
      mediaType === DOCKER_MANIFEST && platform?.os === "linux" && platform.architecture === "amd64",
  )?.digest;
}
