/**
 * OCI image layouts (OCI image-spec, "Image Layout Specification"), as skopeo, podman, buildx and docker's containerd image
 * store write them: every image has its manifest, which is kept byte for byte.
 */
import { blobPath } from "../../kernel/image-layout.ts";
import {
  isImageConfig,
  isImageLayer,
  isIndexMediaType,
  isManifestMediaType,
  isNonDistributable,
  isSchema1MediaType,
  OCI_INDEX,
} from "../../kernel/media-types.ts";
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
import { type ArchiveFile, type ArchiveFiles, missingFile, readDocument, requireFile } from "./archive-files.ts";
import type { ArchiveBlob, ArchiveImage, ArchiveManifest } from "./archive-image.ts";
import { type DockerEntry, readDiffIds, sizeOfDistinct } from "./docker-archive.ts";
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
  /** How many platforms' images were made one index of; 0 when the archive has it as it is. */
  joinedPlatforms: number;
}

/** A manifest that index.json names, and that cannot be read. */
export interface UnreadableRoot {
  names: ArchiveName[];
  isIndex: boolean;
  error: ArchiveError;
}

/** What index.json says. */
export interface OciDescription {
  roots: OciRoot[];
  unreadable: UnreadableRoot[];
}

/**
 * Reads index.json and the manifests that it names.
 *
 * @param entries of manifest.json, which may know names that index.json does not.
 * @returns undefined when there is none.
 * @throws ArchiveError bad-manifest, file-too-large, bad-link of index.json itself.
 */
export async function readOciIndex(
  files: ArchiveFiles,
  entries: readonly DockerEntry[],
): Promise<OciDescription | undefined> {
  const file = files.find(OCI_INDEX_FILE);
  if (!file) return undefined;
  const json = parseJsonObject(await readDocument(file));
  // Docker 25.0 wrote null where it had nothing to name.
  const list = json && (json["manifests"] ?? []);
  const descriptors = readDescriptors(list);
  if (!descriptors) throw new ArchiveError("bad-manifest", { path: OCI_INDEX_FILE });
  // index.json has one descriptor for each name of a manifest.
  const roots = new Map<string, OciRoot>();
  const unreadable = new Map<string, UnreadableRoot>();
  for (const [at, descriptor] of descriptors.entries()) {
    const { mediaType, digest } = descriptor;
    if (!isManifestMediaType(mediaType) && !isSchema1MediaType(mediaType)) continue;
    const known = roots.get(digest) ?? unreadable.get(digest);
    const found = known ?? (await readDescribed(files, descriptor, (list as JsonObject[])[at] ?? {}));
    const name = nameOf(descriptor.annotations ?? {});
    if (name && !hasReference(found.names, name)) found.names.push(name);
    if ("error" in found) unreadable.set(digest, found);
    else roots.set(digest, found);
  }
  return { roots: await joinPlatforms(files, [...roots.values()], entries), unreadable: [...unreadable.values()] };
}

/** Reads a manifest that index.json names, still without its names. */
async function readDescribed(
  files: ArchiveFiles,
  descriptor: Descriptor,
  listed: JsonObject,
): Promise<OciRoot | UnreadableRoot> {
  try {
    if (isSchema1MediaType(descriptor.mediaType)) {
      throw new ArchiveError("unsupported-schema", { path: OCI_INDEX_FILE });
    }
    const tree = await readTree(files, descriptor);
    if (tree) return rootOf(tree, listed);
    throw missingFile(files, blobPath(descriptor.digest));
  } catch (error) {
    if (!isFault(error)) throw error;
    return { names: [], isIndex: isIndexMediaType(descriptor.mediaType), error };
  }
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
 * Makes one index of images for different platforms that have one name, or none at all: some programs write a
 * multi-platform image so. Of images under one name only the last could be pushed otherwise.
 */
async function joinPlatforms(
  files: ArchiveFiles,
  roots: readonly OciRoot[],
  entries: readonly DockerEntry[],
): Promise<OciRoot[]> {
  const isNameless = roots.every((root) => root.names.length === 0 && isJsonObject(root.listed["platform"]));
  for (const root of roots) if (root.names.length === 0) root.names = namesInEntries(root, entries);
  const groups = new Map<string, { names: ArchiveName[]; members: OciRoot[] }>();
  const group = (members: OciRoot[], names: readonly ArchiveName[]) => {
    const key = members.map(({ tree }) => tree.manifest.digest).join();
    groups.set(key, { names: [...(groups.get(key)?.names ?? []), ...names], members });
  };
  const named = roots.filter(({ names }) => names.length > 0);
  const namings = new Set(named.map(({ names }) => JSON.stringify(names.map(({ reference }) => reference).toSorted())));
  if (isNameless && namings.size <= 1) {
    // manifest.json may have a name for the platform only on which the image was saved.
    group([...roots], named[0]?.names ?? []);
  } else {
    for (const [reference, name] of new Map(roots.flatMap(({ names }) => names.map((one) => [one.reference, one])))) {
      const members = roots.filter((root) => root.names.some((own) => own.reference === reference));
      group(members, [name]);
    }
  }

  let left = [...roots];
  for (const { names: shared, members } of groups.values()) {
    const joined = members.length > 1 ? await join(files, members) : undefined;
    if (!joined) continue;
    for (const member of members) member.names = member.names.filter((name) => !hasReference(shared, name));
    left = left.filter((root) => !members.includes(root) || root.names.length > 0);
    left.push({ ...joined, names: shared });
  }
  return left;
}

/** What manifest.json calls an image, or the images of an index. */
function namesInEntries({ configPaths }: OciRoot, entries: readonly DockerEntry[]): ArchiveName[] {
  const tags = configPaths.flatMap((path) => entries.find(({ config }) => config === path)?.repoTags ?? []);
  return [...new Set(tags)].map(readReference);
}

function hasReference(names: readonly ArchiveName[], { reference }: ArchiveName): boolean {
  return names.some((name) => name.reference === reference);
}

/** @returns undefined unless all are images, each for another platform, or attestations of these. */
async function join(files: ArchiveFiles, members: readonly OciRoot[]): Promise<OciRoot | undefined> {
  const manifests: JsonObject[] = [];
  const platforms = new Set<string>();
  let joinedPlatforms = 0;
  for (const { tree, listed } of members) {
    const [descriptor] = readDescriptors([listed]) ?? [];
    if (!descriptor || tree.parsed.kind !== "image" || isIncomplete(tree)) return undefined;
    const platform = isJsonObject(listed["platform"])
      ? listed["platform"]
      : await configuredPlatform(files, tree.parsed);
    if (!platform) return undefined;
    const key = JSON.stringify(PLATFORM_FIELDS.map((field) => platform[field] ?? ""));
    if (!isAttestation(descriptor)) {
      if (platforms.has(key)) return undefined;
      platforms.add(key);
      joinedPlatforms += 1;
    }
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
  return { ...rootOf(tree, {}), joinedPlatforms };
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
  if (!isImageConfig(config.mediaType)) return undefined;
  try {
    return parseJsonObject(await readDocument(requireFile(files, blobPath(config.digest))));
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
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
    if ((await checker.hash(file, digest)) !== digest) throw new ArchiveError("damaged", { path: file.path });
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
  const layers = parsed.layers.flatMap(({ digest }, at) => {
    const file = files.find(blobPath(digest));
    return file ? [{ digest, file, expected: diffIds[at] }] : [];
  });
  for (const { digest, file, expected } of layers.toSorted((one, other) => one.file.position - other.file.position)) {
    const { diffId } = await checker.check(file, digest);
    if (diffId !== undefined && diffId !== expected) throw new ArchiveError("damaged-layer", { path: file.path });
  }
}
