/** Images with a configuration, for tests of what is shown of them. */
import {
  type Descriptor,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  pushBlob,
  putManifest,
  someBytes,
} from "./registry-requests.ts";

export const IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** Pushes a manifest by tag (by digest when the tag is empty) and answers its descriptor. */
export async function pushManifestOf(
  repository: string,
  tag: string,
  manifest: Record<string, unknown>,
): Promise<Descriptor> {
  const text = JSON.stringify(manifest);
  const digest = digestOf(text);
  const response = await putManifest(repository, tag === "" ? digest : tag, text);
  if (response.status !== 201) throw new Error(`pushing a manifest: ${response.status} ${await response.text()}`);
  return { mediaType: String(manifest["mediaType"]), digest, size: text.length };
}

export interface ConfiguredImage extends Descriptor {
  config: Descriptor;
  layers: Descriptor[];
}

/** Pushes an image with this configuration; text goes as it is. */
export async function pushConfigured(
  repository: string,
  tag: string,
  config: unknown,
  { layers: count = 1, extra = {} }: { layers?: number; extra?: Record<string, unknown> } = {},
): Promise<ConfiguredImage> {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const configDescriptor = await pushBlob(repository, bytesOf(text), IMAGE_CONFIG);
  const layers: Descriptor[] = [];
  for (let at = 0; at < count; at += 1) layers.push(await pushBlob(repository, someBytes(100 + at)));
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: configDescriptor, layers, ...extra };
  return { ...(await pushManifestOf(repository, tag, manifest)), config: configDescriptor, layers };
}

/** Pushes an index of these children under a tag. */
export function pushIndex(repository: string, tag: string, manifests: readonly unknown[]): Promise<Descriptor> {
  return pushManifestOf(repository, tag, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
}
