/** An image in a registry with all that belongs to it: an index, its manifests, what these are made of. */
import { isManifestMediaType, isNonDistributable } from "../kernel/media-types.ts";
import {
  type DescribedPlatform,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  readManifest,
} from "./descriptor.ts";
import { ProtocolViolation, RegistryRefusal } from "./errors.ts";
import { type CallOptions, type RegistryClient, type StoredManifest } from "./registry-client.ts";

/** A repository of a registry. */
export interface Repository {
  client: RegistryClient;
  repository: string;
}

export interface RemoteImage {
  manifest: StoredManifest;
  parsed: ImageManifest | ImageIndex;
  children: RemoteImage[];
}

/** The index has no image for the platform. */
export class PlatformUnknown extends Error {
  override readonly name = "PlatformUnknown";
}

/** How many indexes may be one below the other. */
const MAX_INDEX_DEPTH = 4;

/**
 * Reads the manifests of an image, of an index all of them.
 *
 * @param platform of an index, the only one to be read: the result is then its manifest.
 * @throws RegistryRefusal, status 404 when there is no such image; PlatformUnknown; ContentMismatch; ProtocolViolation.
 */
export async function readRemoteImage(
  from: Repository,
  reference: string,
  { platform, ...options }: CallOptions & { platform?: DescribedPlatform | undefined } = {},
): Promise<RemoteImage> {
  const root = await readOne(from, reference, options);
  if (!platform) return withChildren(from, root, options, 1);
  if (root.parsed.kind === "image") return root;
  const child = choosePlatform(root.parsed.manifests, platform);
  if (!child) {
    const names = root.parsed.manifests.flatMap((described) => described.platform ?? []).map(formatPlatform);
    throw new PlatformUnknown(`${reference} is not made for ${formatPlatform(platform)}, only for ${names.join(", ")}`);
  }
  return withChildren(from, await readOne(from, child.digest, options), options, 1);
}

async function readOne(
  { client, repository }: Repository,
  reference: string,
  options: CallOptions,
): Promise<RemoteImage> {
  const manifest = await client.findManifest(repository, reference, options);
  if (!manifest) {
    const message = `there is no ${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
    throw new RegistryRefusal(404, { code: "MANIFEST_UNKNOWN", message, detail: undefined });
  }
  const parsed = readManifest(manifest.bytes, manifest.mediaType);
  if (!parsed) throw new ProtocolViolation(`the manifest of ${repository} (${reference}) cannot be read`);
  return { manifest, parsed, children: [] };
}

async function withChildren(
  from: Repository,
  image: RemoteImage,
  options: CallOptions,
  depth: number,
): Promise<RemoteImage> {
  if (image.parsed.kind === "image") return image;
  if (depth > MAX_INDEX_DEPTH) throw new ProtocolViolation("indexes are nested too deeply");
  const children: RemoteImage[] = [];
  for (const child of childrenOf(image.parsed)) {
    children.push(await withChildren(from, await readOne(from, child.digest, options), options, depth + 1));
  }
  return { ...image, children };
}

/** Children before those that name them: a registry takes no index whose manifests it does not have. */
export function inPushOrder(image: RemoteImage): RemoteImage[] {
  return [...image.children.flatMap(inPushOrder), image];
}

/** The blobs that a registry must have for a manifest, each once; layers that may not be distributed stay where they are. */
export function blobsOf({ parsed }: Pick<RemoteImage, "parsed">): Descriptor[] {
  const named =
    parsed.kind === "image" ? [parsed.config, ...parsed.layers] : parsed.manifests.filter((one) => !isManifest(one));
  const distributed = named.filter(({ mediaType }) => !isNonDistributable(mediaType));
  return [...new Map(distributed.map((blob) => [blob.digest, blob])).values()];
}

/** The layers of a manifest that may not be distributed: a registry may have them all the same. */
export function foreignLayersOf({ parsed }: Pick<RemoteImage, "parsed">): Descriptor[] {
  return parsed.kind === "image" ? parsed.layers.filter(({ mediaType }) => isNonDistributable(mediaType)) : [];
}

/** The manifests that an index names. */
export function childrenOf(index: ImageIndex): Descriptor[] {
  return index.manifests.filter(isManifest);
}

/** BuildKit's cache is an index of blobs. */
function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestMediaType(mediaType);
}

/** Finds the entry of an index for a platform; of several variants the one that is asked for, or the first. */
export function choosePlatform(
  manifests: readonly Descriptor[],
  { os, architecture, variant }: DescribedPlatform,
): Descriptor | undefined {
  const fitting = manifests.filter(({ platform }) => platform?.os === os && platform.architecture === architecture);
  return variant === undefined
    ? fitting[0]
    : fitting.find(({ platform }) => (platform?.variant ?? variant) === variant);
}

/** As docker writes it: `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: DescribedPlatform): string {
  return [os, architecture, variant].filter(Boolean).join("/");
}

/** @returns undefined when it is not `os/architecture` or `os/architecture/variant`. */
export function parsePlatform(text: string): DescribedPlatform | undefined {
  const [os, architecture, variant, ...more] = text.split("/");
  if (!os || !architecture || variant === "" || more.length > 0) return undefined;
  return { os, architecture, ...(variant !== undefined && { variant }) };
}
