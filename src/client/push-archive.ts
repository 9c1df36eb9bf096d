/**
 * Pushing images of an archive that was read and checked (`archive/read-archive.ts`). A push that failed is begun again by
 * calling it again: what has arrived is not sent a second time.
 */
import {
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from "../kernel/media-types.ts";
import { ArchiveError } from "./archive/archive-error.ts";
import type { ArchiveFile } from "./archive/archive-files.ts";
import {
  type ArchiveBlob,
  type ArchiveImage,
  type ArchiveManifest,
  isPlainLayer,
  type PlainLayer,
} from "./archive/archive-image.ts";
import { Packing } from "./archive/packing.ts";
import type { Archive } from "./archive/read-archive.ts";
import type { Bytes } from "./bytes.ts";
import { uploadBlob, type UploadBookmark, type UploadLimits } from "./chunked-upload.ts";
import { digestOf } from "./hash.ts";
import { runAll } from "./jobs.ts";
import { findKnownLayers, type LayerMemory, type PackedLayer } from "./known-layers.ts";
import type { RegistryClient } from "./registry-client.ts";
import { BlobUpload, type UploadProgress } from "./blob-upload.ts";
import type { UploadSource } from "./upload-source.ts";

/** Where an image of the archive goes. */
export interface ImageTarget {
  image: ArchiveImage;
  /** `organization/image`. */
  repository: string;
  /** Without one the image is pushed by its digest. */
  tags: readonly string[];
}

/** What happens, told as it does. */
export type PushEvent =
  | { kind: "image-started"; target: ImageTarget; blobs: readonly BlobProgress[] }
  | { kind: "blob"; target: ImageTarget; blob: BlobProgress }
  | { kind: "image-pushed"; target: ImageTarget; digest: string };

export interface BlobProgress {
  /** Of what is in the archive. */
  digest: string;
  state: "waiting" | "sending" | "sent" | "present";
  /** Bytes in the archive. */
  size: number;
  /** Of these, how many have left; roughly, when they are compressed on the way. What a broken connection lost comes off. */
  done: number;
}

/** @returns for the digest of each unpacked layer its digest in the repository, for those that are there. */
export type FindLayers = (
  target: ImageTarget,
  diffIds: readonly string[],
  signal: AbortSignal | undefined,
) => Promise<ReadonlyMap<string, PackedLayer>>;

export interface PushOptions {
  /** Layers that are sent at once; default 3. Of a compressed archive they come one after the other. */
  jobs?: number | undefined;
  limits?: UploadLimits | undefined;
  /** Finds layers that the registry has already; default: in the images that the tags name so far. */
  findLayers?: FindLayers | undefined;
  /** Remembers what layers are called once they are compressed; default: the archive itself, as long as it is there. */
  memory?: LayerMemory | undefined;
  /** Remembers uploads that stop in the middle, for a push in another program; default: nothing does. */
  openUploads?: OpenUploads | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: ((event: PushEvent) => void) | undefined;
}

/** Where uploads stand, by repository and blob. */
export interface OpenUploads {
  get: (key: string) => string | undefined;
  /** @param location undefined: there is nothing to go on with any more. */
  set: (key: string, location: string | undefined) => void;
}

export interface PushedImage {
  target: ImageTarget;
  /** What `docker pull` will print. */
  digest: string;
}

const DEFAULT_JOBS = 3;

/** @returns the name, `organization/image:tag`, that two of the targets have for different images; undefined when none is. */
export function findSharedName(
  targets: readonly { image: unknown; repository: string; tags: readonly string[] }[],
): string | undefined {
  const images = new Map<string, unknown>();
  for (const { image, repository, tags } of targets) {
    for (const tag of tags) {
      const name = `${repository}:${tag}`;
      if (images.has(name) && images.get(name) !== image) return name;
      images.set(name, image);
    }
  }
  return undefined;
}

/**
 * Pushes images, one after the other: layers, configuration, manifests, tags.
 *
 * @throws ArchiveError same-target, before anything is sent; RegistryRefusal (see `isSignedOut` and `isDenied`),
 * NetworkLost, ArchiveError source-changed, the signal's reason.
 */
export async function pushArchive(
  client: RegistryClient,
  archive: Archive,
  targets: readonly ImageTarget[],
  options: PushOptions = {},
): Promise<PushedImage[]> {
  const shared = findSharedName(targets);
  if (shared !== undefined) throw new ArchiveError("same-target", { name: shared });
  const push = new ArchivePush(client, archive, options);
  const pushed: PushedImage[] = [];
  for (const target of targets) pushed.push({ target, digest: await push.image(target) });
  return pushed;
}

class ArchivePush {
  readonly #client: RegistryClient;
  readonly #archive: Archive;
  readonly #options: PushOptions;
  readonly #memory: LayerMemory;
  /** The repository that has a blob, of those that this push has filled. */
  readonly #holders = new Map<string, string>();

  constructor(client: RegistryClient, archive: Archive, options: PushOptions) {
    this.#client = client;
    this.#archive = archive;
    this.#options = options;
    this.#memory = options.memory ?? archive.packedLayers;
  }

  /** @returns the digest of the manifest that the tags name. */
  async image(target: ImageTarget): Promise<string> {
    const { contents } = target.image;
    const blobs = contents.kind === "kept" ? contents.blobs : [...contents.layers, contents.config];
    const packed = await this.#blobs(target, blobs);
    const manifests =
      contents.kind === "kept" ? contents.manifests : [manifestOf(contents.config, contents.layers, packed)];
    const { signal, onEvent } = this.#options;
    for (const manifest of manifests.slice(0, -1)) {
      await this.#client.putManifest(target.repository, manifest.digest, manifest, { signal });
    }
    const root = manifests.at(-1);
    if (!root) throw new Error("an image without a manifest");
    const references = target.tags.length > 0 ? target.tags : [root.digest];
    for (const reference of references) await this.#client.putManifest(target.repository, reference, root, { signal });
    onEvent?.({ kind: "image-pushed", target, digest: root.digest });
    return root.digest;
  }

  /** Sends what the repository does not have. @returns what the layers are called that were compressed on the way. */
  async #blobs(target: ImageTarget, blobs: readonly (ArchiveBlob | PlainLayer)[]): Promise<Map<string, PackedLayer>> {
    const { jobs = DEFAULT_JOBS, signal } = this.#options;
    const distinct = [...new Map(blobs.map((blob) => [idOf(blob), blob])).values()];
    distinct.sort((one, other) => positionOf(one) - positionOf(other));
    const work = distinct.map((blob) => ({ blob, progress: new BlobReport(target, blob, this.#options.onEvent) }));
    this.#options.onEvent?.({ kind: "image-started", target, blobs: work.map(({ progress }) => progress.current) });

    const { repository, tags } = target;
    const { findLayers = () => findKnownLayers(this.#client, repository, tags, { signal }) } = this.#options;
    const unknown = distinct.flatMap((blob) =>
      isPlainLayer(blob) && !this.#memory.get(blob.diffId) ? [blob.diffId] : [],
    );
    const known: ReadonlyMap<string, PackedLayer> =
      unknown.length > 0 ? await findLayers(target, unknown, signal) : new Map();
    const packed = new Map<string, PackedLayer>();
    const limit = { jobs: this.#archive.files.isSequential ? 1 : jobs, signal };
    await runAll(work, limit, async ({ blob, progress }, stop) => {
      if (isPlainLayer(blob)) packed.set(blob.diffId, await this.#plainLayer(repository, blob, known, progress, stop));
      else await this.#blob(repository, blob, progress, stop);
    });
    return packed;
  }

  async #blob(repository: string, blob: ArchiveBlob, report: BlobReport, signal: AbortSignal): Promise<void> {
    const { digest, size } = blob;
    const target = {
      client: this.#client,
      repository,
      signal,
      onProgress: ({ sent }: UploadProgress) => report.sending(sent),
    };
    const mountFrom = this.#holders.get(digest) ?? repository;
    const { outcome } = await uploadBlob(
      target,
      { source: sourceOf(blob), digest, size, mountFrom, bookmark: this.#bookmark(repository, blob) },
      this.#options.limits,
    );
    this.#holders.set(digest, repository);
    report.end(outcome);
  }

  async #plainLayer(
    repository: string,
    layer: PlainLayer,
    known: ReadonlyMap<string, PackedLayer>,
    report: BlobReport,
    signal: AbortSignal,
  ): Promise<PackedLayer> {
    for (const candidate of [this.#memory.get(layer.diffId), known.get(layer.diffId)]) {
      if (!candidate || !(await this.#isPresent(repository, candidate.digest, signal))) continue;
      this.#holders.set(candidate.digest, repository);
      report.end("present");
      return candidate;
    }
    const packing = new Packing(layer, this.#archive.files.isSnapshot, this.#client.createHash);
    const target = {
      client: this.#client,
      repository,
      signal,
      onProgress: ({ sent }: UploadProgress) => report.sending(packing.plainBytes(sent)),
    };
    const { digest, size = 0 } = await uploadBlob(
      target,
      { source: packing, bookmark: this.#bookmark(repository, layer) },
      this.#options.limits,
    );
    this.#memory.set(layer.diffId, { digest, size });
    this.#holders.set(digest, repository);
    report.end("uploaded");
    return { digest, size };
  }

  #bookmark(repository: string, blob: ArchiveBlob | PlainLayer): UploadBookmark | undefined {
    const { openUploads } = this.#options;
    const key = `${repository} ${idOf(blob)}`;
    return openUploads && { location: openUploads.get(key), keep: (location) => openUploads.set(key, location) };
  }

  /** Whether the repository has a blob, or gets it from another one without sending it. */
  async #isPresent(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const from = this.#holders.get(digest) ?? repository;
    const session = await BlobUpload.open({ client: this.#client, repository, signal }, { digest, from });
    if (session === "mounted") return true;
    await session.cancel();
    return false;
  }
}

/** Tells how far one blob is. */
class BlobReport {
  readonly #target: ImageTarget;
  readonly #onEvent: ((event: PushEvent) => void) | undefined;
  current: BlobProgress;

  constructor(target: ImageTarget, blob: ArchiveBlob | PlainLayer, onEvent: ((event: PushEvent) => void) | undefined) {
    this.#target = target;
    this.#onEvent = onEvent;
    this.current = { digest: idOf(blob), state: "waiting", size: blob.size, done: 0 };
  }

  sending(done: number): void {
    this.#tell({ ...this.current, state: "sending", done: Math.min(done, this.current.size) });
  }

  end(outcome: "uploaded" | "present"): void {
    const state = outcome === "uploaded" ? "sent" : "present";
    this.#tell({ ...this.current, state, done: this.current.size });
  }

  #tell(progress: BlobProgress): void {
    this.current = progress;
    this.#onEvent?.({ kind: "blob", target: this.#target, blob: progress });
  }
}

/**
 * As `docker push` writes it, so that every docker that can pull at all can pull it; in OCI's media types when there is a
 * layer for which Docker has none.
 */
function manifestOf(
  config: ArchiveBlob,
  layers: readonly (ArchiveBlob | PlainLayer)[],
  packed: ReadonlyMap<string, PackedLayer>,
): ArchiveManifest {
  const isOci = layers.some((layer) => !isPlainLayer(layer) && layer.mediaType === OCI_LAYER_ZSTD);
  const gzipType = isOci ? OCI_LAYER_GZIP : DOCKER_LAYER_GZIP;
  const descriptors = layers.map((layer) => {
    const { digest, size } = isPlainLayer(layer) ? requireLayer(packed, layer) : layer;
    const isZstd = !isPlainLayer(layer) && layer.mediaType === OCI_LAYER_ZSTD;
    return { mediaType: isZstd ? OCI_LAYER_ZSTD : gzipType, size, digest };
  });
  const { digest, size } = config;
  const mediaType = isOci ? OCI_MANIFEST : DOCKER_MANIFEST;
  const json = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: isOci ? OCI_CONFIG : config.mediaType, size, digest },
    layers: descriptors,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  return { mediaType, digest: digestOf(bytes), bytes };
}

function requireLayer(packed: ReadonlyMap<string, PackedLayer>, { diffId }: PlainLayer): PackedLayer {
  const layer = packed.get(diffId);
  if (!layer) throw new Error(`the layer ${diffId} was not pushed`);
  return layer;
}

function sourceOf({ content }: ArchiveBlob): UploadSource {
  if (content instanceof Uint8Array) return new Blob([content]);
  return content.blob ?? { open: () => content.open() };
}

function idOf(blob: ArchiveBlob | PlainLayer): string {
  return isPlainLayer(blob) ? blob.diffId : blob.digest;
}

/** Generated files come last. */
function positionOf({ content }: { content: ArchiveFile | Bytes }): number {
  return content instanceof Uint8Array ? Number.MAX_SAFE_INTEGER : content.position;
}
