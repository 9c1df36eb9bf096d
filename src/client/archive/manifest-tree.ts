/** A manifest of an image layout with all that it refers to; an index has others below it. */
import { blobPath } from "../../kernel/image-layout.ts";
import { isManifestMediaType, isNonDistributable } from "../../kernel/media-types.ts";
import {
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  type JsonObject,
  parseJsonObject,
  readManifest,
} from "../descriptor.ts";
import { algorithmOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import { ArchiveError } from "./archive-error.ts";
import { type ArchiveFiles, readDocument } from "./archive-files.ts";
import type { ArchiveManifest } from "./archive-image.ts";

export interface ManifestTree {
  manifest: ArchiveManifest;
  parsed: ImageManifest | ImageIndex;
  /** Blobs that the manifest names. */
  blobs: Descriptor[];
  children: ManifestTree[];
  /** What the manifest names and the archive does not hold: blobs of an image, manifests of an index. */
  missing: Descriptor[];
}

/** How many indexes may be one below the other; `berth pull` writes no more (`remote-image.ts`). */
const MAX_INDEX_DEPTH = 4;
/** Manifests of one image are kept in memory until they are pushed. */
const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;
/** BuildKit says by these which manifests describe another, and which one. */
const REFERENCE_TYPE = "vnd.docker.reference.type";
const REFERENCE_DIGEST = "vnd.docker.reference.digest";

/**
 * Reads a manifest and all below it.
 *
 * @returns undefined when the archive does not hold it.
 * @throws ArchiveError damaged, bad-manifest, unsupported-schema, file-too-large, nested-too-deeply.
 */
export async function readTree(files: ArchiveFiles, root: Descriptor): Promise<ManifestTree | undefined> {
  let room = MAX_MANIFEST_BYTES;
  const read = async (descriptor: Descriptor, depth: number): Promise<ManifestTree | undefined> => {
    const path = blobPath(descriptor.digest);
    const file = files.find(path);
    if (!file) return undefined;
    room -= file.size;
    if (room < 0) throw new ArchiveError("file-too-large", { path, limit: MAX_MANIFEST_BYTES });
    const bytes = await readDocument(file);
    const { digest } = descriptor;
    if (digestOf(bytes, undefined, algorithmOf(digest)) !== digest) throw new ArchiveError("damaged", { path });
    const parsed = readManifest(bytes, descriptor.mediaType);
    if (!parsed) {
      const isOld = parseJsonObject(bytes)?.["schemaVersion"] === 1;
      throw new ArchiveError(isOld ? "unsupported-schema" : "bad-manifest", { path });
    }
    const manifest = { mediaType: parsed.mediaType, digest, bytes };
    if (parsed.kind === "image") {
      const blobs = [parsed.config, ...parsed.layers];
      const missing = blobs.filter((blob) => !isNonDistributable(blob.mediaType) && !files.find(blobPath(blob.digest)));
      return { manifest, parsed, blobs, children: [], missing };
    }
    if (depth > MAX_INDEX_DEPTH) throw new ArchiveError("nested-too-deeply", { path, limit: MAX_INDEX_DEPTH });
    const tree: ManifestTree = { manifest, parsed, blobs: [], children: [], missing: [] };
    for (const child of parsed.manifests) {
      // BuildKit's cache is an index of blobs.
      if (!isManifestMediaType(child.mediaType)) {
        tree.blobs.push(child);
        continue;
      }
      const below = await read(child, depth + 1);
      if (below && !isIncomplete(below)) tree.children.push(below);
      else tree.missing.push(child);
    }
    return tree;
  };
  return read(root, 1);
}

/** Whether the archive lacks something without which no registry takes the manifest. */
export function isIncomplete(tree: ManifestTree): boolean {
  return tree.missing.length > 0;
}

/**
 * What can be pushed of an index of which the archive holds some platforms only, as `docker save` writes it when not all
 * were pulled: the one image that is there, as `docker push` does it, or an index of those that are.
 *
 * @returns also how many platforms are left out.
 * @throws ArchiveError missing-file when nothing is left, or the manifest is no index.
 */
export function reduce({ manifest, parsed, children, missing }: ManifestTree): { tree: ManifestTree; missing: number } {
  const descriptors = parsed.kind === "index" ? parsed.manifests : [];
  const images = descriptors.filter((child) => !isAttestation(child));
  const there = new Map(children.map((child) => [child.manifest.digest, child]));
  const kept = images.filter(({ digest }) => there.has(digest));
  const lost = images.length - kept.length;
  const [first] = kept;
  const only = first && there.get(first.digest);
  if (!only)
    throw new ArchiveError("missing-file", { path: missing[0] ? blobPath(missing[0].digest) : manifest.digest });
  if (kept.length === 1) return { tree: only, missing: lost };

  const digests = new Set(kept.map(({ digest }) => digest));
  const stays = (child: Descriptor) => {
    return (
      there.has(child.digest) && (!isAttestation(child) || digests.has(child.annotations?.[REFERENCE_DIGEST] ?? ""))
    );
  };
  const remaining = new Set(descriptors.filter(stays).map(({ digest }) => digest));
  const json = parseJsonObject(manifest.bytes) ?? {};
  const listed = (json["manifests"] as JsonObject[]).filter(({ digest }) => remaining.has(String(digest)));
  const bytes = new TextEncoder().encode(JSON.stringify({ ...json, manifests: listed }));
  const reduced = readManifest(bytes, manifest.mediaType);
  if (!reduced) throw new ArchiveError("bad-manifest", { path: manifest.digest });
  const tree: ManifestTree = {
    manifest: { mediaType: manifest.mediaType, digest: digestOf(bytes), bytes },
    parsed: reduced,
    blobs: [],
    children: children.filter((child) => remaining.has(child.manifest.digest)),
    missing: [],
  };
  return { tree, missing: lost };
}

/** BuildKit's provenance and SBOMs, which are for no platform. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations?.[REFERENCE_TYPE] !== undefined || platform?.os === "unknown";
}
