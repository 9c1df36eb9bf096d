/**
 * Layers that a repository has already under a digest that cannot be computed here: a layer of an archive is not
 * compressed, and it may have been pushed by another program before. An image's configuration lists what its layers
 * unpack to, its manifest what they are called: both together tell.
 */
import { isGzipLayer, isImageConfig } from "../kernel/media-types.ts";
import { readSmallBlob } from "./blob-download.ts";
import { type Descriptor, type ImageManifest, isJsonObject, parseJsonObject, readManifest } from "./descriptor.ts";
import { NetworkLost, RegistryRefusal } from "./errors.ts";
import { type CallOptions, MAX_MANIFEST_BYTES, type RegistryClient } from "./registry-client.ts";

/** A layer that is compressed with gzip. */
export interface PackedLayer {
  digest: string;
  /** Bytes. */
  size: number;
}

/** The digest of each packed layer, by the digest of its unpacked content. */
export interface LayerMemory {
  get: (diffId: string) => PackedLayer | undefined;
  set: (diffId: string, layer: PackedLayer) => unknown;
}

/**
 * Looks only at the images that a push is about to replace. A registry counts each reading of a manifest as a pull of the
 * image, which keeps it from aging.
 *
 * @returns nothing when the repository cannot be read; that is no error, the layers are only sent again.
 * @throws the signal's reason.
 */
export async function findKnownLayers(
  client: RegistryClient,
  repository: string,
  tags: readonly string[],
  options: CallOptions = {},
): Promise<Map<string, PackedLayer>> {
  const known = new Map<string, PackedLayer>();
  try {
    for (const tag of tags) await readLayers(client, repository, tag, options, known);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof RegistryRefusal) && !(error instanceof NetworkLost)) throw error;
  }
  return known;
}

async function readLayers(
  client: RegistryClient,
  repository: string,
  tag: string,
  options: CallOptions,
  known: Map<string, PackedLayer>,
): Promise<void> {
  const stored = await client.findManifest(repository, tag, options);
  const manifest = stored && readManifest(stored.bytes, stored.mediaType);
  if (manifest?.kind !== "image" || !isImageConfig(manifest.config.mediaType)) return;
  const diffIds = await readDiffIds(client, repository, manifest, options);
  for (const [at, layer] of manifest.layers.entries()) {
    const diffId = diffIds[at];
    if (diffId !== undefined && isGzipLayer(layer.mediaType)) known.set(diffId, packed(layer));
  }
}

async function readDiffIds(
  client: RegistryClient,
  repository: string,
  { config, layers }: ImageManifest,
  options: CallOptions,
): Promise<string[]> {
  const json = parseJsonObject(await readSmallBlob(client, repository, config, MAX_MANIFEST_BYTES, options));
  const rootfs = json?.["rootfs"];
  const diffIds: unknown = isJsonObject(rootfs) ? rootfs["diff_ids"] : undefined;
  // Without one for each layer nobody can tell which belongs to which.
  return Array.isArray(diffIds) && diffIds.length === layers.length ? diffIds.map(String) : [];
}

function packed({ digest, size }: Descriptor): PackedLayer {
  return { digest, size };
}
