/**
 * An image of a registry as an archive: an OCI image layout that also has the manifest.json of `docker save`, so that
 * `docker load`, `podman load`, `ctr image import` and skopeo all take it. It is made while it is read.
 */
import { createTarPacker } from "modern-tar";
import { blobPath, describeLayout, layersWanting, loadedChild } from "../kernel/image-layout.ts";
import { downloadBlob } from "./blob-download.ts";
import type { Bytes, ByteStream } from "./bytes.ts";
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
    names.map((full) => ({ full, tag: tagOf(full) })),
    loaded,
    isPresent,
  );
  const documents = new Map<string, Bytes>([
    ...layout.map(({ path, text }) => [path, new TextEncoder().encode(text)] as const),
    ...parts.map(({ manifest }) => [blobPath(manifest.digest), manifest.bytes] as const),
  ]);
  const { readable, controller } = createTarPacker();
  const stop = new AbortController();
  const link = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const write = async () => {
    try {
      for (const [name, bytes] of documents)
        await addFile(controller, name, bytes.byteLength, new Blob([bytes]).stream());
      let done = 0;
      for (const blob of blobs) {
        // Somebody may have pushed a manifest as a blob as well.
        if (documents.has(blobPath(blob.digest))) continue;
        const content = downloadBlob(from.client, from.repository, blob, { signal: link });
        const counted = content.pipeThrough(counter((bytes) => options.onProgress?.((done += bytes))));
        await addFile(controller, blobPath(blob.digest), blob.size, counted);
      }
      controller.finalize();
    } catch (error) {
      stop.abort(error);
      controller.error(error);
    }
  };
  void write();
  return {
    stream: readable,
    digest: image.manifest.digest,
    size: blobs.reduce((sum, { size }) => sum + size, 0),
    missingLayers: loaded ? layersWanting(loaded, isPresent) : [],
  };
}

type Packer = ReturnType<typeof createTarPacker>["controller"];

async function addFile(packer: Packer, name: string, size: number, content: ByteStream): Promise<void> {
  await content.pipeTo(packer.add({ name, size, type: "file", mode: 0o644, mtime: new Date(0) }));
}

function counter(count: (bytes: number) => void): TransformStream<Bytes, Bytes> {
  return new TransformStream({
    transform(chunk, controller) {
      count(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
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

function tagOf(name: string): string {
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0 ? "latest" : name.slice(colon + 1);
}

/** What `docker load` gets of an index. */
function loadedImage({ parsed, children }: RemoteImage): ImageManifest | undefined {
  if (parsed.kind === "image") return parsed;
  const chosen = loadedChild(parsed.manifests)?.digest;
  const child = children.find(({ manifest }) => manifest.digest === chosen)?.parsed;
  return child?.kind === "image" ? child : undefined;
}
