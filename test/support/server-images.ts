/** Images of one small layer, pushed to a running registry over its API. */
import { createHash, randomBytes } from "node:crypto";
import type { Person } from "./server-people.ts";

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

export interface PushedImage {
  /** Of the manifest or index. */
  digest: string;
  /** Bytes of the manifest or index. */
  size: number;
  /** Of the configuration; undefined for an index. */
  config?: string;
  /** Bytes of configuration and layers together. */
  blobBytes: number;
}

/** Pushes an image of one layer that no other image has, over the registry API. */
export async function pushImage(
  person: Person,
  repository: string,
  tag: string,
  architecture = "amd64",
  execution: Record<string, unknown> = {},
): Promise<PushedImage> {
  const layer = await pushBlob(person, repository, LAYER_TYPE, randomBytes(1000));
  const description = {
    architecture,
    os: "linux",
    config: execution,
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  };
  const config = await pushBlob(person, repository, CONFIG_TYPE, Buffer.from(JSON.stringify(description)));
  const manifest: Manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer] };
  const pushed = await putManifest(person, repository, tag, manifest);
  return { ...pushed, config: config.digest, blobBytes: config.size + layer.size };
}

/** Pushes an index of images for two architectures, over the registry API. */
export async function pushIndex(person: Person, repository: string, tag: string): Promise<PushedImage> {
  const manifests = [];
  let blobBytes = 0;
  for (const architecture of ["amd64", "arm64"]) {
    const image = await pushImage(person, repository, `${tag}-${architecture}`, architecture);
    blobBytes += image.blobBytes;
    const { digest, size } = image;
    manifests.push({ mediaType: MANIFEST_TYPE, digest, size, platform: { os: "linux", architecture } });
  }
  const pushed = await putManifest(person, repository, tag, { schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  return { ...pushed, blobBytes };
}

export async function pushBlob(person: Person, repository: string, mediaType: string, bytes: Uint8Array) {
  const digest = digestOf(bytes);
  const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
  const response = await person.send("POST", path, bytes, { "Content-Type": "application/octet-stream" });
  if (response.status !== 201) throw new Error(`pushing a blob: ${response.status} ${await response.text()}`);
  return { mediaType, digest, size: bytes.byteLength };
}

interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  [field: string]: unknown;
}

export async function putManifest(person: Person, repository: string, tag: string, manifest: Manifest) {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const path = `/v2/${repository}/manifests/${tag}`;
  const response = await person.send("PUT", path, bytes, { "Content-Type": manifest.mediaType });
  if (response.status !== 201)
    throw new Error(`pushing ${repository}:${tag}: ${response.status} ${await response.text()}`);
  return { digest: digestOf(bytes), size: bytes.byteLength };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
