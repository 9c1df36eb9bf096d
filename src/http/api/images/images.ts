/** What an image's page shows: its properties, tags, platforms, layers and history (guide 4.4, 4.5, 7.1.2). */
import { MAX_DESCRIPTION_LENGTH, MAX_TAG_LENGTH } from "../../../kernel/field-limits.ts";
import { TAG_SORTS } from "../../../model/images/image-search.ts";
import { parseTag, type RepositoryName } from "../../../kernel/reference.ts";
import { COMPANION_TYPES, TAG_KINDS } from "../../../kernel/tag-kind.ts";
import {
  CUT_FIELDS,
  getImage,
  getManifestDetail,
  listTagDetails,
  MAX_ADDED_BLOBS,
  MAX_CHILDREN,
  MAX_LAYERS,
  MAX_LISTED_COMPANIONS,
  MAX_LISTED_REFERRERS,
  MAX_LISTED_PLATFORMS,
  MAX_LISTED_SAME,
} from "../../../registry/images/image-detail.ts";
import { CONFIG_PROBLEMS, MAX_CONFIG_BYTES } from "../../../registry/images/platforms.ts";
import { visitorCall } from "../../call.ts";
import { createRoute, createRouter, json, setVersion, versioned, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { describeImageFields, IMAGE_FIELDS } from "./image-fields.ts";
import { Next } from "../paging.ts";
import { imageOf, ImageParams, ManifestParams } from "../params.ts";
import { cutSearchedPage, readSearchedPage, sortedPageParams } from "../sorting.ts";
import { registryHost } from "../../public-address.ts";

// --- What is answered ---

const Digest = z.string().openapi({ example: `sha256:${"0123456789abcdef".repeat(4)}` });
const Bytes = z.int().openapi({ description: "Bytes." });
const ImageBytes = z.int().openapi({
  description: `Bytes of its blobs, an index's children's too, each once: of the first ${MAX_ADDED_BLOBS}.`,
});
const MaybeTime = Time.nullable();
const Words = z.array(z.string()).nullable();
const Annotations = z.record(z.string(), z.string()).nullable();
const PullCommand = z.string().openapi({ example: "docker pull registry.example.com/acme/shop/web:1.0" });

/** An image as its page shows it. */
export const Image = z
  .object({
    ...IMAGE_FIELDS,
    own: z.boolean().openapi({
      description:
        "Whether the caller has a right to it in its own account. Others pull it because it is shared or public, and are " +
        "not told of its history, rules and rights.",
    }),
    description: z.string().openapi({ maxLength: MAX_DESCRIPTION_LENGTH }),
    companions: z.int().openapi({
      description: "How many tags belong to others, which `tags` does not count: signatures and the like.",
    }),
    createdBy: z.string().nullable().openapi({ description: "Null for callers who have no right in its account." }),
    failingTriggers: z.int().nullable().openapi({
      description:
        "How many of its triggers fail, as `GET /api/activity` has them; null for callers who may not edit it.",
    }),
    failedSyncs: z.int().nullable().openapi({
      description: "How many of its tags did not arrive at a target, as `GET /api/activity` has them; null likewise.",
    }),
    pullCommand: PullCommand,
  })
  .openapi("Image");

const Platform = z
  .object({
    os: z.string(),
    architecture: z.string(),
    variant: z.string().nullable(),
  })
  .openapi("Platform");

const ChildPlatform = Platform.extend({ osVersion: z.string().nullable() }).openapi("ChildPlatform");

const Companion = z
  .object({
    name: z.string().openapi({ example: `sha256-${"0123456789abcdef".repeat(4)}.sig` }),
    type: z.enum(COMPANION_TYPES).openapi({ description: "What it is, as far as its name tells." }),
    digest: Digest.openapi({ description: "Its own manifest." }),
    pushed: Time,
  })
  .openapi("Companion");

const TagReferrer = z
  .object({
    digest: Digest,
    artifactType: z.string().nullable().openapi({ description: "What it is." }),
    annotations: z.record(z.string(), z.string()).openapi({
      description: "Those that tell whether a bundle of Sigstore's holds a signature, as far as they are there.",
    }),
  })
  .openapi("TagReferrer");

const Tag = z
  .object({
    name: z.string(),
    kind: z.enum(TAG_KINDS).exclude(["companion"]).openapi({
      description: "A `cache` is BuildKit's: it fires no trigger that does not name it, and aging does not count it.",
    }),
    referrers: z.array(TagReferrer).openapi({
      description: `Manifests that refer to it, such as signatures: the first ${MAX_LISTED_REFERRERS} by digest.`,
    }),
    companions: z.array(Companion).openapi({
      description:
        "Tags that belong to it, such as cosign's: they are deleted and restored with it, and are not in this list " +
        `themselves. The first ${MAX_LISTED_COMPANIONS} by name.`,
    }),
    digest: Digest,
    sameDigest: z.array(z.string()).openapi({
      description: `Other tags that point to the same digest: at most ${MAX_LISTED_SAME}, those made first before others.`,
    }),
    moreSameDigest: z.boolean().openapi({ description: "Whether there are more of them." }),
    mediaType: z.string(),
    artifactType: z.string().nullable().openapi({ description: "What it is, if it is no image." }),
    size: ImageBytes,
    platforms: z.array(Platform).openapi({
      description: `What it is for, as far as that is known: the first ${MAX_LISTED_PLATFORMS}.`,
    }),
    platformCount: z.int().openapi({ description: "How many there are." }),
    pushedBy: z.string().nullable().openapi({ description: "Null for callers who have no right in its account." }),
    pushed: Time.openapi({ description: "When it was last moved." }),
    created: Time,
    lastPulled: MaybeTime,
    immutable: z.boolean().openapi({ description: "Whether a rule keeps it from being overwritten and deleted." }),
    pullCommand: PullCommand,
  })
  .openapi("Tag");

const Child = z
  .object({
    digest: Digest,
    mediaType: z.string(),
    artifactType: z.string().nullable(),
    size: Bytes,
    imageSize: ImageBytes.nullable(),
    platform: z.union([ChildPlatform, z.null()]),
    attests: Digest.nullable().openapi({ description: "The child that this one, an attestation, is about." }),
    annotations: Annotations,
  })
  .openapi("Child");

const Layer = z
  .object({
    digest: Digest,
    mediaType: z.string(),
    size: Bytes,
    createdBy: z.string().nullable().openapi({
      description: "The command that made it; null when the history does not tell.",
      example: "RUN /bin/sh -c apk add --no-cache curl # buildkit",
    }),
    created: MaybeTime,
    annotations: Annotations,
  })
  .openapi("Layer");

const Step = z
  .object({
    createdBy: z.string().nullable(),
    created: MaybeTime,
    author: z.string().nullable(),
    comment: z.string().nullable(),
    isEmptyLayer: z.boolean().openapi({ description: "It changed the configuration only." }),
    layer: Digest.nullable().openapi({ description: "The layer that it made, where that can be told." }),
  })
  .openapi("HistoryStep");

const Nanoseconds = z.int().nullable().openapi({ description: "Nanoseconds." });

const Configuration = z
  .object({
    created: MaybeTime,
    author: z.string().nullable(),
    os: z.string().nullable(),
    osVersion: z.string().nullable(),
    architecture: z.string().nullable(),
    variant: z.string().nullable(),
    user: z.string().nullable(),
    workingDir: z.string().nullable(),
    env: Words,
    entrypoint: Words,
    cmd: Words,
    exposedPorts: Words,
    volumes: Words,
    labels: z.record(z.string(), z.string()).nullable(),
    stopSignal: z.string().nullable(),
    stopTimeout: z.int().nullable().openapi({ description: "Seconds." }),
    healthcheck: z
      .object({
        test: Words.openapi({ description: "`NONE`, or `CMD` or `CMD-SHELL` and what follows it." }),
        interval: Nanoseconds,
        timeout: Nanoseconds,
        startPeriod: Nanoseconds,
        startInterval: Nanoseconds,
        retries: z.int().nullable(),
      })
      .nullable()
      .openapi({ description: "Docker's `HEALTHCHECK`." }),
    shell: Words,
    onBuild: Words,
    other: z.record(z.string(), z.string()).nullable().openapi({
      description:
        "What else it says: JSON texts by the names of its fields, such as `config.Memory`, without empty ones.",
    }),
  })
  .openapi("ImageConfiguration", { description: "What is absent, or not as OCI specifies it, is null." });

const Manifest = z
  .object({
    digest: Digest,
    mediaType: z.string(),
    artifactType: z.string().nullable().openapi({ description: "What it is, if it is no image." }),
    size: Bytes.openapi({ description: "Bytes of the manifest itself." }),
    imageSize: ImageBytes,
    subject: Digest.nullable().openapi({ description: "The manifest that this one refers to." }),
    annotations: Annotations,
    tags: z.array(z.string()).openapi({ description: "The first 100 of its tags, by name." }),
    tagCount: z.int().openapi({ description: "How many tags lead to it; 1000: or more." }),
    referrers: z.int().openapi({ description: "How many manifests refer to this one; 1000: or more." }),
    companions: z.array(Companion).openapi({
      description: `Tags that belong to it, such as cosign's: the first ${MAX_LISTED_COMPANIONS} by name.`,
    }),
    created: Time.openapi({ description: "When it was first pushed." }),
    lastPulled: MaybeTime,
    children: z
      .array(Child)
      .nullable()
      .openapi({ description: `Of an index, the first ${MAX_CHILDREN}; null otherwise.` }),
    layers: z
      .array(Layer)
      .nullable()
      .openapi({ description: `Of an image or artifact, the first ${MAX_LAYERS}; null otherwise.` }),
    history: z.array(Step).nullable(),
    config: z.union([Configuration, z.null()]),
    configProblem: z
      .enum(CONFIG_PROBLEMS)
      .nullable()
      .openapi({ description: `Why an image has no \`config\` here: it may have ${MAX_CONFIG_BYTES} bytes.` }),
    truncated: z.array(z.enum(CUT_FIELDS)).openapi({
      description:
        "The fields that are shown in part, for an answer shows no more than about a MiB of a manifest and 256 " +
        "KiB of a configuration. Empty for nearly every image. The text of the manifest, and the configuration's blob, are whole.",
    }),
    pullCommand: PullCommand,
  })
  .openapi("ManifestDetail");

// --- Routes ---

const WHO_MAY =
  "For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist.";

const showImage = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}",
  operationId: "showImage",
  tags: ["Images"],
  summary: "Show an image's properties",
  description: WHO_MAY,
  security: [{}],
  request: { params: ImageParams },
  responses: { 200: versioned(Image, "The image.") },
});

const listTags = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/tags",
  operationId: "listTags",
  tags: ["Images"],
  summary: "List an image's tags",
  description: `${WHO_MAY} Without those of signatures and the like, which are \`companions\` of the others.`,
  security: [{}],
  request: {
    params: ImageParams,
    query: z.strictObject({
      q: z
        .string()
        .min(1)
        .max(MAX_TAG_LENGTH)
        .transform((text) => text.toLowerCase())
        .optional()
        .openapi({
          type: "string",
          minLength: 1,
          maxLength: MAX_TAG_LENGTH,
          description: "Tags that have this in their names, in upper or lower case.",
        }),
      name: z.string().transform(parseTag).optional().openapi({
        type: "string",
        minLength: 1,
        maxLength: MAX_TAG_LENGTH,
        description: "The tag of exactly this name; upper and lower case differ.",
      }),
      ...sortedPageParams(TAG_SORTS),
    }),
  },
  responses: { 200: json(z.object({ tags: z.array(Tag), next: Next }).openapi("TagPage"), "A page of tags.") },
});

const showManifest = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/manifests/{reference}",
  operationId: "showManifest",
  tags: ["Images"],
  summary: "Show what a tag or manifest contains",
  description: `${WHO_MAY} Platforms, layers with the commands that made them, and configuration.`,
  security: [{}],
  request: { params: ManifestParams },
  responses: { 200: json(Manifest, "The manifest.") },
});

export const images = createRouter()
  .openapi(showImage, async (c) => {
    const name = imageOf(c.req.valid("param"));
    const image = await getImage(visitorCall(c), name);
    setVersion(c, image);
    return c.json(describeImage(image, name, registryHost(c)), 200);
  })
  .openapi(listTags, async (c) => {
    const name = imageOf(c.req.valid("param"));
    const query = c.req.valid("query");
    const page = { ...(await readSearchedPage(c.var.stores, query)), name: query.name, text: query.q };
    const found = await listTagDetails(visitorCall(c), name, page);
    const { items, next } = await cutSearchedPage(c.var.stores, query, found);
    return c.json({ tags: items.map((tag) => describeTag(tag, name, registryHost(c))), next }, 200);
  })
  .openapi(showManifest, async (c) => {
    const { reference, ...params } = c.req.valid("param");
    const name = imageOf(params);
    const manifest = await getManifestDetail(visitorCall(c), name, reference);
    const separator = reference.includes(":") ? "@" : ":";
    const pullCommand = pullCommandOf(registryHost(c), `${name}${separator}${reference}`);
    return c.json({ ...describeManifest(manifest), pullCommand }, 200);
  });

type TagCompanions = Awaited<ReturnType<typeof listTagDetails>>["rows"][number]["companions"];

function pullCommandOf(host: string, name: string): string {
  return `docker pull ${host}/${name}`;
}

/** @param host the registry's own address, as `docker pull` needs it. */
export function describeImage(
  image: Awaited<ReturnType<typeof getImage>>,
  name: RepositoryName,
  host: string,
): z.infer<typeof Image> {
  return {
    ...describeImageFields(name, image),
    own: image.isOwn,
    description: image.description,
    companions: image.companionCount,
    createdBy: image.createdBy,
    failingTriggers: image.failingTriggers,
    failedSyncs: image.failedSyncs,
    pullCommand: pullCommandOf(host, name),
  };
}

function describeTag(
  tag: Awaited<ReturnType<typeof listTagDetails>>["rows"][number],
  name: RepositoryName,
  host: string,
): z.infer<typeof Tag> {
  return {
    name: tag.name,
    kind: tag.kind,
    referrers: tag.referrers,
    companions: tag.companions.map(describeCompanion),
    digest: tag.digest,
    sameDigest: tag.sameDigest,
    moreSameDigest: tag.hasMoreSame,
    mediaType: tag.mediaType,
    artifactType: tag.artifactType,
    size: tag.imageBytes,
    platformCount: tag.platformCount,
    platforms: tag.platforms.map(({ variant, ...platform }) => ({ ...platform, variant: variant || null })),
    pushedBy: tag.pushedBy,
    pushed: formatTime(tag.pushedAt),
    created: formatTime(tag.createdAt),
    lastPulled: formatMaybe(tag.lastPulledAt),
    immutable: tag.isImmutable,
    pullCommand: pullCommandOf(host, `${name}:${tag.name}`),
  };
}

function describeCompanion({ pushedAt, ...companion }: TagCompanions[number]): z.infer<typeof Companion> {
  return { ...companion, pushed: formatTime(new Date(pushedAt)) };
}

function describeManifest(
  manifest: Awaited<ReturnType<typeof getManifestDetail>>,
): Omit<z.infer<typeof Manifest>, "pullCommand"> {
  const { imageBytes, referrerCount, createdAt, lastPulledAt, children, companions, ...rest } = manifest;
  return {
    ...rest,
    companions: companions.map(describeCompanion),
    imageSize: imageBytes,
    referrers: referrerCount,
    created: formatTime(createdAt),
    lastPulled: formatMaybe(lastPulledAt),
    children: children?.map(({ imageBytes: imageSize, ...child }) => ({ ...child, imageSize })) ?? null,
  };
}

function formatMaybe(time: Date | null): string | null {
  return time && formatTime(time);
}
