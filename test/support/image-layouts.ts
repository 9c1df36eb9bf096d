/**
 * Images for tests: an OCI image layout with one file of random bytes per layer. Layers are not compressed, so a layer's
 * digest is its diff id, and what a client makes of a layer on the way shows.
 */
import { createCipheriv, createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export const MIB = 1024 * 1024;
const TAR_BLOCK = 512;

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
}

export interface ImageRecipe {
  /** What the random bytes are made from: one seed, one image. */
  seed: string;
  /** Bytes of each layer's file. */
  layers: readonly number[];
  architecture?: string;
}

/** An image in a layout. */
export interface Image {
  descriptor: Descriptor;
  config: Descriptor;
  layers: Descriptor[];
}

/** Writes a layout with one image under the tag `latest`; it is a `docker load` archive as well, once packed. */
export async function writeImage(layout: string, recipe: ImageRecipe): Promise<Image> {
  const image = await addImage(layout, recipe);
  writeIndex(layout, [image.descriptor]);
  const archive = [
    { Config: blobPath(image.config), RepoTags: null, Layers: image.layers.map((layer) => blobPath(layer)) },
  ];
  writeFileSync(join(layout, "manifest.json"), JSON.stringify(archive));
  return image;
}

/** The command that packs a layout of one image into an archive for `docker load`, on its standard output. */
export function dockerArchiveOf(layout: string): [string, ...string[]] {
  return ["tar", "-C", layout, "-cf", "-", "manifest.json", "blobs"];
}

/** Writes a layout with an index of one image per architecture under the tag `latest`. */
export async function writeMultiPlatformImage(
  layout: string,
  recipes: readonly (ImageRecipe & { architecture: string })[],
): Promise<{ index: Descriptor; images: Image[] }> {
  const images: Image[] = [];
  for (const recipe of recipes) images.push(await addImage(layout, recipe));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = images.map(({ descriptor }, at) => ({
    ...descriptor,
    platform: { os: "linux", architecture: recipes[at]?.architecture ?? "" },
  }));
  const index = await writeBlob(layout, mediaType, [
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })),
  ]);
  writeIndex(layout, [index]);
  return { index, images };
}

/** The digest of the manifest or index that a layout names first. */
export function digestInLayout(layout: string): string | undefined {
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: Descriptor[] };
  return index.manifests[0]?.digest;
}

/** Whether a layout holds a blob, and its bytes have the digest that names them. */
export async function hasIntactBlob(layout: string, descriptor: Descriptor): Promise<boolean> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(layout, blobPath(descriptor))), hash);
  return descriptor.digest === `sha256:${hash.digest("hex")}`;
}

async function addImage(layout: string, { seed, layers: sizes, architecture = "amd64" }: ImageRecipe): Promise<Image> {
  const layers: Descriptor[] = [];
  for (const [at, size] of sizes.entries()) {
    layers.push(
      await writeBlob(layout, "application/vnd.oci.image.layer.v1.tar", layerTar(`layer-${at}`, size, `${seed} ${at}`)),
    );
  }
  const config = await writeJson(layout, "application/vnd.oci.image.config.v1+json", {
    created: "2026-01-01T00:00:00Z",
    architecture,
    os: "linux",
    config: { Cmd: ["/layer-0"], Labels: { seed } },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map((_, at) => ({ created: "2026-01-01T00:00:00Z", created_by: `layer ${at}` })),
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const descriptor = await writeJson(layout, mediaType, { schemaVersion: 2, mediaType, config, layers });
  return { descriptor, config, layers };
}

function writeIndex(layout: string, manifests: readonly Descriptor[]): void {
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const tagged = manifests.map((manifest) => ({
    ...manifest,
    annotations: { "org.opencontainers.image.ref.name": "latest" },
  }));
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: tagged }));
}

function writeJson(layout: string, mediaType: string, content: unknown): Promise<Descriptor> {
  return writeBlob(layout, mediaType, [Buffer.from(JSON.stringify(content))]);
}

async function writeBlob(layout: string, mediaType: string, chunks: Iterable<Buffer>): Promise<Descriptor> {
  const folder = join(layout, "blobs", "sha256");
  mkdirSync(folder, { recursive: true });
  const unfinished = join(folder, "unfinished");
  const hash = createHash("sha256");
  let size = 0;
  await pipeline(function* hashed() {
    for (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }, createWriteStream(unfinished));
  const descriptor = { mediaType, digest: `sha256:${hash.digest("hex")}`, size };
  renameSync(unfinished, join(layout, blobPath(descriptor)));
  return descriptor;
}

function blobPath({ digest }: Descriptor): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** A tar archive of one file of random bytes. */
function* layerTar(name: string, size: number, seed: string): Generator<Buffer> {
  yield tarHeader(name, size);
  yield* randomBytes(size, seed);
  yield Buffer.alloc(((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK) + 2 * TAR_BLOCK);
}

/** POSIX.1-1988 ustar. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** The same bytes for the same seed; no compression makes them fewer. */
export function* randomBytes(size: number, seed: string): Generator<Buffer> {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  for (let left = size; left > 0; left -= MIB) yield cipher.update(left < MIB ? zeros.subarray(0, left) : zeros);
}
