/** Images for tests, as archives hold them. */
import type { ArchiveImage, KeptImage, RebuiltImage } from "../archive/archive-image.ts";
import { gzip } from "../archive/compression.ts";
import { readArchive, type ReadOptions } from "../archive/read-archive.ts";
import { concatenate } from "../../kernel/bytes.ts";
import { type Bytes, streamOf } from "../bytes.ts";
import { hexOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import { bytesOf, type TarFile, tarOf } from "./tar.ts";

export const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

/** A layer with one file, as it lies on a disk. */
export function layerOf(text: string): Bytes {
  return tarOf([{ path: "file", contents: text }]);
}

/** A layer that does not get smaller: the same bytes for the same seed. */
export function largeLayer(size: number, seed = 1): Bytes {
  const contents = new Uint8Array(size);
  let state = seed;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    contents[at] = state >>> 24;
  }
  return tarOf([{ path: "file", contents }]);
}

/** The configuration of an image with these layers. */
export function configOf(layers: readonly Bytes[], more: object = {}): Bytes {
  return bytesOf(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/bin/sh"] },
      rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
      history: layers.map((_, at) => ({ created_by: `step ${at}` })),
      ...more,
    }),
  );
}

export interface DockerImage {
  layers: readonly Bytes[];
  tags?: readonly string[] | null;
}

/** The files of `docker save`, as Docker 1.10 to 24 wrote them. */
export function dockerFiles(images: readonly DockerImage[]): TarFile[] {
  const files = new Map<string, TarFile>();
  const entries = images.map(({ layers, tags = ["acme/web:1"] }) => {
    const config = configOf(layers);
    const configPath = `${hexOf(digestOf(config))}.json`;
    const paths = layers.map((layer) => `${hexOf(digestOf(layer))}/layer.tar`);
    for (const [at, path] of paths.entries()) files.set(path, { path, contents: layers[at] ?? "" });
    files.set(configPath, { path: configPath, contents: config });
    return { Config: configPath, RepoTags: tags, Layers: paths };
  });
  return [...files.values(), { path: "manifest.json", contents: JSON.stringify(entries) }];
}

export interface Blob256 {
  digest: string;
  size: number;
  mediaType: string;
  bytes: Bytes;
}

export function blobOf(mediaType: string, contents: string | Uint8Array | object): Blob256 {
  const isRaw = typeof contents === "string" || contents instanceof Uint8Array;
  const bytes = bytesOf(isRaw ? contents : JSON.stringify(contents));
  return { digest: digestOf(bytes), size: bytes.byteLength, mediaType, bytes };
}

export function descriptorOf({ digest, size, mediaType }: Blob256, more: object = {}) {
  return { mediaType, digest, size, ...more };
}

export interface OciImage {
  manifest: Blob256;
  /** Configuration and layers. */
  blobs: Blob256[];
}

/** An image with its own manifest; its layers are packed unless `isPlain`. */
export async function ociImage(
  layers: readonly Bytes[],
  { isPlain = false, config: more = {} }: { isPlain?: boolean; config?: object } = {},
): Promise<OciImage> {
  const config = blobOf(OCI_CONFIG, configOf(layers, more));
  const blobs: Blob256[] = [];
  for (const layer of layers) {
    blobs.push(isPlain ? blobOf(OCI_LAYER, layer) : blobOf(`${OCI_LAYER}+gzip`, await packed(layer)));
  }
  const manifest = blobOf(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptorOf(config),
    layers: blobs.map((blob) => descriptorOf(blob)),
  });
  return { manifest, blobs: [config, ...blobs] };
}

/** An index of these manifests. */
export function indexOf(manifests: readonly object[]): Blob256 {
  return blobOf(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}

/** The files of an image layout. */
export function layoutFiles(roots: readonly object[], blobs: readonly Blob256[]): TarFile[] {
  return [
    { path: "oci-layout", contents: '{"imageLayoutVersion":"1.0.0"}' },
    { path: "index.json", contents: JSON.stringify({ schemaVersion: 2, manifests: roots }) },
    ...blobs.map(({ digest, bytes }) => ({ path: `blobs/${digest.replace(":", "/")}`, contents: bytes })),
  ];
}

/** The layout of one image under a reference. */
export function layoutOf({ manifest, blobs }: OciImage, name = "1"): TarFile[] {
  const annotations = { "org.opencontainers.image.ref.name": name };
  return layoutFiles([descriptorOf(manifest, { annotations })], [manifest, ...blobs]);
}

export async function packed(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await new Response(gzip(streamOfBytes(bytes))).arrayBuffer());
}

const ZSTD_BLOCK_BYTES = 128 * 1024;

/** A zstd frame (RFC 8878, 3.1.1) whose blocks are as they are: one segment, its size in four bytes. */
export function zstdOf(bytes: Bytes): Bytes {
  const size = bytes.byteLength;
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0xa0, size & 255, (size >> 8) & 255, (size >> 16) & 255, size >>> 24];
  const pieces: Uint8Array[] = [new Uint8Array(header)];
  for (let at = 0; at === 0 || at < size; at += ZSTD_BLOCK_BYTES) {
    const block = bytes.subarray(at, at + ZSTD_BLOCK_BYTES);
    const isLast = at + ZSTD_BLOCK_BYTES >= size;
    const word = (block.byteLength << 3) | Number(isLast);
    pieces.push(new Uint8Array([word & 255, (word >> 8) & 255, word >> 16]), block);
  }
  return concatenate(pieces);
}

export function streamOfBytes(bytes: Bytes, pieceBytes = 64 * 1024) {
  return streamOf(
    (async function* pieces() {
      for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.slice(at, at + pieceBytes);
    })(),
  );
}

/** Reads a stream whole. */
export async function contentsOf(stream: ReadableStream<Bytes>): Promise<Bytes> {
  const pieces: Bytes[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatenate(pieces);
    pieces.push(value);
  }
}

/** What an archive of these files holds. */
export async function imagesIn(files: readonly TarFile[], options?: ReadOptions): Promise<ArchiveImage[]> {
  return (await readArchive(new Blob([tarOf(files)]), options)).images;
}

/** What an image without a manifest consists of. */
export function rebuilt(image: ArchiveImage | undefined): RebuiltImage {
  if (image?.contents.kind !== "rebuilt") throw new Error("the image keeps its manifest");
  return image.contents;
}

/** What an image with its own manifest consists of. */
export function kept(image: ArchiveImage | undefined): KeptImage {
  if (image?.contents.kind !== "kept") throw new Error("the image does not keep its manifest");
  return image.contents;
}
