/** What the registry has to know of a manifest: whose bytes it needs, and what it refers to. */
import { z } from "zod";
import { type Digest, isDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
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
}

const Digests = z.string().refine(isDigest, "is not a sha256 or sha512 digest");

/** OCI image-spec, "Content Descriptors". Unknown fields are allowed everywhere. */
const Descriptor = z.object({
  mediaType: z.string().min(1),
  digest: Digests,
  size: z.int().nonnegative(),
});
const Common = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  subject: Descriptor.nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const ImageManifest = Common.extend({ config: Descriptor, layers: z.array(Descriptor) });
const Index = Common.extend({ manifests: z.array(Descriptor.extend({ platform: DescribedPlatform })) });

/**
 * Reads a manifest: OCI image manifest or index, Docker schema 2 manifest or manifest list.
 *
 * @param text the manifest exactly as it was pushed.
 * @param contentType the request's Content-Type; when it is missing, the manifest's own `mediaType` or its shape decides.
 * @throws RegistryError MANIFEST_INVALID, naming each field that is wrong.
 */
export function parseManifest(text: string, contentType: string | undefined): Manifest {
  const json = parseJson(text);
  const mediaType = mediaTypeOf(json, contentType);
  if (isIndexMediaType(mediaType)) {
    const index = check(Index, json);
    // An index may list blobs as well: that is how BuildKit stores its cache.
    const [manifests, others] = partition(index.manifests, (child) => isManifestMediaType(child.mediaType));
    return {
      ...common(index, mediaType),
      blobs: digestsOf(others),
      optionalBlobs: [],
      children: digestsOf(manifests),
      platforms: platformsOf(manifests.map(({ platform }) => platform)),
      imageConfig: undefined,
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
  };
}

function common(manifest: z.infer<typeof Common>, mediaType: ManifestMediaType) {
  return {
    mediaType,
    subject: manifest.subject?.digest,
    artifactType: manifest.artifactType,
    annotations: manifest.annotations ?? undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`the manifest is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function mediaTypeOf(json: unknown, contentType: string | undefined): ManifestMediaType {
  const declared = z.object({ mediaType: z.string().optional(), schemaVersion: z.unknown() }).safeParse(json);
  if (!declared.success) throw invalid("the manifest is not a JSON object with a textual mediaType");
  const { mediaType: own, schemaVersion } = declared.data;
  const given = contentType?.split(";", 1)[0]?.trim() || undefined;
  if (schemaVersion === 1 || isSchema1MediaType(own ?? "") || isSchema1MediaType(given ?? "")) {
    throw invalid("Docker schema 1 manifests are not supported: push with Docker 1.10 or newer, which writes schema 2");
  }
  if (own !== undefined && given !== undefined && own !== given) {
    throw invalid(`the Content-Type is ${given}, but the manifest's mediaType is ${own}`);
  }
  const mediaType = given ?? own ?? mediaTypeByShape(json);
  if (!isManifestMediaType(mediaType)) {
    throw invalid(`${mediaType} is not a manifest type: expected an OCI or Docker (schema 2) manifest, index or list`);
  }
  return mediaType;
}

function mediaTypeByShape(json: unknown): ManifestMediaType {
  return z.object({ manifests: z.unknown().refine((value) => value !== undefined) }).safeParse(json).success
    ? OCI_INDEX
    : OCI_MANIFEST;
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

/** One entry of an index, as far as choosing a platform needs it. */
const PlatformChild = Descriptor.extend({
  platform: z.object({ os: z.string(), architecture: z.string() }).partial().nullish(),
});

/**
 * The child of an index that a client gets which understands no index: linux/amd64, as Docker's own registry decides.
 *
 * @returns undefined when there is none.
 */
export function defaultChild(text: string): Digest | undefined {
  const { manifests } = check(Common.extend({ manifests: z.array(PlatformChild) }), parseJson(text));
  return manifests.find(
    ({ mediaType, platform }) =>
      mediaType === DOCKER_MANIFEST && platform?.os === "linux" && platform.architecture === "amd64",
  )?.digest;
}
