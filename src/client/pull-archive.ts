/**
 * An image of a registry as an archive: an OCI image layout that also has the manifest.json of `docker save`, so that
 * `docker load`, `podman load`, `ctr image import` and skopeo all take it. It is made while it is read.
 */
import { concatenate } from "../kernel/bytes.ts";
import { blobPath, describeLayout, layersWanting, loadedChild } from "../kernel/image-layout.ts";
import { DEFAULT_TAG, splitReference } from "../kernel/reference.ts";
import { TAR_END, tarHeader, tarPadding } from "../kernel/tar.ts";
import { downloadBlob } from "./blob-download.ts";
import { type Bytes, type ByteStream, chunksOf, streamOf } from "./bytes.ts";
import type { DescribedPlatform, Descriptor, ImageManifest } from "./descriptor.ts";
import {
  blobsOf,
  inPushOrder,
  foreignLayersOf,
  readRemoteImage,
  type RemoteImage,
  type Repository,
} from "./remote-image.ts";

export interface PullOptions {
  /** Of an index, the only platform to pull. Without it all of them are in the archive. */
  platform?: DescribedPlatform | undefined;
  /** What the image is called once it is loaded, such as `registry.example.com/acme/web:1`. */
  names?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  /** Told how many bytes of blobs have come. */
  onProgress?: ((done: number) => void) | undefined;
}

export interface PulledArchive {
  /** The archive, as a tar. It fails as {@link downloadBlob} does. */
  stream: ByteStream;
  /** Of the manifest or index that the archive holds. */
  digest: string;
  /** Bytes of all blobs; the archive has somewhat more. */
  size: number;
  /** Layers that may not be distributed and are not in the registry: without them `docker load` takes no archive. */
  missingLayers: Descriptor[];
}

/**
 * Reads the manifests of an image and begins to make its archive; layers are pulled as the stream is read.
 *
 * @param reference a tag or a digest.
 * @throws RegistryRefusal, status 404 when there is no such image; PlatformUnknown; ContentMismatch; ProtocolViolation.
 */
export async function pullArchive(
  from: Repository,
  reference: string,
  options: PullOptions = {},
): Promise<PulledArchive> {
  const { platform, signal, names = [] } = options;
  const image = await readRemoteImage(from, reference, { platform, signal });
  const parts = inPushOrder(image);
  const blobs = distinct([
    ...parts.flatMap(blobsOf),
    ...(await presentOf(from, parts.flatMap(foreignLayersOf), signal)),
  ]);
  const present = new Set(blobs.map(({ digest }) => digest));
  const isPresent = (digest: string) => present.has(digest);
  const loaded = loadedImage(image);
  const described = { ...image.manifest, mediaType: image.parsed.mediaType, size: image.manifest.bytes.byteLength };
  const layout = describeLayout(
    described,
    names.map((full) => ({ full, tag: splitReference(full).tag ?? DEFAULT_TAG })),
    loaded,
    isPresent,
  );
  const documents = new Map<string, Bytes>([
    ...layout.map(({ path, text }) => [path, new TextEncoder().encode(text)] as const),
    ...parts.map(({ manifest }) => [blobPath(manifest.digest), manifest.bytes] as const),
  ]);
  return {
    stream: streamOf(archiveOf(from, documents, blobs, options)),
    digest: image.manifest.digest,
    size: blobs.reduce((sum, { size }) => sum + size, 0),
    missingLayers: loaded ? layersWanting(loaded, isPresent) : [],
  };
}

/** The archive's bytes, piece by piece. */
async function* archiveOf(
  { client, repository }: Repository,
  documents: ReadonlyMap<string, Bytes>,
  blobs: readonly Descriptor[],
  { signal, onProgress }: PullOptions,
): AsyncGenerator<Bytes, void, undefined> {
  for (const [path, bytes] of documents) {
    yield concatenate([tarHeader(path, bytes.byteLength), bytes, tarPadding(bytes.byteLength)]);
  }
  let done = 0;
  for (const blob of blobs) {
    const path = blobPath(blob.digest);
    // Somebody may have pushed a manifest as a blob as well.
    if (documents.has(path)) continue;
    yield tarHeader(path, blob.size);
    for await (const piece of chunksOf(downloadBlob(client, repository, blob, { signal }))) {
      onProgress?.((done += piece.byteLength));
      yield piece;
    }
    yield tarPadding(blob.size);
  }
  yield TAR_END.slice();
}

function distinct(blobs: readonly Descriptor[]): Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

/** Of layers that a registry need not have, those that it has. */
async function presentOf(
  { client, repository }: Repository,
  layers: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<Descriptor[]> {
  const present: Descriptor[] = [];
  for (const layer of distinct(layers)) {
    if (await client.hasBlob(repository, layer.digest, { signal })) present.push(layer);
  }
  return present;
}

/** What `docker load` gets of an index. */
function loadedImage({ parsed, children }: RemoteImage): ImageManifest | undefined {
  if (parsed.kind === "image") return parsed;
  const chosen = loadedChild(parsed.manifests)?.digest;
  const child = children.find(({ manifest }) => manifest.digest === chosen)?.parsed;
  return child?.kind === "image" ? child : undefined;
}
