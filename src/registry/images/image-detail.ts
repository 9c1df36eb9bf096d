/** What an image's page shows to a user who may pull the image. */
import { withDocuments } from "../../documents.ts";
import type { Lease } from "../../memory.ts";
import { isAtLeast, type Visitor } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { Excerpt } from "../../kernel/excerpt.ts";
import {
  CONFIG_FIELDS,
  type HistoryEntry,
  type ImageConfig,
  layersOfHistory,
} from "../../model/images/image-config.ts";
import type { Page, TagFilter, TagSort } from "../../model/images/image-search.ts";
import { MAX_MEDIA_TYPE_LENGTH } from "../../kernel/limits.ts";
import {
  artifactTypeOf,
  attestedBy,
  type ManifestContent,
  readManifestContent,
} from "../../kernel/manifest-content.ts";
import { isImageConfig } from "../../kernel/media-types.ts";
import type { NamedPlatform } from "../../kernel/platform.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import { ownKindOf } from "../../kernel/tag-kind.ts";
import { MAX_LISTED_COMPANIONS } from "../../storage/content/companions.ts";
import {
  findImageProperties,
  findManifestFacts,
  listChildBytes,
  listTagDetails as listTags,
  MAX_ADDED_BLOBS,
  MAX_LISTED_REFERRERS,
  MAX_LISTED_SAME,
} from "../../storage/images/image-detail.ts";
import { countFailingTriggers } from "../../storage/overview/activity.ts";
import { countFailedSyncs } from "../../storage/sync/sync-failures.ts";
import type { ReadManifest } from "../../storage/content/find-manifest.ts";
import { listArchitectures, MAX_LISTED_PLATFORMS } from "../../storage/images/platforms.ts";
import type { Stores } from "../../storage/stores.ts";
import { type RepositoryAccess, requireRepository } from "../rights/management.ts";
import type { Call } from "../call.ts";
import { type ConfigProblem, readImageConfig, savePlatform } from "./platforms.ts";
import { unknownManifest } from "../content/pull-manifest.ts";
import { readManifest } from "../content/find-manifest.ts";
import { findBlob } from "../content/blobs.ts";

export { MAX_ADDED_BLOBS, MAX_LISTED_COMPANIONS, MAX_LISTED_REFERRERS, MAX_LISTED_PLATFORMS, MAX_LISTED_SAME };

/** An image that the caller may pull; to others it does not exist. */
export async function requireVisible(call: Call<Visitor>, name: RepositoryName): Promise<RepositoryAccess> {
  return requireRepository(call, name, "read");
}

/**
 * The properties of an image. Its creator is shown only to users of its own account who have a right to it, and how many of its
 * triggers and synchronizations fail only to those who may edit it.
 */
export async function getImage(call: Call<Visitor>, name: RepositoryName) {
  const { id, level, isOwn } = await requireVisible(call, name);
  const seesTriggers = isOwn && isAtLeast(level, "edit");
  const [properties, architectures, failingTriggers, failedSyncs] = await Promise.all([
    findImageProperties(call.stores.db, id),
    listArchitectures(call.stores.db, [id]),
    seesTriggers ? countFailingTriggers(call.stores.db, id) : null,
    seesTriggers ? countFailedSyncs(call.stores.db, id) : null,
  ]);
  if (!properties) throw new RegistryError("REPOSITORY_UNKNOWN", `image ${name} does not exist`);
  return {
    ...properties,
    level,
    isOwn,
    createdBy: isOwn ? properties.createdBy : null,
    architectures: architectures.get(id) ?? [],
    failingTriggers,
    failedSyncs,
  };
}

/** One page of an image's tags, with one more when there are more, and where it ended early if it did. */
export async function listTagDetails(call: Call<Visitor>, name: RepositoryName, search: Page<TagSort> & TagFilter) {
  const { id, isOwn } = await requireVisible(call, name);
  const { rows, end } = await listTags(call.stores.nearby, { ...search, repositoryId: id });
  const tags = rows.map(({ artifactType, content, pushedBy, ...tag }) => ({
    ...tag,
    kind: ownKindOf(content),
    // Images are stored under their configuration's type, as the referrers API calls them.
    artifactType: artifactType !== null && isImageConfig(artifactType) ? null : artifactType,
    pushedBy: isOwn ? pushedBy : null,
  }));
  return { rows: tags, end };
}

/** Layers and children that are shown of one manifest. */
export const MAX_LAYERS = 1000;
export const MAX_CHILDREN = 500;
/** Bytes of JSON that are repeated of a manifest; each layer and child has about so many of its own. */
const MAX_MANIFEST_JSON_BYTES = 1024 * 1024;
const DESCRIPTOR_BYTES = 500;
/** Characters of one text: the longest real ones are signatures with their certificates. */
const MAX_TEXT_LENGTH = 64 * 1024;
const MAX_ANNOTATIONS = 1000;

/** The parts of a manifest's description that may be shortened. */
export const CUT_FIELDS = ["annotations", "layers", "children", ...CONFIG_FIELDS] as const;
export type CutField = (typeof CUT_FIELDS)[number];

/** A step of an image's history; `layer` is the digest of what it made. */
export type DescribedStep = HistoryEntry & { layer: Digest | null };

/**
 * A manifest with what can be read from it and its configuration, as far as there is room in an answer.
 *
 * @returns `truncated` names the fields that are shown in part.
 */
export async function getManifestDetail(call: Call<Visitor>, name: RepositoryName, reference: Reference) {
  const repository = await requireVisible(call, name);
  return withDocuments((memory) => describe(call.stores, repository, reference, memory));
}

async function describe(
  stores: Stores,
  repository: Pick<RepositoryAccess, "id" | "name">,
  reference: Reference,
  memory: Lease,
) {
  const { name } = repository;
  const manifest = await readManifest(stores.db, name, reference, memory);
  if (!manifest) throw unknownManifest(name, reference);
  const { id, digest, mediaType, size } = manifest;
  const content = readManifestContent(manifest.text);
  const excerpt = new Excerpt<CutField>(MAX_MANIFEST_JSON_BYTES, MAX_TEXT_LENGTH);
  const artifactType = artifactTypeOf(content) ?? null;
  const own = {
    artifactType: artifactType && artifactType.slice(0, MAX_MEDIA_TYPE_LENGTH),
    annotations: takeAnnotations(excerpt, "annotations", content.annotations),
  };
  const [facts, children, { config, history, layerCount, configProblem, cut }] = await Promise.all([
    findManifestFacts(stores.db, id),
    describeChildren(stores, id, content, excerpt),
    describeConfig(stores, name, content),
  ]);
  if (!facts) throw unknownManifest(name, reference);
  const { hasPlatform, ...known } = facts;
  if (config && !hasPlatform) await savePlatform(stores, repository.id, digest, config);
  const layers = describeLayers(content, { history, layerCount }, excerpt);
  return {
    digest,
    mediaType,
    size,
    ...known,
    ...own,
    subject: content.subject,
    children,
    config,
    configProblem,
    ...layers,
    truncated: [...excerpt.cut, ...cut],
  };
}

function takeAnnotations(
  excerpt: Excerpt<CutField>,
  field: CutField,
  annotations: Record<string, string> | null,
): Record<string, string> | null {
  return annotations && excerpt.record(field, annotations, MAX_ANNOTATIONS);
}

/**
 * A manifest exactly as it was pushed. To look at it is no pull: it moves neither numbers nor times.
 *
 * @param memory of documents: what it takes for the text is the caller's to give back.
 */
export async function getManifestText(
  call: Call<Visitor>,
  name: RepositoryName,
  reference: Reference,
  memory: Lease,
): Promise<Pick<ReadManifest, "digest" | "mediaType" | "text">> {
  await requireVisible(call, name);
  const manifest = await readManifest(call.stores.db, name, reference, memory);
  if (!manifest) throw unknownManifest(name, reference);
  return manifest;
}

async function describeChildren(
  { db }: Stores,
  manifestId: number,
  { manifests }: ManifestContent,
  excerpt: Excerpt<CutField>,
) {
  if (!manifests) return null;
  const digests = manifests.slice(0, MAX_CHILDREN).map(({ digest }) => digest);
  const bytes = await listChildBytes(db, manifestId, digests);
  return excerpt.list("children", manifests, MAX_CHILDREN, DESCRIPTOR_BYTES, ({ platform, ...child }) => ({
    digest: child.digest,
    mediaType: excerpt.text("children", child.mediaType),
    artifactType: excerpt.maybe("children", child.artifactType),
    size: child.size,
    imageBytes: bytes.get(child.digest) ?? null,
    platform: platform && takePlatform(excerpt, platform),
    attests: attestedBy(child) ?? null,
    annotations: takeAnnotations(excerpt, "children", child.annotations),
  }));
}

function takePlatform(excerpt: Excerpt<CutField>, platform: NamedPlatform) {
  return {
    os: excerpt.text("children", platform.os),
    architecture: excerpt.text("children", platform.architecture),
    variant: excerpt.maybe("children", platform.variant),
    osVersion: excerpt.maybe("children", platform["os.version"]),
  };
}

/** The history stands beside the layers that it made. */
interface DescribedConfig {
  config: Omit<ImageConfig, "history" | "layerCount" | "cut"> | null;
  history: HistoryEntry[] | null;
  /** How many steps of the whole history made a layer. */
  layerCount: number;
  configProblem: ConfigProblem | null;
  cut: readonly CutField[];
}

async function describeConfig(
  stores: Stores,
  name: RepositoryName,
  { config: descriptor }: ManifestContent,
): Promise<DescribedConfig> {
  const nothing = { config: null, history: null, layerCount: 0, cut: [] };
  if (!descriptor || !isImageConfig(descriptor.mediaType)) return { ...nothing, configProblem: null };
  const blob = await findBlob(stores.db, name, descriptor.digest);
  const read = blob ? await readImageConfig(stores, blob) : "not available";
  if (typeof read === "string") return { ...nothing, configProblem: read };
  const { history, layerCount, cut, ...config } = read;
  return { config, history, layerCount, cut, configProblem: null };
}

/** Brings layers and history together, where the history tells which step made which layer. */
function describeLayers(
  { config, layers: all }: ManifestContent,
  { history, layerCount }: Pick<DescribedConfig, "history" | "layerCount">,
  excerpt: Excerpt<CutField>,
) {
  // An image without layers may say so by leaving the list out.
  const layers = all ?? (config ? [] : null);
  const numbers = history && layers ? layersOfHistory(history, layerCount, layers.length) : undefined;
  const stepOf = new Map(numbers?.map((layer, step) => [layer, history?.[step]]));
  return {
    layers:
      layers &&
      excerpt.list("layers", layers, MAX_LAYERS, DESCRIPTOR_BYTES, ({ digest, mediaType, size, annotations }, at) => ({
        digest,
        mediaType: excerpt.text("layers", mediaType),
        size,
        annotations: takeAnnotations(excerpt, "layers", annotations),
        createdBy: stepOf.get(at)?.createdBy ?? null,
        created: stepOf.get(at)?.created ?? null,
      })),
    history:
      history?.map((step, at): DescribedStep => ({
        ...step,
        layer: layers?.[numbers?.[at] ?? -1]?.digest ?? null,
      })) ?? null,
  };
}
