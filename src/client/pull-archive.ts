/**
 * An image of a registry as an archive: an OCI image layout that also has the manifest.json of `docker save`, so that
 * `docker load`, `podman load`, `ctr image import` and skopeo all take it. It is made while it is read.
 */
import { createTarPacker } from "modern-tar";
import { OCI_INDEX } from "../model/media-types.ts";
import { blobPath } from "./archive/manifest-tree.ts";
import { downloadBlob } from "./blob-download.ts";
import type { Bytes, ByteStream } from "./bytes.ts";
import type { DescribedPlatform, Descriptor, ImageManifest } from "./descriptor.ts";
import {
  blobsOf,
  choosePlatform,
  inPushOrder,
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
}

/** `docker load` takes one image of an index; other programs choose for themselves. */
const LOADED_PLATFORM: DescribedPlatform = { os: "linux", architecture: "amd64" };
const LAYOUT = { imageLayoutVersion: "1.0.0" };

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
  const blobs = [...new Map(parts.flatMap(blobsOf).map((blob) => [blob.digest, blob])).values()];
  const documents = new Map<string, Bytes>([
    ["oci-layout", encode(LAYOUT)],
    ["index.json", encode(indexOf(image, names))],
    ["manifest.json", encode(dockerManifestOf(image, names))],
    ...parts.map(({ manifest }) => [blobPath(manifest), manifest.bytes] as const),
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
        const content = downloadBlob(from.client, from.repository, blob, { signal: link });
        const counted = content.pipeThrough(counter((bytes) => options.onProgress?.((done += bytes))));
        await addFile(controller, blobPath(blob), blob.size, counted);
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

/** index.json names the image once for each name, as containerd does. */
function indexOf({ manifest, parsed }: RemoteImage, names: readonly string[]) {
  const descriptor = { mediaType: parsed.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
  const named = names.map((name) => ({
    ...descriptor,
    annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": tagOf(name) },
  }));
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: named.length > 0 ? named : [descriptor] };
}

function tagOf(name: string): string {
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0 ? "latest" : name.slice(colon + 1);
}

function dockerManifestOf(image: RemoteImage, names: readonly string[]) {
  const loaded = loadedImage(image);
  if (!loaded) return [];
  return [{ Config: blobPath(loaded.config), RepoTags: names, Layers: loaded.layers.map(blobPath) }];
}

/** What `docker load` gets of an index: the image for the usual platform, or the first. */
function loadedImage({ parsed, children }: RemoteImage): ImageManifest | undefined {
  if (parsed.kind === "image") return parsed;
  const chosen: Descriptor | undefined = choosePlatform(parsed.manifests, LOADED_PLATFORM);
  const child = children.find(({ manifest }) => manifest.digest === chosen?.digest) ?? children[0];
  return child && loadedImage(child);
}

function encode(value: unknown): Bytes {
  return new TextEncoder().encode(JSON.stringify(value));
}
