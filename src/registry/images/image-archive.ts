/** Downloading an image as one file: beyond SWR. */
import { withDocuments, writeWhole } from "../../documents.ts";
import type { Lease } from "../../memory.ts";
import type { Visitor } from "../../model/rights/access.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";
import { archiveName, childFor, formatPlatform, type WantedPlatform } from "../../model/images/image-archive.ts";
import { blobPath, describeLayout, type LayoutFile, layersWanting, loadedChild } from "../../kernel/image-layout.ts";
import { type ManifestContent, readManifestContent } from "../../kernel/manifest-content.ts";
import { isIndexMediaType } from "../../kernel/media-types.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import { TAR_END, tarEntryBytes, tarHeader, tarPadding } from "../../kernel/tar.ts";
import { type ArchiveParts, findArchiveParts } from "../../storage/images/image-archive.ts";
import { type ReadManifest, readManifestText } from "../../storage/content/find-manifest.ts";
import { type Call, hostOf } from "../call.ts";
import type { Stores } from "../../storage/stores.ts";
import { openObject } from "../content/blobs.ts";
import { requireVisible } from "./image-detail.ts";
import { recordDownload } from "../audit/audit.ts";
import { readManifest } from "../content/find-manifest.ts";
import { findPull } from "../content/pull-manifest.ts";
import { countPull } from "../content/pulls.ts";

/** Manifests and blobs together: the platform allows a request so many steps to R2 and D1, and some are taken already. */
const MAX_PARTS = 900;

export interface Archive {
  /** What it is to be called on a disk. */
  fileName: string;
  /** Bytes. */
  size: number;
  /**
   * Counts a pull, records the download, and gives the bytes: blobs go from R2 to the client without passing through
   * JavaScript.
   */
  open: () => ReadableStream<Uint8Array>;
}

/** What is asked for: `platform` is the only one of an index. */
interface WantedArchive {
  name: RepositoryName;
  reference: Reference;
  platform: WantedPlatform | undefined;
}

/**
 * An image as an archive that `docker load`, `podman load`, containerd and skopeo read: an OCI image layout with docker's
 * `manifest.json`. Of an index it holds all platforms, of which a docker that loads only one gets linux/amd64.
 */
export async function openArchive(call: Call<Visitor>, wanted: WantedArchive): Promise<Archive> {
  await requireVisible(call, wanted.name);
  return withDocuments((memory) => plan(call, wanted, memory));
}

async function plan(call: Call<Visitor>, wanted: WantedArchive, memory: Lease): Promise<Archive> {
  const { stores } = call;
  const { name, reference, platform } = wanted;
  const asked = await findPull(stores, name, { reference, accepted: undefined }, memory);
  const root = platform ? await readChildFor(stores, name, asked, { platform, memory }) : asked;
  const content = readManifestContent(root.text);
  const [parts, loaded] = await Promise.all([
    findArchiveParts(stores.db, root.id, MAX_PARTS + 1),
    readLoaded(stores, name, content, memory),
  ]);
  if (parts.manifests.length + parts.blobs.length > MAX_PARTS) {
    throw tooManyParts(name, reference, isIndexMediaType(root.mediaType));
  }
  const present = new Set<string>(parts.blobs.map(({ digest }) => digest));
  const isPresent = (digest: string) => present.has(digest);
  const absent = loaded ? layersWanting(loaded, isPresent) : [];
  if (absent[0]) throw incomplete(name, reference, absent[0].digest, absent.length);
  const names = isDigest(reference) ? [] : [{ full: `${hostOf(call)}/${name}:${reference}`, tag: reference }];
  const archive = { files: describeLayout(root, names, loaded, isPresent), ...withoutRepetitions(parts) };
  const size = sizeOf(archive);
  const fileName = archiveName(name, reference, platform);
  const open = () => {
    const { repository } = asked;
    countPull(call, { repository, isCounted: true, bytes: size, manifestIds: [...new Set([asked.id, root.id])] });
    const detail = { platform: platform && formatPlatform(platform), bytes: size };
    recordDownload(call, { name, accountId: repository.accountId, reference }, detail);
    const { readable, writable } = new FixedLengthStream(size);
    call.after(() => send(stores, archive, writable, fileName));
    return readable;
  };
  return { fileName, size, open };
}

/** That a client goes away is no failure, and cannot be told from one. */
async function send(
  stores: Stores,
  archive: ArchiveContent,
  writable: WritableStream<Uint8Array>,
  fileName: string,
): Promise<void> {
  try {
    await write(stores, archive, writable);
  } catch (error) {
    console.warn(`the download of ${fileName} broke off:`, error);
  }
}

async function readChildFor(
  { db }: Stores,
  name: RepositoryName,
  { mediaType, text }: ReadManifest,
  { platform, memory }: { platform: WantedPlatform; memory: Lease },
): Promise<ReadManifest> {
  if (!isIndexMediaType(mediaType)) throw refusePlatform(reason("PLATFORM_OF_NO_INDEX"));
  const digest = childFor(readManifestContent(text), platform)?.digest;
  const child = digest && (await readManifest(db, name, digest, memory));
  if (child) return child;
  throw refusePlatform(reason("PLATFORM_ABSENT", { platform: formatPlatform(platform) }));
}

function refusePlatform(why: Reason): RegistryError {
  return refusal("PARAMETER_INVALID", why, { field: "platform", detail: { field: "platform" } });
}

/** What docker loads: the image itself, or one of an index. */
async function readLoaded(
  { db }: Stores,
  name: RepositoryName,
  content: ManifestContent,
  memory: Lease,
): Promise<ManifestContent | undefined> {
  if (!content.manifests) return content;
  const digest = loadedChild(content.manifests)?.digest;
  const child = digest && (await readManifest(db, name, digest, memory));
  return child ? readManifestContent(child.text) : undefined;
}

function tooManyParts(name: RepositoryName, reference: Reference, isIndex: boolean): RegistryError {
  const what = `${nameOf(name, reference)} has more than ${MAX_PARTS} manifests and layers, too many for one download`;
  const advice = `${isIndex ? "ask for one platform, or " : ""}make the archive with \`berth pull\`, which has no such limit`;
  return new RegistryError("ARCHIVE_TOO_LARGE", `${what}: ${advice}`);
}

/** Docker's and Windows' own layers were never pushed anywhere: docker fetches them from where the manifest says. */
function incomplete(name: RepositoryName, reference: Reference, layer: Digest, count: number): RegistryError {
  const which = `the layer ${layer}${count > 1 ? ` and ${count - 1} more` : ""}`;
  const message =
    `${nameOf(name, reference)} cannot be loaded from an archive: ${which} may not be distributed, and is not in this ` +
    `registry. Pull the image with \`docker pull\`, which fetches it from where the manifest says, or write a layout ` +
    `without it with \`berth pull\``;
  return new RegistryError("ARCHIVE_INCOMPLETE", { message, detail: { digest: layer } });
}

function nameOf(name: RepositoryName, reference: Reference): string {
  return `${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

interface ArchiveContent extends ArchiveParts {
  files: LayoutFile[];
}

/** Somebody may have pushed a manifest as a blob as well. */
function withoutRepetitions({ manifests, blobs }: ArchiveParts): ArchiveParts {
  const digests = new Set(manifests.map(({ digest }) => digest));
  return { manifests, blobs: blobs.filter(({ digest }) => !digests.has(digest)) };
}

function sizeOf({ files, manifests, blobs }: ArchiveContent): number {
  const sizes = [
    ...files.map(({ path, text }) => tarEntryBytes(path, encode(text).byteLength)),
    ...[...manifests, ...blobs].map(({ digest, size }) => tarEntryBytes(blobPath(digest), size)),
  ];
  return sizes.reduce((total, size) => total + size, 0) + TAR_END.byteLength;
}

/** What tells of the rest comes first, and the layers last: who reads it as it comes knows them when they do. */
async function write(
  stores: Stores,
  { files, manifests, blobs }: ArchiveContent,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const { path, text } of files) await writeBytes(writable, path, encode(text));
    for (const manifest of manifests) {
      await withDocuments(async (memory) => {
        const text = await readManifestText(stores.db, manifest, memory);
        if (text === undefined) throw new Error(`manifest ${manifest.digest} was deleted meanwhile`);
        await writeBytes(writable, blobPath(manifest.digest), encode(text));
      });
    }
    for (const { digest, size, objectKey } of blobs) {
      const object = await openObject(stores, objectKey);
      if (!object) throw new Error(`object ${objectKey} of blob ${digest} is not in R2`);
      await writeAll(writable, [tarHeader(blobPath(digest), size)]);
      await object.body.pipeTo(writable, { preventClose: true });
      await writeAll(writable, [tarPadding(size)]);
    }
    await writeAll(writable, [TAR_END]);
    await writable.close();
  } catch (error) {
    // The client then has fewer bytes than it was told of, and knows that they are no archive.
    await writable.abort(error).catch(() => undefined);
    throw error;
  }
}

async function writeBytes(writable: WritableStream<Uint8Array>, path: string, bytes: Uint8Array): Promise<void> {
  await writeAll(writable, [tarHeader(path, bytes.byteLength), bytes, tarPadding(bytes.byteLength)]);
}

/** The lock is let go in between, for the bytes that come from R2. */
async function writeAll(writable: WritableStream<Uint8Array>, pieces: readonly Uint8Array[]): Promise<void> {
  const writer = writable.getWriter();
  try {
    for (const piece of pieces) await writeWhole(writer, piece);
  } finally {
    writer.releaseLock();
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
