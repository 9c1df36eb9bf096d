/** What a stored manifest says, for people to read; `manifest.ts` is what the registry itself goes by. */
import { z } from "zod";
import { type Digest, isDigest } from "./digest.ts";
import { isImageConfig, isImageLayer } from "./media-types.ts";
import { DescribedPlatform } from "./platform.ts";

const digest = z.string().refine(isDigest);
const annotations = z.record(z.string(), z.string()).nullable().catch(null);
const Descriptor = z.object({ mediaType: z.string(), digest, size: z.int(), annotations });
const Content = z.object({
  artifactType: z.string().min(1).nullable().catch(null),
  subject: z
    .object({ digest })
    .transform((subject) => subject.digest)
    .nullable()
    .catch(null),
  annotations,
  config: Descriptor.nullable().catch(null),
  layers: z.array(Descriptor).nullable().catch(null),
  manifests: z
    .array(Descriptor.extend({ platform: DescribedPlatform, artifactType: z.string().nullable().catch(null) }))
    .nullable()
    .catch(null),
});

export type ManifestContent = z.infer<typeof Content>;
export type ContentDescriptor = z.infer<typeof Descriptor>;

/** Reads a manifest that was accepted once, so that it is JSON and its descriptors are in order. */
export function readManifestContent(text: string): ManifestContent {
  return Content.parse(JSON.parse(text));
}

/**
 * What an artifact is, such as a chart or a signature; undefined for images and indexes of images. What a manifest does
 * not tell by itself, its configuration's media type does, or that of its files (image-spec, "Guidelines for Artifact
 * Usage"; cosign's signatures pretend to be images).
 */
export function artifactTypeOf({ artifactType, config, layers }: ManifestContent): string | undefined {
  if (artifactType !== null) return artifactType;
  if (!config) return undefined;
  const files = layers ?? [];
  const [first] = files;
  const hasLayers = files.some(({ mediaType }) => isImageLayer(mediaType));
  if (isImageConfig(config.mediaType)) return first && !hasLayers ? first.mediaType : undefined;
  return config.mediaType === EMPTY ? (first?.mediaType ?? EMPTY) : config.mediaType;
}

/** Stands for no configuration at all (image-spec, "Guidance for an Empty Descriptor"). */
const EMPTY = "application/vnd.oci.empty.v1+json";

/** The manifest that an attestation of BuildKit's is about; undefined for anything else. */
export function attestedBy(descriptor: Pick<ContentDescriptor, "annotations">): Digest | undefined {
  const about = descriptor.annotations?.["vnd.docker.reference.digest"];
  return about !== undefined && isDigest(about) ? about : undefined;
}
