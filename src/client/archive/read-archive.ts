/**
 * Reads an image archive and checks all of it, so that whatever is wrong is known before anything is sent: archives of
 * `docker save` of every age, OCI image layouts, and archives that are both; as a tar, packed with gzip or zstd or not.
 *
 * Which manifest an image gets:
 * - The archive's own, byte for byte, so that the digest stays the same: OCI archives, docker's containerd image store, and
 *   what `berth pull` and the console's download wrote.
 * - A new one, when the archive has none, or one that docker's classic image store makes up while it saves an image, known by
 *   the sources of layers in manifest.json: no registry has ever seen it, and its layers, which are not compressed, would
 *   take several times the space. The layers are compressed on the way. The configuration stays byte for byte, so the
 *   image has the same id, and the layers unpack to the same digests. It is a Docker schema 2 manifest, as `docker push`
 *   of that image makes it: docker pulls it from 1.10 on, and everything that reads OCI manifests reads it as well. With
 *   a layer that is packed with zstd it is an OCI manifest, for Docker's has no name for such.
 */
import { type CreateHash, createPortableHash } from "../hash.ts";
import { type ArchiveSource, openBytes } from "./archive-bytes.ts";
import { ArchiveError, isFault } from "./archive-error.ts";
import { type ArchiveFiles, listTarFiles } from "./archive-files.ts";
import type { ArchiveImage } from "./archive-image.ts";
import { type DockerEntry, readDockerImage, readDockerManifest } from "./docker-archive.ts";
import type { PackedLayer } from "../known-layers.ts";
import { type ArchiveName, readReference } from "./image-name.ts";
import { LayerChecker, UnpackedBudget } from "./layer-check.ts";
import { readLegacyImages } from "./legacy-archive.ts";
import { type OciDescription, type OciRoot, readOciImage, readOciIndex, requireAgreement } from "./oci-archive.ts";

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
  const docker = await attempt(() => readDockerManifest(files));
  const entries = docker.value ?? [];
  const layout = await attempt(() => readOciIndex(files, entries));
  const { roots, unreadable } = layout.value ?? { roots: [], unreadable: [] };
  if (roots.length + unreadable.length + entries.length > 0) {
    const images = await readLayout(files, { roots, unreadable }, entries, checker);
    return { images, files, packedLayers: new Map() };
  }
  const legacy = await attempt(() => readLegacyImages(files, checker));
  if (legacy.value && legacy.value.length > 0) return { images: legacy.value, files, packedLayers: new Map() };
  const error = layout.error ?? docker.error ?? legacy.error;
  if (error) throw error;
  if (layout.value ?? docker.value ?? legacy.value) throw new ArchiveError("no-image");
  throw new ArchiveError(files.isCutShort ? "cut-short" : "no-manifest");
}

/** Reads a description; why it cannot be used is told only if there is no other. */
async function attempt<T>(read: () => Promise<T>): Promise<{ value?: T; error?: ArchiveError }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (isFault(error)) return { error };
    throw error;
  }
}

/**
 * Reads what index.json and manifest.json name. An archive that has both says everything twice; each may know names and images
 * that the other does not, and what one says of an image counts where the other makes no sense.
 */
async function readLayout(
  files: ArchiveFiles,
  { roots, unreadable }: OciDescription,
  entries: readonly DockerEntry[],
  checker: LayerChecker,
): Promise<ArchiveImage[]> {
  const left = entries.filter(({ config }) => !roots.some(({ configPaths }) => configPaths.includes(config)));
  const standIns = new Map<DockerEntry, readonly ArchiveName[]>();
  const findStandIn = (names: readonly ArchiveName[]): boolean => {
    const free = left.filter((entry) => !standIns.has(entry));
    const entry = entryOf(names, free);
    if (entry) standIns.set(entry, names);
    return entry !== undefined;
  };
  for (const { names, isIndex, error } of unreadable) {
    // manifest.json has only one platform of an index, so it cannot replace one.
    if (isIndex || !findStandIn(names)) throw error;
  }
  const images: ArchiveImage[] = [];
  for (const root of roots) {
    if (isEmpty(root) && findStandIn(root.names)) continue;
    const entry = entries.find(({ config }) => root.configPaths.includes(config));
    images.push({ ...(await readRootImage(files, root, entry, checker)), names: root.names });
  }
  for (const entry of left) {
    const image = await readDockerImage(files, entry, checker);
    const unknown = (standIns.get(entry) ?? []).filter((name) => !mayBeOneOf(image.names, name));
    images.push({ ...image, names: [...image.names, ...unknown] });
  }
  return images;
}

/**
 * Finds the entry of manifest.json for an image that index.json calls so. What was saved by its id has no names: such an entry
 * counts only where no other may be meant.
 */
function entryOf(names: readonly ArchiveName[], entries: readonly DockerEntry[]): DockerEntry | undefined {
  if (names.length === 0) return entries[0];
  const named = entries.find(({ repoTags }) => names.some((name) => mayBeOneOf(repoTags.map(readReference), name)));
  const nameless = entries.filter(({ repoTags }) => repoTags.length === 0);
  return named ?? (nameless.length === 1 ? nameless[0] : undefined);
}

/** An index of nothing. */
function isEmpty({ tree: { parsed } }: OciRoot): boolean {
  return parsed.kind === "index" && parsed.manifests.length === 0;
}

/** Whether manifest.json has a name of index.json, which may be a tag only, among those of an image. */
function mayBeOneOf(known: readonly ArchiveName[], { name, tag }: ArchiveName): boolean {
  return known.some((one) => one.tag === tag && (name === "" || one.name === name));
}

/**
 * Reads an image that index.json names. Of a single image manifest.json may say something else: then what agrees with the
 * configuration counts. When neither does the image is taken as its manifest has it, as registries do.
 */
async function readRootImage(
  files: ArchiveFiles,
  root: OciRoot,
  entry: DockerEntry | undefined,
  checker: LayerChecker,
): Promise<ArchiveImage> {
  const keep = () => readOciImage(files, root, checker);
  if (!entry || root.tree.parsed.kind === "index") return keep();
  const keepAgreeing = async () => {
    await requireAgreement(files, root, checker);
    return keep();
  };
  const rebuild = () => readDockerImage(files, entry, checker);
  const isMadeUp = root.isPlain && entry.hasLayerSources;
  for (const read of isMadeUp ? [rebuild, keepAgreeing] : [keepAgreeing, rebuild]) {
    const { value } = await attempt(read);
    if (value) return value;
  }
  return keep();
}
