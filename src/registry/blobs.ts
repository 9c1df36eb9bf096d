import type { Actor } from "../model/access.ts";
import type { ByteRange } from "../model/byte-range.ts";
import type { Digest } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import type { RepositoryName } from "../model/reference.ts";
import { findBlob, type FoundBlob, touchBlob, unlinkBlob } from "../storage/blobs.ts";
import type { Stores } from "../storage/stores.ts";
import { findWriteTarget } from "./access.ts";

/** How exact `lastUsedAt` is: an existence check writes at most this often. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;

export interface Blob {
  digest: Digest;
  /** Bytes. */
  size: number;
}

/**
 * Says that a blob exists, to somebody who may be about to rely on it in a manifest: garbage collection then leaves it
 * for the grace period. Never opens the object.
 *
 * @throws RegistryError BLOB_UNKNOWN or NAME_UNKNOWN.
 */
export async function statBlob(stores: Stores, repository: RepositoryName, digest: Digest): Promise<Blob> {
  const blob = await requireBlob(stores, repository, digest);
  // The blob may be touched by those who use it elsewhere, and have to go here.
  const lastUsedAt = Math.min(blob.lastUsedAt.getTime(), blob.unneededSince || Infinity);
  if (Date.now() - lastUsedAt > TOUCH_INTERVAL_MS && !(await touchBlob(stores.db, blob))) {
    throw unknownBlob(repository, digest);
  }
  return blob;
}

/**
 * Finds a blob to read. `open` reads it, or the range that it is given, straight from R2.
 *
 * @throws RegistryError BLOB_UNKNOWN or NAME_UNKNOWN.
 */
export async function getBlob(
  stores: Stores,
  repository: RepositoryName,
  digest: Digest,
): Promise<Blob & Pick<FoundBlob, "repository"> & { open: (range?: ByteRange) => Promise<ReadableStream> }> {
  const { size, objectKey, repository: pulledFrom } = await requireBlob(stores, repository, digest);
  const open = async (range?: ByteRange) => {
    const object = await stores.bucket.get(objectKey, range && { range });
    if (!object) throw new Error(`object ${objectKey} of blob ${digest} is not in R2`);
    return object.body;
  };
  return { digest, size, repository: pulledFrom, open };
}

/**
 * Removes a blob from a repository. Other repositories keep it, and so does this one while a manifest needs it.
 *
 * @throws RegistryError DENIED and UNAUTHORIZED as {@link findWriteTarget}, BLOB_UNKNOWN, NAME_UNKNOWN or BLOB_IN_USE.
 */
export async function deleteBlob(
  stores: Stores,
  actor: Actor,
  repository: RepositoryName,
  digest: Digest,
): Promise<void> {
  await findWriteTarget(stores, actor, "delete", repository);
  if (await unlinkBlob(stores.db, actor, repository, digest)) return;
  await requireBlob(stores, repository, digest);
  throw new RegistryError("BLOB_IN_USE", {
    message: `blob ${digest} is part of a manifest of ${repository}: delete that first`,
    detail: { digest },
  });
}

async function requireBlob(stores: Stores, repository: RepositoryName, digest: Digest): Promise<FoundBlob> {
  const blob = await findBlob(stores.db, repository, digest);
  if (!blob) throw unknownBlob(repository, digest);
  return blob;
}

function unknownBlob(repository: RepositoryName, digest: Digest): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", { message: `blob ${digest} is not in ${repository}`, detail: { digest } });
}
