/** What somebody who may pull an image sees of it: guide 4.4, 4.5 and 7.1.2. */
import type { Caller } from "../model/access.ts";
import type { Digest } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import { type HistoryEntry, type ImageConfig, layersOfHistory } from "../model/image-config.ts";
import type { Page, TagSort } from "../model/image-search.ts";
import { artifactTypeOf, attestedBy, type ManifestContent, readManifestContent } from "../model/manifest-content.ts";
import { isImageConfig } from "../model/media-types.ts";
import type { Reference, RepositoryName } from "../model/reference.ts";
import { findBlob } from "../storage/blobs.ts";
import {
  findImageProperties,
  findManifestFacts,
  listChildBytes,
  listTagDetails as listTags,
} from "../storage/image-detail.ts";
import { readManifest, type ReadManifest } from "../storage/manifests.ts";
import { listArchitectures } from "../storage/platforms.ts";
import type { Stores } from "../storage/stores.ts";
import { type RepositoryAccess, requireRepository, visitorOf } from "./access.ts";
import { type ConfigProblem, readImageConfig, savePlatform } from "./platforms.ts";
import { unknownManifest } from "./pull-manifest.ts";

/** @throws RegistryError REPOSITORY_UNKNOWN for who may not pull it; DENIED for credentials that only push and pull. */
export async function requireVisible(stores: Stores, caller: Caller, name: RepositoryName): Promise<RepositoryAccess> {
  visitorOf(caller);
  return requireRepository(stores, caller, name, "read");
}

/**
 * The properties of an image. Who made it is for those who have a right to it in its own account.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN or DENIED.
 */
export async function getImage(stores: Stores, caller: Caller, name: RepositoryName) {
  const { id, level, isOwn } = await requireVisible(stores, caller, name);
  const [properties, architectures] = await Promise.all([
    findImageProperties(stores.db, id),
    listArchitectures(stores.db, [id]),
  ]);
  if (!properties) throw new RegistryError("REPOSITORY_UNKNOWN", `image ${name} does not exist`);
  return {
    ...properties,
    level,
    isOwn,
    createdBy: isOwn ? properties.createdBy : null,
    architectures: architectures.get(id) ?? [],
  };
}

/**
 * One page of an image's tags, with one more when there are more.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN or DENIED.
 */
export async function listTagDetails(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  search: Page<TagSort> & { prefix: string | undefined },
) {
  const { id, isOwn } = await requireVisible(stores, caller, name);
  const tags = await listTags(stores.db, { ...search, repositoryId: id });
  return tags.map(({ artifactType, pushedBy, ...tag }) => ({
    ...tag,
    // Images are stored under their configuration's type, as the referrers API calls them.
    artifactType: artifactType !== null && isImageConfig(artifactType) ? null : artifactType,
    pushedBy: isOwn ? pushedBy : null,
  }));
}

/** A step of an image's history; `layer` is the digest of what it made. */
export type DescribedStep = HistoryEntry & { layer: Digest | null };

/**
 * A manifest with all that can be read from it and its configuration.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, MANIFEST_UNKNOWN or DENIED.
 */
export async function getManifestDetail(stores: Stores, caller: Caller, name: RepositoryName, reference: Reference) {
  const repository = await requireVisible(stores, caller, name);
  const manifest = await readManifest(stores.db, name, reference);
  if (!manifest) throw unknownManifest(name, reference);
  const { id, digest, mediaType, size } = manifest;
  const content = readManifestContent(manifest.text);
  const [facts, children, { history, ...config }] = await Promise.all([
    findManifestFacts(stores.db, id),
    describeChildren(stores, id, content),
    describeConfig(stores, name, content),
  ]);
  if (!facts) throw unknownManifest(name, reference);
  const { hasPlatform, ...known } = facts;
  if (config.config && !hasPlatform) await savePlatform(stores, repository.id, digest, config.config);
  return {
    digest,
    mediaType,
    size,
    ...known,
    artifactType: artifactTypeOf(content) ?? null,
    subject: content.subject,
    annotations: content.annotations,
    children,
    ...config,
    ...describeLayers(content, history),
  };
}

/**
 * A manifest exactly as it was pushed. To look at it is no pull: it moves neither numbers nor times.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, MANIFEST_UNKNOWN or DENIED.
 */
export async function getManifestText(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  reference: Reference,
): Promise<Pick<ReadManifest, "digest" | "mediaType" | "text">> {
  await requireVisible(stores, caller, name);
  const manifest = await readManifest(stores.db, name, reference);
  if (!manifest) throw unknownManifest(name, reference);
  return manifest;
}

async function describeChildren({ db }: Stores, manifestId: number, { manifests }: ManifestContent) {
  if (!manifests) return null;
  const bytes = await listChildBytes(db, manifestId);
  return manifests.map(({ platform, ...child }) => ({
    ...child,
    imageBytes: bytes.get(child.digest) ?? null,
    platform: platform && nameOsVersion(platform),
    attests: attestedBy(child) ?? null,
  }));
}

function nameOsVersion<T extends { "os.version": string | null }>({ "os.version": osVersion, ...platform }: T) {
  return { ...platform, osVersion };
}

/** The history stands beside the layers that it made. */
interface DescribedConfig {
  config: Omit<ImageConfig, "history"> | null;
  history: HistoryEntry[] | null;
  configProblem: ConfigProblem | null;
}

async function describeConfig(
  stores: Stores,
  name: RepositoryName,
  { config: descriptor }: ManifestContent,
): Promise<DescribedConfig> {
  const nothing = { config: null, history: null };
  if (!descriptor || !isImageConfig(descriptor.mediaType)) return { ...nothing, configProblem: null };
  const blob = await findBlob(stores.db, name, descriptor.digest);
  const read = blob ? await readImageConfig(stores, blob) : "not available";
  if (typeof read === "string") return { ...nothing, configProblem: read };
  const { history, ...config } = read;
  return { config, history, configProblem: null };
}

/** Brings layers and history together, where the history tells which step made which layer. */
function describeLayers({ layers }: ManifestContent, history: HistoryEntry[] | null) {
  const numbers = history && layers ? layersOfHistory(history, layers.length) : undefined;
  const stepOf = new Map(numbers?.map((layer, step) => [layer, history?.[step]]));
  return {
    layers:
      layers?.map((layer, at) => ({
        ...layer,
        createdBy: stepOf.get(at)?.createdBy ?? null,
        created: stepOf.get(at)?.created ?? null,
      })) ?? null,
    history:
      history?.map((step, at): DescribedStep => ({
        ...step,
        layer: layers?.[numbers?.[at] ?? -1]?.digest ?? null,
      })) ?? null,
  };
}
