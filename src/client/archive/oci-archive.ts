/**
 * OCI image layouts (OCI image-spec, "Image Layout Specification"), as skopeo, podman, buildx and docker's containerd image
 * store write them: every image has its manifest, which is kept byte for byte.
 */
import {
  isImageConfig,
  isImageLayer,
  isManifestMediaType,
  isNonDistributable,
  isSchema1MediaType,
} from "../../model/media-types.ts";
import {
  type DescribedPlatform,
  type Descriptor,
  type ImageManifest,
  parseJsonObject,
  readDescriptors,
  readPlatform,
} from "../descriptor.ts";
import { ArchiveError } from "./archive-error.ts";
import { type ArchiveFile, type ArchiveFiles, readDocument, requireFile } from "./archive-files.ts";
import type { ArchiveBlob, ArchiveImage, ArchiveManifest } from "./archive-image.ts";
import { sizeOfDistinct } from "./docker-archive.ts";
import { type ArchiveName, readReference, readRefName } from "./image-name.ts";
import { blobPath, isIncomplete, type ManifestTree, readTree, reduce } from "./manifest-tree.ts";
import type { LayerChecker } from "./layer-check.ts";

export const OCI_INDEX_FILE = "index.json";

/** containerd writes the whole reference into this annotation, and the tag into OCI's. */
const FULL_NAME = "io.containerd.image.name";
const REF_NAME = "org.opencontainers.image.ref.name";

/** An image that index.json names; its blobs are not yet checked. */
export interface OciRoot {
  names: ArchiveName[];
  tree: ManifestTree;
  /** Where the configurations of all its platforms are. */
  configPaths: string[];
  /** Whether it is a single image with layers that are not compressed. */
  isPlain: boolean;
}

/**
 * Reads index.json and the manifests that it names.
 *
 * @returns undefined when there is none.
 * @throws ArchiveError bad-manifest, unsupported-schema, missing-file, damaged, file-too-large.
 */
export async function readOciIndex(files: ArchiveFiles): Promise<OciRoot[] | undefined> {
  const file = files.find(OCI_INDEX_FILE);
  if (!file) return undefined;
  const descriptors = readDescriptors(parseJsonObject(await readDocument(file))?.["manifests"]);
  if (!descriptors) throw new ArchiveError("bad-manifest", { path: OCI_INDEX_FILE });
  const roots = new Map<string, OciRoot>();
  for (const descriptor of descriptors) {
    if (isSchema1MediaType(descriptor.mediaType))
      throw new ArchiveError("unsupported-schema", { path: OCI_INDEX_FILE });
    if (!isManifestMediaType(descriptor.mediaType)) continue;
    const root = roots.get(descriptor.digest) ?? (await readRoot(files, descriptor));
    const name = nameOf(descriptor.annotations ?? {});
    if (name && !root.names.some(({ reference }) => reference === name.reference)) root.names.push(name);
    roots.set(descriptor.digest, root);
  }
  return [...roots.values()];
}

async function readRoot(files: ArchiveFiles, descriptor: Descriptor): Promise<OciRoot> {
  const tree = await readTree(files, descriptor);
  if (!tree) throw new ArchiveError(files.isCutShort ? "cut-short" : "missing-file", { path: blobPath(descriptor) });
  const images = inPushOrder(tree).flatMap(({ parsed }) => (parsed.kind === "image" ? [parsed] : []));
  const { parsed } = tree;
  return {
    names: [],
    tree,
    configPaths: images.map(({ config }) => blobPath(config)),
    isPlain: parsed.kind === "image" && parsed.layers.some(({ mediaType }) => mediaType.endsWith(".tar")),
  };
}

function nameOf(annotations: Record<string, string>): ArchiveName | undefined {
  const full = annotations[FULL_NAME];
  if (full !== undefined) return readReference(full);
  const name = annotations[REF_NAME];
  return name === undefined || name === "" ? undefined : readRefName(name);
}

/**
 * Reads and checks an image that index.json names. Of an index, platforms that the archive does not hold are left out.
 *
 * @throws ArchiveError missing-file, damaged, damaged-layer, bad-manifest, bad-config, unsupported-schema.
 */
export async function readOciImage(
  files: ArchiveFiles,
  { names, tree: whole }: OciRoot,
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
      const path = blobPath(blob);
      const file = isNonDistributable(blob.mediaType) ? files.find(path) : requireFile(files, path);
      if (!file || blobs.has(blob.digest)) continue;
      used.push(file);
      blobs.set(blob.digest, { digest: blob.digest, size: blob.size, mediaType: blob.mediaType, content: file });
    }
  }
  await checkBlobs(blobs.values(), checker);
  for (const { parsed } of inPushOrder(tree)) {
    if (parsed.kind !== "image") continue;
    const platform = await checkImage(files, parsed, checker);
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

/** Compares what is in the layers with what the configuration says. @returns what the image runs on, if it runs at all. */
async function checkImage(
  files: ArchiveFiles,
  { config, layers }: ImageManifest,
  checker: LayerChecker,
): Promise<DescribedPlatform | undefined> {
  if (!isImageConfig(config.mediaType)) return undefined;
  const path = blobPath(config);
  const json = parseJsonObject(await readDocument(requireFile(files, path)));
  if (!json) throw new ArchiveError("bad-config", { path });
  const platform = readPlatform(json);
  // An attestation has the configuration of an image, and layers that are none.
  if (!layers.every(({ mediaType }) => isImageLayer(mediaType)) || platform?.os === "unknown") return undefined;
  const { rootfs } = json as { rootfs?: { diff_ids?: unknown } };
  const diffIds = Array.isArray(rootfs?.diff_ids) ? rootfs.diff_ids : [];
  if (diffIds.length !== layers.length) throw new ArchiveError("bad-config", { path });
  for (const [at, layer] of layers.entries()) {
    const file = files.find(blobPath(layer));
    const diffId = file && (await checker.check(file, layer.digest)).diffId;
    if (file && diffId !== undefined && diffId !== diffIds[at]) {
      throw new ArchiveError("damaged-layer", { path: file.path });
    }
  }
  return platform;
}
