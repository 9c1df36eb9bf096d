/** OCI image-spec, "Content Descriptors", and the manifests made of them, read from what anybody may have written. */
import { findKeyFault, findShapeFault, isIndexByShape } from "../kernel/manifest-structure.ts";
import { isIndexMediaType, OCI_INDEX, OCI_MANIFEST } from "../kernel/media-types.ts";
import { isDigest } from "../kernel/digest.ts";

export interface DescribedPlatform {
  os: string;
  architecture: string;
  variant?: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
  platform?: DescribedPlatform;
  artifactType?: string;
}

export interface ImageManifest {
  kind: "image";
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  subject: Descriptor | undefined;
}

export interface ImageIndex {
  kind: "index";
  mediaType: string;
  manifests: Descriptor[];
  subject: Descriptor | undefined;
}

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns undefined when it is not JSON, or not an object. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a manifest or an index by the rules of the registry (`kernel/manifest.ts`): lists that are null or absent are empty,
 * and what programs would read in different ways is refused.
 *
 * @param mediaType what the manifest is said to be; its own `mediaType`, or its shape, decides when nothing is said.
 * @returns undefined when it is neither, or damaged.
 */
export function readManifest(bytes: Uint8Array, mediaType?: string): ImageManifest | ImageIndex | undefined {
  const json = parseJsonObject(bytes);
  if (!json || (json["schemaVersion"] ?? 2) !== 2) return undefined;
  const own = typeof json["mediaType"] === "string" ? json["mediaType"] : undefined;
  const type = own ?? mediaType ?? (isIndexByShape(json) ? OCI_INDEX : OCI_MANIFEST);
  const isIndex = isIndexMediaType(type);
  const text = new TextDecoder().decode(bytes);
  if (findKeyFault(text) !== undefined || findShapeFault(json, isIndex) !== undefined) return undefined;
  const subject = readDescriptor(json["subject"]);
  if (isIndex) {
    const manifests = readDescriptors(json["manifests"] ?? []);
    return manifests && { kind: "index", mediaType: type, manifests, subject };
  }
  const config = readDescriptor(json["config"]);
  const layers = readDescriptors(json["layers"] ?? []);
  return config && layers && { kind: "image", mediaType: type, config, layers, subject };
}

/** @returns undefined unless all are descriptors. */
export function readDescriptors(value: unknown): Descriptor[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const descriptors = value.map(readDescriptor);
  return descriptors.every((descriptor) => descriptor !== undefined) ? descriptors : undefined;
}

function readDescriptor(value: unknown): Descriptor | undefined {
  if (!isJsonObject(value)) return undefined;
  const { mediaType, digest, size, annotations, platform, artifactType } = value;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !isDigest(digest)) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  const described = readPlatform(platform);
  const texts = readAnnotations(annotations);
  return {
    mediaType,
    digest,
    size,
    ...(texts && { annotations: texts }),
    ...(described && { platform: described }),
    ...(typeof artifactType === "string" && { artifactType }),
  };
}

/** Reads the `platform` of a descriptor, or the same fields of an image's configuration. */
export function readPlatform(value: unknown): DescribedPlatform | undefined {
  if (!isJsonObject(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return { os, architecture, ...(typeof variant === "string" && variant !== "" && { variant }) };
}

/** @returns undefined when there are none. */
export function readAnnotations(value: unknown): Record<string, string> | undefined {
  if (!isJsonObject(value)) return undefined;
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}
