/**
 * Archives of `docker save`: manifest.json names, for each image, its configuration and its layers (Docker Image
 * Specification v1.2). Such an image has no manifest of its own.
 */
import { DOCKER_LAYER_GZIP, OCI_LAYER_ZSTD } from "../../kernel/media-types.ts";
import { type DescribedPlatform, isJsonObject, type JsonObject, parseJsonObject, readPlatform } from "../descriptor.ts";
import { isDigest } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import { ArchiveError } from "./archive-error.ts";
import { type ArchiveFile, type ArchiveFiles, readDocument, requireFile } from "./archive-files.ts";
import { isUnpackable, type UnpackableCompression } from "./compression.ts";
import type { ArchiveBlob, ArchiveImage, PlainLayer } from "./archive-image.ts";
import { readReference } from "./image-name.ts";
import type { LayerChecker } from "./layer-check.ts";

export const DOCKER_MANIFEST_FILE = "manifest.json";
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

/** One entry of manifest.json. */
export interface DockerEntry {
  /** A path. */
  config: string;
  /** References such as `nginx:1`. */
  repoTags: string[];
  /** Paths, the lowest layer first. */
  layers: string[];
  /** Whether it says what each layer is, as docker does since 25.0 beside the manifests that it makes up. */
  hasLayerSources: boolean;
}

/**
 * Reads manifest.json.
 *
 * @returns undefined when there is none.
 * @throws ArchiveError bad-manifest, unsupported-schema, file-too-large.
 */
export async function readDockerManifest(files: ArchiveFiles): Promise<DockerEntry[] | undefined> {
  const file = files.find(DOCKER_MANIFEST_FILE);
  if (!file) return undefined;
  const json = parseJson(await readDocument(file));
  if (isJsonObject(json) && "schemaVersion" in json) {
    throw new ArchiveError("unsupported-schema", { path: DOCKER_MANIFEST_FILE });
  }
  if (!Array.isArray(json)) throw new ArchiveError("bad-manifest", { path: DOCKER_MANIFEST_FILE });
  const entries = new Map<string, DockerEntry>();
  for (const entry of json.map(readEntry)) {
    // One image may be there once for each of its names.
    const key = JSON.stringify([entry.config, entry.layers]);
    const repoTags = [...new Set([...(entries.get(key)?.repoTags ?? []), ...entry.repoTags])];
    entries.set(key, { ...entry, repoTags });
  }
  return [...entries.values()];
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function readEntry(value: unknown): DockerEntry {
  const { Config: config, RepoTags: repoTags, Layers: layers, LayerSources } = isJsonObject(value) ? value : {};
  const areTags = repoTags === null || repoTags === undefined || isTexts(repoTags);
  const areLayers = layers === null || layers === undefined || isTexts(layers);
  if (typeof config !== "string" || !areTags || !areLayers) {
    throw new ArchiveError("bad-manifest", { path: DOCKER_MANIFEST_FILE });
  }
  return { config, repoTags: repoTags ?? [], layers: layers ?? [], hasLayerSources: isJsonObject(LayerSources) };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** An image's configuration, and what is needed of it. */
export interface ImageConfig {
  blob: ArchiveBlob;
  platform: DescribedPlatform | undefined;
  diffIds: string[];
}

/**
 * Reads an image's configuration.
 *
 * @throws ArchiveError missing-file, damaged for one that its own name belies, unsupported-schema, bad-config.
 */
export async function readDockerConfig(files: ArchiveFiles, path: string): Promise<ImageConfig> {
  const bytes = await readDocument(requireFile(files, path));
  const digest = digestOf(bytes);
  const named = /(?:^|[^0-9a-f])([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  if (named !== undefined && digest !== `sha256:${named}`) throw new ArchiveError("damaged", { path });
  const json = parseJsonObject(bytes);
  if (!json) throw new ArchiveError("bad-config", { path });
  return {
    blob: { digest, size: bytes.byteLength, mediaType: DOCKER_CONFIG, content: bytes },
    platform: readPlatform(json),
    diffIds: readDiffIds(json, path),
  };
}

/** The digests of an image's layers, not compressed, the lowest first. */
export function readDiffIds(config: JsonObject, path: string): string[] {
  const rootfs = config["rootfs"];
  if (rootfs === undefined) throw new ArchiveError("unsupported-schema", { path });
  const diffIds = isJsonObject(rootfs) ? (rootfs["diff_ids"] ?? []) : undefined;
  if (!isTexts(diffIds) || !diffIds.every(isDigest)) throw new ArchiveError("bad-config", { path });
  return diffIds;
}

/**
 * Reads and checks the image of one entry.
 *
 * @throws ArchiveError damaged-layer for a layer that is not the one that the configuration names, and see above.
 */
export async function readDockerImage(
  files: ArchiveFiles,
  entry: DockerEntry,
  checker: LayerChecker,
): Promise<ArchiveImage> {
  const config = await readDockerConfig(files, entry.config);
  if (entry.layers.length !== config.diffIds.length) {
    throw new ArchiveError("bad-manifest", { path: DOCKER_MANIFEST_FILE });
  }
  const found = entry.layers.map((path) => requireFile(files, path));
  const layers = await checkInOrder(found, config.diffIds, checker);
  return {
    names: entry.repoTags.map(readReference),
    id: config.blob.digest,
    platforms: config.platform ? [config.platform] : [],
    size: config.blob.size + sizeOfDistinct(found),
    contents: { kind: "rebuilt", config: config.blob, layers },
    missingPlatforms: 0,
    joinedPlatforms: 0,
  };
}

/** Reads the layers in the order in which they lie in the archive. */
async function checkInOrder(
  files: readonly ArchiveFile[],
  diffIds: readonly string[],
  checker: LayerChecker,
): Promise<(ArchiveBlob | PlainLayer)[]> {
  for (const file of files.toSorted((one, other) => one.position - other.position)) await checker.check(file);
  return Promise.all(files.map((file, at) => checkLayer(file, diffIds[at] ?? "", checker)));
}

const LAYER_MEDIA_TYPES = { gzip: DOCKER_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } satisfies Record<
  UnpackableCompression,
  string
>;

/**
 * Checks one layer of an image without a manifest.
 *
 * @throws ArchiveError damaged-layer; unsupported-layer for a compression that no client of a registry unpacks.
 */
export async function checkLayer(
  file: ArchiveFile,
  expected: string,
  checker: LayerChecker,
): Promise<ArchiveBlob | PlainLayer> {
  const { digest, compression, diffId } = await checker.check(file);
  if (compression !== undefined && !isUnpackable(compression)) {
    throw new ArchiveError("unsupported-layer", { path: file.path, name: compression });
  }
  if (diffId !== expected) throw new ArchiveError("damaged-layer", { path: file.path });
  if (compression === undefined) return { diffId, size: file.size, content: file };
  return { digest, size: file.size, mediaType: LAYER_MEDIA_TYPES[compression], content: file };
}

/** Bytes that files take together, each counted once. */
export function sizeOfDistinct(files: Iterable<ArchiveFile>): number {
  const sizes = new Map(Array.from(files, ({ path, size }) => [path, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
