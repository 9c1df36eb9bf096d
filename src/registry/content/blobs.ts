import { SMALL_DOCUMENT_BYTES } from "../../documents.ts";
import type { RegistryCaller, RepositoryPlace } from "../../model/rights/access.ts";
import type { ByteRange } from "../../kernel/byte-range.ts";
import { counted } from "../../kernel/counted.ts";
import type { Digest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import {
  findBlob as find,
  type FoundBlob,
  listBlobsBeside,
  markLost,
  touchBlob,
  unlinkBlob,
} from "../../storage/content/blobs.ts";
import { hasObject } from "../../storage/content/objects.ts";
import type { Stores } from "../../storage/stores.ts";
import { type Call, actorOf } from "../call.ts";
import { unknownRepository } from "../images/repositories.ts";
import {
  type Access,
  type Confirmable,
  hasUpstream,
  mayAccess,
  mayNotPush,
  type UpstreamAccess,
} from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import {
  announceRemovals,
  findNearBlob,
  forgetBlob,
  isSame,
  nearBlobObject,
  nearBlobSize,
  rememberBlob,
  rememberObject,
  rememberSize,
} from "./edge-content.ts";
import { nameOf } from "./find-manifest.ts";
import { findNotedBlob, noteBlobs } from "./noted-blobs.ts";
import { countPull } from "./pulls.ts";

/** How exact `lastUsedAt` is: an existence check writes at most this often. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;

export interface Blob {
  digest: Digest;
  /** Bytes. */
  size: number;
}

/**
 * Answers that a blob exists and can be read. The client may now rely on it for a manifest, so garbage collection
 * leaves it for the grace period. A caller who may not push is told for some minutes what was found (ADR 24).
 */
export async function statBlob(call: Call<RegistryCaller>, access: Access<"pull">, digest: Digest): Promise<Blob> {
  const { stores } = call;
  const { repository, place } = access;
  const reading = place && mayNotPush(call, repository) ? place : undefined;
  const nearSize = reading && nearBlobSize(reading, digest);
  if (nearSize !== undefined) return { digest, size: nearSize };
  const noted = findNotedBlob(call, repository, digest);
  if (noted && (await hasObject(stores.bucket, noted))) return noted;
  if (hasUpstream(access)) return statFromElsewhere(call, access, digest);
  const blob = await requireBlob(stores, access, digest);
  if (!(await isReadable(stores, blob))) throw lostBlob(digest);
  // The blob may be touched by those who use it elsewhere, and have to go here.
  const lastUsedAt = Math.min(blob.lastUsedAt.getTime(), blob.unneededSince || Infinity);
  if (Date.now() - lastUsedAt > TOUCH_INTERVAL_MS) {
    // Garbage collection leaves what a manifest names here, and for the grace period after that.
    if (blob.unneededSince === null) call.after(() => touchBlob(stores.db, blob));
    else if (!(await touchBlob(stores.db, blob))) throw unknownBlob(repository, digest);
  }
  if (reading) rememberSize(reading, blob);
  // A push that looks for this one is about to look for those beside it.
  if (blob.unneededSince === null && !reading) {
    call.after(async () => {
      if (!(await mayAccess(call, "push", repository))) return;
      noteBlobs(call, repository, await listBlobsBeside(stores.db, blob));
    });
  }
  return blob;
}

/** A blob that can be read, straight from R2. */
export interface ReadableBlob extends Blob {
  /**
   * Counts a pull of these ranges, or else of the whole, and opens the first of them.
   *
   * @returns its bytes, and a function that opens another one.
   */
  open: (ranges?: readonly ByteRange[]) => Promise<{ body: ReadableStream; openNext: OpenRange }>;
}
export type OpenRange = (range?: ByteRange) => Promise<ReadableStream>;

/**
 * Finds a blob to read: one that is near, or whose object was found some minutes ago, without a query (ADR 24).
 *
 * @param isWhole whether the client wants all of it.
 */
export async function getBlob(
  call: Call<RegistryCaller>,
  access: Access<"pull">,
  digest: Digest,
  isWhole: boolean,
): Promise<ReadableBlob> {
  const { place } = access;
  const near = place && (await findNearBlob(call.stores, place, digest, isWhole));
  if (place && near) {
    const { size, body } = near;
    const openNext = async (range?: ByteRange) => (body instanceof Uint8Array ? streamOf(body, range) : body);
    return { digest, size, open: countingPull(call, place, size, openNext) };
  }
  if (hasUpstream(access)) return getFromElsewhere(call, access, digest);
  const known = place && nearBlobObject(place, digest);
  if (place && known) {
    const { size, objectKey } = known;
    const opener = knownOpener(call, access, { place, digest, objectKey });
    return { digest, size, open: countingPull(call, place, size, opener) };
  }
  return readStored(call, access, await findStored(call, access, digest));
}

async function findStored(
  { stores }: Call<RegistryCaller>,
  access: Access<"pull">,
  digest: Digest,
): Promise<FoundBlob> {
  return (await findReplicatedBlob(stores, access, digest)) ?? (await requireBlob(stores, access, digest));
}

function readStored(call: Call<RegistryCaller>, access: Access<"pull">, blob: FoundBlob): ReadableBlob {
  const { digest, size, repository } = blob;
  return { digest, size, open: countingPull(call, repository, size, storedOpener(call, access, blob)) };
}

function storedOpener(call: Call<RegistryCaller>, access: Access<"pull">, blob: FoundBlob): OpenRange {
  const { place } = access;
  const { digest, size, objectKey } = blob;
  return async (range) => {
    const object = await openObject(call.stores, objectKey, range);
    if (!object && place) forgetBlob(place, digest);
    if (!object && hasUpstream(access)) return (await elsewhere()).openThrough(call, access, { digest, size }, range);
    if (!object) throw lostBlob(digest);
    if (!place) return object.body;
    if (size > SMALL_DOCUMENT_BYTES) rememberObject(place, blob);
    if (range || size > SMALL_DOCUMENT_BYTES) return object.body;
    const bytes = new Uint8Array(await object.arrayBuffer());
    rememberBlob(place, blob, bytes);
    return streamOf(bytes);
  };
}

/** Of a blob whose object was known some minutes ago. If it is gone, the blob may be removed, or stored anew: the database says which. */
function knownOpener(
  call: Call<RegistryCaller>,
  access: Access<"pull">,
  { place, digest, objectKey }: { place: RepositoryPlace; digest: Digest; objectKey: string },
): OpenRange {
  return async (range) => {
    const object = await call.stores.bucket.get(objectKey, range && { range });
    if (object) return object.body;
    forgetBlob(place, digest);
    return storedOpener(call, access, await findStored(call, access, digest))(range);
  };
}

/**
 * A blob of an organization that stands for a registry elsewhere, to which nobody pushes. What is here is read as of any image; what
 * is not comes from there.
 */
async function getFromElsewhere(
  call: Call<RegistryCaller>,
  access: UpstreamAccess,
  digest: Digest,
): Promise<ReadableBlob> {
  const near = await findReplicatedBlob(call.stores, access, digest);
  if (near) return readStored(call, access, near);
  const { blob, repository } = await findHere(call, access, digest);
  if (blob) return readStored(call, access, blob);
  const { openThrough, statThrough } = await elsewhere();
  const size = await statThrough(call, access, digest);
  const openNext: OpenRange = (range) => openThrough(call, access, { digest, size }, range);
  if (repository) return { digest, size, open: countingPull(call, repository, size, openNext) };
  // There is no room for the image, and so nothing to count by.
  return { digest, size, open: async (ranges) => ({ body: await openNext(ranges?.[0]), openNext }) };
}

/** The same without its bytes. */
async function statFromElsewhere(call: Call<RegistryCaller>, access: UpstreamAccess, digest: Digest): Promise<Blob> {
  const { blob } = await findHere(call, access, digest);
  if (blob) return blob;
  const { statThrough } = await elsewhere();
  return { digest, size: await statThrough(call, access, digest) };
}

/** What pulls of images from elsewhere take: it is loaded with the first of them (ADR 0028). */
function elsewhere() {
  return import("../upstreams/pull-through.ts");
}

/** What is here of a blob and its repository, neither of which need be. */
async function findHere(
  { stores }: Call<RegistryCaller>,
  access: UpstreamAccess,
  digest: Digest,
): Promise<{ blob?: FoundBlob; repository?: RepositoryPlace }> {
  const found = await find(stores.db, access.repository, digest);
  if (found.outcome === "repository-unknown") return {};
  const { blob, repository } =
    found.outcome === "found"
      ? { blob: found.blob, repository: found.blob.repository }
      : { blob: undefined, repository: found.repository };
  await access.confirm(repository);
  return { repository, ...(blob && { blob }) };
}

function countingPull(
  call: Call<RegistryCaller>,
  repository: FoundBlob["repository"],
  size: number,
  openNext: OpenRange,
): ReadableBlob["open"] {
  return async (ranges?: readonly ByteRange[]) => {
    const body = await openNext(ranges?.[0]);
    const bytes = ranges ? ranges.reduce((sum, { length }) => sum + length, 0) : size;
    countPull(call, { repository, isCounted: false, bytes, manifestIds: [] });
    return { body, openNext };
  };
}

function streamOf(bytes: Uint8Array<ArrayBuffer>, range?: ByteRange): ReadableStream {
  const { offset, length } = range ?? { offset: 0, length: bytes.byteLength };
  return new Blob([bytes.subarray(offset, offset + length)]).stream();
}

/**
 * Opens an object of R2. One that is not there is noted, so that its blob counts as absent from then on and the next push
 * sends its bytes again (ADR 19).
 */
export async function openObject(
  { db, bucket }: Pick<Stores, "db" | "bucket">,
  key: string,
  range?: ByteRange,
): Promise<R2ObjectBody | null> {
  const object = await bucket.get(key, range && { range });
  if (!object) await noteLost(db, [key]);
  return object;
}

/** Whether R2 has a blob's object. One that it has not is noted, as by {@link openObject}. */
export async function isReadable(
  { db, bucket }: Pick<Stores, "db" | "bucket">,
  object: { objectKey: string; size: number },
): Promise<boolean> {
  if (await hasObject(bucket, object)) return true;
  await noteLost(db, [object.objectKey]);
  return false;
}

/** Notes that objects are gone from R2, and tells the operator. */
export async function noteLost(db: Stores["db"], keys: readonly string[]): Promise<void> {
  console.error(
    `gone from R2: ${counted(keys.length, "object")}, such as ${keys[0]}. What they held is absent until it is pushed again.`,
  );
  await markLost(db, keys);
}

/** Removes a blob from a repository. Other repositories keep it, and so does this one while a manifest needs it. */
export async function deleteBlob(
  call: Call<RegistryCaller>,
  { repository }: Access<"delete">,
  digest: Digest,
): Promise<void> {
  const { stores } = call;
  await findWriteTarget(call, "delete", repository);
  if (await unlinkBlob(stores.db, actorOf(call), repository, digest)) {
    await announceRemovals(stores);
    return;
  }
  await requireBlob(stores, repository, digest);
  throw new RegistryError("BLOB_IN_USE", {
    message: `blob ${digest} is part of a manifest of ${repository}: delete that first`,
    detail: { digest },
  });
}

/**
 * Finds a blob that a repository may serve. An access in place of the repository's name is confirmed of what is found under that.
 *
 * @returns undefined when the repository does not have it, or its object is known to be lost.
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function findBlob(
  db: Stores["db"],
  searched: RepositoryName | Confirmable,
  digest: Digest,
): Promise<FoundBlob | undefined> {
  const repository = nameOf(searched);
  const found = await find(db, repository, digest);
  if (found.outcome === "repository-unknown") throw unknownRepository(repository);
  const blob = found.outcome === "found" ? found.blob : undefined;
  if (typeof searched !== "string") {
    await searched.confirm(found.outcome === "found" ? found.blob.repository : found.repository);
  }
  return blob;
}

/** The same by the nearest copy of the database, as `readReplicatedManifest`. */
async function findReplicatedBlob(
  { db, nearby }: Stores,
  { repository, place }: Access<"pull">,
  digest: Digest,
): Promise<FoundBlob | undefined> {
  if (!place || nearby === db) return undefined;
  const found = await find(nearby, repository, digest);
  return found.outcome === "found" && isSame(found.blob.repository, place) ? found.blob : undefined;
}

async function requireBlob(stores: Stores, searched: RepositoryName | Confirmable, digest: Digest): Promise<FoundBlob> {
  const blob = await findBlob(stores.db, searched, digest);
  if (!blob) throw unknownBlob(nameOf(searched), digest);
  return blob;
}

/** The refusal of a blob whose object is gone from R2. */
export function lostBlob(digest: Digest): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", {
    message: `the bytes of blob ${digest} are lost: push the image again`,
    detail: { digest },
  });
}

/** The refusal of a blob that a repository does not have. */
export function unknownBlob(repository: RepositoryName, digest: Digest): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", { message: `blob ${digest} is not in ${repository}`, detail: { digest } });
}
