/** Pushing a blob of any size in requests below a limit, whatever happens to the connection meanwhile. */
import { ChunkSizes, MAX_BUFFERED_BYTES, MAX_REQUEST_BYTES } from "./chunk-sizes.ts";
import type { ChunkStore, StoredChunk } from "./chunk-store.ts";
import { ContentMismatch, isSignedOut, NetworkLost, RegistryRefusal, UploadLost } from "./errors.ts";
import { Digester } from "./hash.ts";
import { BlobUpload, type UploadTarget } from "./blob-upload.ts";
import { isTransient } from "./retry.ts";
import { type ChunkReader, isRereadable, openSource, type UploadSource } from "./upload-source.ts";

export interface BlobToUpload {
  source: UploadSource;
  /** When it is known; otherwise the bytes are hashed on the way (SHA-256). */
  digest?: string | undefined;
  /** Bytes, when known: another number is an error before the registry makes a blob of it. */
  size?: number | undefined;
  /**
   * A repository of the same registry to mount the blob from, when its digest is known. Default: the target, which
   * answers at once when it has the blob already; undefined asks nothing.
   */
  mountFrom?: string | undefined;
  /** Lets another run go on with the upload where this one stops; of a source that can be read again only. */
  bookmark?: UploadBookmark | undefined;
}

/** Where an upload stands, kept beyond the program that began it. The registry knows how many bytes it has. */
export interface UploadBookmark {
  /** The upload's address, as an earlier run left it; undefined when there is nothing to go on with. */
  location: string | undefined;
  /** Is told each new address, and undefined once the upload has ended or was taken back. */
  keep: (location: string | undefined) => void;
}

export interface UploadLimits {
  /** Most bytes of a request; default 95 MB. */
  maxRequestBytes?: number | undefined;
  /** Most bytes of a chunk of something that is no `Blob`; default 10 MiB. */
  maxBufferedBytes?: number | undefined;
  /** Where such chunks are kept, two for each upload at a time; default: in memory. */
  chunkStore?: ChunkStore | undefined;
}

export interface UploadedBlob {
  digest: string;
  /** Bytes; undefined when it was not read, and its size not known before. */
  size: number | undefined;
  /** "present": nothing had to be sent. */
  outcome: "uploaded" | "present";
}

/** How often an upload begins again that the registry has forgotten. */
const MAX_BEGINNINGS = 4;

/**
 * Uploads a blob, unless the repository has it already.
 *
 * @throws UploadLost when the registry forgets the upload and the source cannot be read again; ContentMismatch when the
 * source has another size; RegistryRefusal; NetworkLost; the signal's reason, after the upload was taken back. With a
 * bookmark, an upload that a lost network or the end of a login stops is left as it is.
 */
export async function uploadBlob(
  target: UploadTarget,
  blob: BlobToUpload,
  limits: UploadLimits = {},
): Promise<UploadedBlob> {
  const { digest, size, source, bookmark } = blob;
  const from = "mountFrom" in blob ? blob.mountFrom : target.repository;
  const mount = digest !== undefined && from !== undefined ? { digest, from } : undefined;
  let left = bookmark?.location;
  for (let beginnings = 1; ; beginnings += 1) {
    const resumed = left === undefined ? undefined : await takeUp(target, left);
    left = undefined;
    const session = resumed ?? (await BlobUpload.open(target, mount));
    if (session === "mounted") {
      if (source instanceof ReadableStream) await source.cancel().catch(() => undefined);
      bookmark?.keep(undefined);
      return { digest: mount?.digest ?? "", size, outcome: "present" };
    }
    bookmark?.keep(session.location);
    try {
      const sent = await sendAll(session, target, blob, limits);
      bookmark?.keep(undefined);
      return { ...sent, outcome: "uploaded" };
    } catch (error) {
      if (bookmark && isPause(error)) throw error;
      bookmark?.keep(undefined);
      // What an earlier run has sent is not the beginning of this source.
      const isOther = resumed !== undefined && isMismatch(error);
      if (!(error instanceof UploadLost)) await session.cancel();
      if (!isOther && !(error instanceof UploadLost)) throw error;
      if (!isRereadable(source) || beginnings === MAX_BEGINNINGS) throw error;
    }
  }
}

/** Goes on with an upload of an earlier run. @returns undefined when the registry will not have it any more. */
async function takeUp(target: UploadTarget, location: string): Promise<BlobUpload | undefined> {
  try {
    return await BlobUpload.find(target, location);
  } catch (error) {
    if (error instanceof UploadLost) return undefined;
    if (error instanceof RegistryRefusal && !isSignedOut(error) && !isTransient(error.status)) return undefined;
    throw error;
  }
}

/** Whether the upload can go on later where it is: nothing is wrong with it. */
function isPause(error: unknown): boolean {
  return (
    error instanceof NetworkLost ||
    isSignedOut(error) ||
    (error instanceof RegistryRefusal && isTransient(error.status))
  );
}

/** Whether the registry has other bytes than were to be sent. */
function isMismatch(error: unknown): boolean {
  return error instanceof ContentMismatch || (error instanceof RegistryRefusal && error.code === "DIGEST_INVALID");
}

/**
 * Adds all bytes of a source to an upload and leaves it open, for callers that know the digest only later.
 *
 * @returns how many bytes were added.
 * @throws as {@link uploadBlob}.
 */
export async function appendAll(session: BlobUpload, source: UploadSource, limits: UploadLimits = {}): Promise<number> {
  const reader = await openSource(source, limits.chunkStore);
  const start = session.offset;
  await releasing(reader, () => writeChunks(session, reader, sizesFor(session, source, limits)));
  return session.offset - start;
}

async function sendAll(
  session: BlobUpload,
  { client, signal }: UploadTarget,
  { source, digest, size, bookmark }: BlobToUpload,
  limits: UploadLimits,
): Promise<{ digest: string; size: number }> {
  const digester = digest === undefined ? new Digester(client.createHash) : undefined;
  const reader = await openSource(source, limits.chunkStore, digester && ((bytes) => digester.update(bytes)));
  const finish = async (last?: Blob) => {
    const actual = session.offset + (last?.size ?? 0);
    if (size !== undefined && actual !== size) {
      throw new ContentMismatch(`the blob has ${actual} bytes in place of ${size}`);
    }
    const known = digest ?? digester?.digest() ?? "";
    await session.finish(known, last);
    return { digest: known, size: actual };
  };
  return releasing(reader, async () => {
    if ((await reader.skip(session.offset)) < session.offset) {
      throw new ContentMismatch(`the registry has ${session.offset} bytes, which is more than there are`);
    }
    const sizes = sizesFor(session, source, limits);
    const first = await reader.read(sizes.next);
    signal?.throwIfAborted();
    if (first === undefined) return finish();
    if (first.blob.size < sizes.next) return using(first, finish);
    await writeChunks(session, reader, sizes, first, () => bookmark?.keep(session.location));
    return finish();
  });
}

/** While one chunk is on its way the next is read. */
async function writeChunks(
  session: BlobUpload,
  reader: ChunkReader,
  sizes: ChunkSizes,
  first?: StoredChunk,
  onWritten?: () => void,
): Promise<void> {
  let chunk = first ?? (await reader.read(sizes.next));
  while (chunk !== undefined) {
    const preparing = reader.read(sizes.next);
    preparing.catch(() => undefined); // awaited later; until then a failure must not count as unhandled
    const start = performance.now();
    try {
      await using(chunk, (blob) => session.write(blob));
    } catch (error) {
      // Reading may wait for bytes that never come, so it is ended first.
      await reader.cancel(error);
      await preparing.then((prepared) => prepared?.release()).catch(() => undefined);
      throw error;
    }
    sizes.took(chunk.blob.size, performance.now() - start);
    onWritten?.();
    chunk = await preparing;
  }
}

/** Gives the room of a chunk back when the work on it has ended, however it did. */
async function using<T>({ blob, release }: StoredChunk, work: (blob: Blob) => Promise<T>): Promise<T> {
  try {
    return await work(blob);
  } finally {
    await release();
  }
}

/** Lets go of a source when the work on it fails. */
async function releasing<T>(reader: ChunkReader, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await reader.cancel(error);
    throw error;
  }
}

function sizesFor(session: BlobUpload, source: UploadSource, limits: UploadLimits): ChunkSizes {
  const { maxRequestBytes = MAX_REQUEST_BYTES, maxBufferedBytes = MAX_BUFFERED_BYTES } = limits;
  const max = Math.min(maxRequestBytes, session.maxRequestBytes);
  return new ChunkSizes(source instanceof Blob ? max : Math.min(max, maxBufferedBytes), session.minChunkBytes);
}
