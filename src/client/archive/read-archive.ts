/**
 * Reads an image archive and checks all of it, so that whatever is wrong is known before anything is sent: archives of
 * `docker save` of every age, OCI image layouts, and archives that are both; as tar or tar.gz.
 *
 * Which manifest an image gets:
 * - The archive's own, byte for byte, so that the digest stays the same: OCI archives, and docker's containerd image store.
 * - A new one, when the archive has none, or one whose layers are not compressed: docker makes up such a manifest while it
 *   saves an image, no registry has ever seen it, and its layers would take several times the space. The layers are
 *   compressed on the way. The configuration stays byte for byte, so the image has the same id, and the layers unpack to
 *   the same digests. It is a Docker schema 2 manifest, as `docker push` of that image makes it: docker pulls it from
 *   1.10 on, and everything that reads OCI manifests reads it as well.
 */
import { type CreateHash, createPortableHash } from "../hash.ts";
import { type ArchiveSource, openBytes } from "./archive-bytes.ts";
import { ArchiveError } from "./archive-error.ts";
import { type ArchiveFiles, listTarFiles } from "./archive-files.ts";
import type { ArchiveImage } from "./archive-image.ts";
import { type DockerEntry, readDockerImage, readDockerManifest } from "./docker-archive.ts";
import type { PackedLayer } from "../known-layers.ts";
import { readReference } from "./image-name.ts";
import { LayerChecker, UnpackedBudget } from "./layer-check.ts";
import { readLegacyImages } from "./legacy-archive.ts";
import { type OciRoot, readOciImage, readOciIndex } from "./oci-archive.ts";

export interface ReadOptions {
  /**
   * Bytes that the archive may have: packed, unpacked, and all its layers together once they are unpacked. Default: 2 GiB
   * (guide, 4.3).
   */
  maxBytes?: number | undefined;
  /** Default: 100,000. */
  maxFiles?: number | undefined;
  createHash?: CreateHash | undefined;
  signal?: AbortSignal | undefined;
  /** Told now and then how far the check is, from 0 to 1; it may stay below. */
  onProgress?: ((fraction: number) => void) | undefined;
}

/** What an archive holds. */
export interface Archive {
  images: ArchiveImage[];
  files: ArchiveFiles;
  /** What layers of it are called since they were compressed, for a push that is begun again. */
  packedLayers: Map<string, PackedLayer>;
}

/** What SWR's page takes: guide, 4.3. */
export const DEFAULT_MAX_ARCHIVE_BYTES = 2 * 1024 ** 3;
const DEFAULT_MAX_FILES = 100_000;

/**
 * Reads an archive.
 *
 * @throws ArchiveError, whose message says what to do; the signal's reason.
 */
export async function readArchive(source: ArchiveSource, options: ReadOptions = {}): Promise<Archive> {
  const { maxBytes = DEFAULT_MAX_ARCHIVE_BYTES, maxFiles = DEFAULT_MAX_FILES, signal, onProgress } = options;
  const { createHash = createPortableHash } = options;
  if (source.size > maxBytes) throw new ArchiveError("too-large", { limit: maxBytes });
  let read: number | undefined = 0;
  const bytes = await openBytes(source, (more) => {
    if (read === undefined) return;
    read += more;
    onProgress?.(Math.min(1, read / source.size));
  });
  const files = await listTarFiles(bytes, { maxBytes, maxFiles }, { createHash, signal });
  const archive = await readImages(files, options);
  // What is read from now on is read to be sent.
  read = undefined;
  return archive;
}

/**
 * Reads the images of an archive, or of a folder that holds an image layout.
 *
 * @throws as {@link readArchive}.
 */
export async function readImages(files: ArchiveFiles, options: ReadOptions = {}): Promise<Archive> {
  const { maxBytes = DEFAULT_MAX_ARCHIVE_BYTES, createHash = createPortableHash, signal } = options;
  const checker = new LayerChecker(new UnpackedBudget(maxBytes), { createHash, signal });
  const roots = await readOciIndex(files);
  const entries = await readDockerManifest(files);
  const images = roots
    ? await readLayout(files, roots, entries ?? [], checker)
    : entries
      ? await readEntries(files, entries, checker)
      : await readLegacyImages(files, checker);
  if (!images) throw new ArchiveError(files.isCutShort ? "cut-short" : "no-manifest");
  if (images.length === 0) throw new ArchiveError("no-image");
  return { images, files, packedLayers: new Map() };
}

/** An archive with an index.json; manifest.json, when it is there too, says the same in docker's words. */
async function readLayout(
  files: ArchiveFiles,
  roots: readonly OciRoot[],
  entries: readonly DockerEntry[],
  checker: LayerChecker,
): Promise<ArchiveImage[]> {
  const images: ArchiveImage[] = [];
  const left = new Set(entries);
  for (const root of roots) {
    const entry = entries.find(({ config }) => root.configPaths.includes(config));
    for (const other of entries) if (root.configPaths.includes(other.config)) left.delete(other);
    const image =
      entry && root.isPlain ? await readDockerImage(files, entry, checker) : await readOciImage(files, root, checker);
    // Either file may know names that the other does not.
    const names = root.names.length > 0 ? root.names : (entry?.repoTags ?? []).map(readReference);
    images.push({ ...image, names });
  }
  return [...images, ...(await readEntries(files, [...left], checker))];
}

async function readEntries(
  files: ArchiveFiles,
  entries: readonly DockerEntry[],
  checker: LayerChecker,
): Promise<ArchiveImage[]> {
  const images: ArchiveImage[] = [];
  for (const entry of entries) images.push(await readDockerImage(files, entry, checker));
  return images;
}
