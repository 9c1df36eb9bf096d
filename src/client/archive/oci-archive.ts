/**
 * OCI image layouts (OCI image-spec, "Image Layout Specification"), as skopeo, podman, buildx and docker's containerd image
 * store write them: every image has its manifest, which is kept byte for byte.
 */
import { blobPath } from "../../model/image-layout.ts";
import {
  isImageConfig,
  isImageLayer,
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  isSchema1MediaType,
  OCI_INDEX,
} from "../../model/media-types.ts";
import {
  type DescribedPlatform,
  type Descriptor,
  type ImageManifest,
  isJsonObject,
  type JsonObject,
  parseJsonObject,
  readDescriptors,
  readManifest,
  readPlatform,
} from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { ArchiveError, isFault } from "./archive-error.ts";
import { type ArchiveFile, type ArchiveFiles, MAX_DOCUMENT_BYTES, readDocument, requireFile } from "./archive-files.ts";
import type { ArchiveBlob, ArchiveImage, ArchiveManifest } from "./archive-image.ts";
import { readDiffIds, sizeOfDistinct } from "./docker-archive.ts";
import { type ArchiveName, readReference, readRefName } from "./image-name.ts";
import { isAttestation, isIncomplete, type ManifestTree, readTree, reduce } from "./manifest-tree.ts";
import type { LayerChecker } from "./layer-check.ts";

export const OCI_INDEX_FILE = "index.json";

/** containerd writes the whole reference into this annotation, and the tag into OCI's. */
const FULL_NAME = "io.containerd.image.name";
const REF_NAME = "org.opencontainers.image.ref.name";

/** An image that index.json names; its blobs are not yet checked. */
export interface OciRoot {
  names: ArchiveName[];
  tree: ManifestTree;
  /** What index.json says of it. */
  listed: JsonObject;
  /** Where the configurations of all its platforms are. */
  configPaths: string[];
  /** Whether it is a single image with layers that are not compressed. */
  isPlain: boolean;
  /** How many images were made one index of. */
  joinedPlatforms: number;
}

/** What index.json says. */
export interface OciDescription {
  roots: OciRoot[];
  /** What it names, and what cannot be read. */
  unreadable: { names: ArchiveName[]; error: ArchiveError }[];
}

/**
 * Reads index.json and the manifests that it names.
 *
 * @returns undefined when there is none.
 * @throws ArchiveError bad-manifest, unsupported-schema, file-too-large; of an index also missing-file and damaged.
 */
export async function readOciIndex(files: ArchiveFiles): Promise<OciDescription | undefined> {
  const file = files.find(OCI_INDEX_FILE);
  if (!file) return undefined;
  const json = parseJsonObject(await readDocument(file));
  // Docker 25.0 wrote null where it had nothing to name.
  const list = json && (json["manifests"] ?? []);
  const descriptors = readDescriptors(list);
  if (!descriptors) throw new ArchiveError("bad-manifest", { path: OCI_INDEX_FILE });
  const roots = new Map<string, OciRoot>();
  const unreadable: OciDescription["unreadable"] = [];
  for (const [at, descriptor] of descriptors.entries()) {
    if (isSchema1MediaType(descriptor.mediaType))
      throw new ArchiveError("unsupported-schema", { path: OCI_INDEX_FILE });
    if (!isManifestMediaType(descriptor.mediaType)) continue;
    const name = nameOf(descriptor.annotations ?? {});
    let root = roots.get(descriptor.digest);
    try {
      root ??= await readRoot(files, descriptor, (list as JsonObject[])[at] ?? {});
    } catch (error) {
      // What stands for an index elsewhere has one of its platforms only.
      if (!isFault(error) || isIndexMediaType(descriptor.mediaType)) throw error;
      unreadable.push({ names: name ? [name] : [], error });
      continue;
    }
    if (name && !root.names.some(({ reference }) => reference === name.reference)) root.names.push(name);
    roots.set(descriptor.digest, root);
  }
  return { roots: await joinPlatforms(files, [...roots.values()]), unreadable };
}

async function readRoot(files: ArchiveFiles, descriptor: Descriptor, listed: JsonObject): Promise<OciRoot> {
  const tree = await readTree(files, descriptor);
  const path = blobPath(descriptor.digest);
  if (!tree) throw new ArchiveError(files.isCutShort ? "cut-short" : "missing-file", { path });
  return rootOf(tree, listed);
}

function rootOf(tree: ManifestTree, listed: JsonObject): OciRoot {
  const images = inPushOrder(tree).flatMap(({ parsed }) => (parsed.kind === "image" ? [parsed] : []));
  const { parsed } = tree;
  return {
    names: [],
    tree,
    listed,
    configPaths: images.map(({ config }) => blobPath(config.digest)),
    isPlain: parsed.kind === "image" && parsed.layers.some(({ mediaType }) => mediaType.endsWith(".tar")),
    joinedPlatforms: 0,
  };
}

/**
 * Makes one index of images for different platforms that index.json lists under one name, or without any: some programs
 * write a multi-platform image so. Of images under one name only the last could be pushed otherwise.
 */
async function joinPlatforms(files: ArchiveFiles, roots: readonly OciRoot[]): Promise<OciRoot[]> {
  const groups = new Map<string, { names: ArchiveName[]; members: OciRoot[] }>();
  const group = (members: OciRoot[], name?: ArchiveName) => {
    const key = members.map(({ tree }) => tree.manifest.digest).join();
    const { names } = groups.get(key) ?? { names: [] };
    groups.set(key, { names: name ? [...names, name] : names, members });
  };
  const names = new Map(roots.flatMap((root) => root.names.map((name) => [name.reference, name])));
  for (const [reference, name] of names) {
    group(
      roots.filter((root) => root.names.some((own) => own.reference === reference)),
      name,
    );
  }
  const isNameless = roots.every((root) => root.names.length === 0 && isJsonObject(root.listed["platform"]));
  if (isNameless) group([...roots]);

  let left = [...roots];
  for (const { names: shared, members } of groups.values()) {
    const joined = members.length > 1 ? await join(files, members) : undefined;
    if (!joined) continue;
    for (const member of members) {
      member.names = member.names.filter((name) => !shared.includes(name) && !hasReference(shared, name));
    }
    left = left.filter((root) => !members.includes(root) || root.names.length > 0);
    left.push({ ...joined, names: shared });
  }
  return left;
}

function hasReference(names: readonly ArchiveName[], { reference }: ArchiveName): boolean {
  return names.some((name) => name.reference === reference);
}

/** @returns undefined unless all are images, each for another platform, or attestations of these. */
async function join(files: ArchiveFiles, members: readonly OciRoot[]): Promise<OciRoot | undefined> {
  const manifests: JsonObject[] = [];
  const platforms = new Set<string>();
  for (const { tree, listed } of members) {
    const [descriptor] = readDescriptors([listed]) ?? [];
    if (!descriptor || tree.parsed.kind !== "image" || isIncomplete(tree)) return undefined;
    const platform = isJsonObject(listed["platform"])
      ? listed["platform"]
      : await configuredPlatform(files, tree.parsed);
    if (!platform) return undefined;
    const key = JSON.stringify(PLATFORM_FIELDS.map((field) => platform[field] ?? ""));
    if (!isAttestation(descriptor) && platforms.has(key)) return undefined;
    platforms.add(key);
    const { mediaType, digest, bytes } = tree.manifest;
    const kept = Object.entries(descriptor.annotations ?? {}).filter(
      ([name]) => name !== FULL_NAME && name !== REF_NAME,
    );
    const annotations = kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {};
    manifests.push({ mediaType, digest, size: bytes.byteLength, platform, ...annotations });
  }
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  const parsed = readManifest(bytes, OCI_INDEX);
  if (parsed?.kind !== "index") return undefined;
  const manifest = { mediaType: OCI_INDEX, digest: digestOf(bytes), bytes };
  const tree = { manifest, parsed, blobs: [], children: members.map((member) => member.tree), missing: [] };
  return { ...rootOf(tree, {}), joinedPlatforms: members.length };
}

/** What tells platforms apart; `os.version` does for Windows. */
const PLATFORM_FIELDS = ["os", "architecture", "variant", "os.version"];

/** The platform as the image's configuration tells it, in the words of an index. */
async function configuredPlatform(files: ArchiveFiles, { config }: ImageManifest): Promise<JsonObject | undefined> {
  const json = await readConfig(files, config);
  if (!json || !readPlatform(json)) return undefined;
  const fields = [...PLATFORM_FIELDS, "os.features"].filter((field) => json[field] !== undefined && json[field] !== "");
  return Object.fromEntries(fields.map((field) => [field, json[field]]));
}

/** @returns undefined for what is no image's configuration, or cannot be read. */
async function readConfig(files: ArchiveFiles, config: Descriptor): Promise<JsonObject | undefined> {
  const file = files.find(blobPath(config.digest));
  if (!file || file.size > MAX_DOCUMENT_BYTES || !isImageConfig(config.mediaType)) return undefined;
  return parseJsonObject(await readDocument(file));
}

function nameOf(annotations: Record<string, string>): ArchiveName | undefined {
  const full = annotations[FULL_NAME];
  if (full !== undefined) return readReference(full);
  const name = annotations[REF_NAME];
  return name === undefined || name === "" ? undefined : readRefName(name);
}

/**
 * Reads an image that index.json names, and checks that its blobs are what they are called: what a registry asks for, and no
 * more, so that whatever was pulled can be pushed again. Of an index, platforms that the archive does not hold are left out.
 *
 * @throws ArchiveError missing-file, damaged, bad-manifest.
 */
export async function readOciImage(
  files: ArchiveFiles,
  { names, tree: whole, joinedPlatforms }: OciRoot,
  checker: LayerChecker,
): Promise<ArchiveImage> {
  const { tree, missing } = isIncomplete(whole) ? reduce(whole) : { tree: whole, missing: 0 };

  const manifests = new Map<string, ArchiveManifest>();
  const blobs = new Map<string, ArchiveBlob>();
  const platforms: DescribedPlatform[] = [];
  const used: ArchiveFile[] = [];
  for (const node of inPushOrder(tree)) {
    manifests.set(node.manifest.digest, node.manifest);
    for (const blob of node.blobs) {
      const path = blobPath(blob.digest);
      const file = isNonDistributable(blob.mediaType) ? files.find(path) : requireFile(files, path);
      if (!file || blobs.has(blob.digest)) continue;
      used.push(file);
      blobs.set(blob.digest, { digest: blob.digest, size: blob.size, mediaType: blob.mediaType, content: file });
    }
  }
  await checkBlobs(blobs.values(), checker);
  for (const { parsed } of inPushOrder(tree)) {
    const platform = parsed.kind === "image" && (await platformOf(files, parsed));
    if (platform) platforms.push(platform);
  }
  const { parsed, manifest } = tree;
  return {
    names,
    id: parsed.kind === "image" ? parsed.config.digest : manifest.digest,
    platforms,
    size: sizeOfDistinct(used),
    contents: { kind: "kept", manifests: [...manifests.values()], blobs: [...blobs.values()] },
    missingPlatforms: missing,
    joinedPlatforms,
  };
}

/** Children before those that name them: a registry takes no index whose manifests it does not have. */
function inPushOrder(tree: ManifestTree): ManifestTree[] {
  return [...tree.children.flatMap(inPushOrder), tree];
}

/** Reads all blobs, in the order in which they lie in the archive. */
async function checkBlobs(blobs: Iterable<ArchiveBlob>, checker: LayerChecker): Promise<void> {
  const files = [...blobs].flatMap(({ content, ...blob }) =>
    content instanceof Uint8Array ? [] : [{ ...blob, file: content }],
  );
  for (const { digest, size, file } of files.toSorted((one, other) => one.file.position - other.file.position)) {
    if (file.size !== size) throw new ArchiveError("damaged", { path: file.path });
    if ((await checker.check(file, digest)).digest !== digest) throw new ArchiveError("damaged", { path: file.path });
  }
}

/** What an image runs on, if it runs at all: attestations and other artifacts have the configuration of an image as well. */
async function platformOf(
  files: ArchiveFiles,
  { config, layers }: ImageManifest,
): Promise<DescribedPlatform | undefined> {
  const json = await readConfig(files, config);
  const platform = json && readPlatform(json);
  const isImage = layers.every(({ mediaType }) => isImageLayer(mediaType)) && platform?.os !== "unknown";
  return isImage ? platform : undefined;
}

/**
 * Compares the layers of a single image with what its configuration says of them. The manifests of some release candidates of
 * docker name none, or not in their order.
 *
 * @throws ArchiveError bad-config, damaged-layer when they are not the same.
 */
export async function requireAgreement(files: ArchiveFiles, { tree }: OciRoot, checker: LayerChecker): Promise<void> {
  const { parsed } = tree;
  if (parsed.kind !== "image") return;
  const path = blobPath(parsed.config.digest);
  const json = await readConfig(files, parsed.config);
  if (!json) throw new ArchiveError("bad-config", { path });
  const diffIds = readDiffIds(json, path);
  if (diffIds.length !== parsed.layers.length) throw new ArchiveError("bad-config", { path });
  for (const [at, layer] of parsed.layers.entries()) {
    const file = files.find(blobPath(layer.digest));
    const diffId = file && (await checker.check(file, layer.digest)).diffId;
    if (file && diffId !== undefined && diffId !== diffIds[at]) {
      throw new ArchiveError("damaged-layer", { path: file.path });
    }
  }
}
