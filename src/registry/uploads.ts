/** Pushing a blob: OCI distribution-spec, "Pushing blobs". */
import type { Actor } from "../model/access.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import type { QuotaExcess } from "../model/quota.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import { listOldUploads, touchOpenUploads } from "../storage/open-uploads.ts";
import type { Stores } from "../storage/stores.ts";
import {
  appendToUpload,
  cancelUpload,
  type ChunkBounds,
  endIdleUpload,
  finishUpload,
  newUploadId,
  openUpload,
  storeUpload,
  uploadOffset,
} from "../storage/uploads.ts";
import { ensureOpenUpload } from "./repositories.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** Where all places for uploads are taken, one that nobody has continued for so long gives way to a new one. */
const GIVE_WAY_MS = 60 * 60 * 1000;
/** How many are looked at then: what is refused must not make much work. */
const MAX_LOOKED_AT = 5;

/** An upload that is under way: where it goes to, whose it is, and the id of its session. */
export interface Upload {
  repository: RepositoryName;
  userId: number;
  session: string;
}

/**
 * Opens an upload session and answers its id.
 *
 * @throws RegistryError as `ensureRepository`; QUOTA_EXCEEDED also when there are too many sessions.
 */
export async function startUpload(
  stores: Stores,
  repository: RepositoryName,
  actor: Actor,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const session = newUploadId(stores.uploads);
  // One after the other: what is refused leaves no session behind, and the session knows its room.
  const room = await takePlace(stores, actor, repository, session);
  await openUpload(stores.uploads, session, { repository, userId: actor.user.id, algorithm, room });
  return session;
}

/** Takes a place for an upload, if need be that of an idle one. */
async function takePlace(stores: Stores, actor: Actor, repository: RepositoryName, session: string): Promise<number> {
  try {
    return await ensureOpenUpload(stores, actor, repository, session);
  } catch (error) {
    if (!(error instanceof RegistryError) || !(await makePlace(stores, actor, repository, error))) throw error;
    return ensureOpenUpload(stores, actor, repository, session);
  }
}

/**
 * Ends sessions that nobody has continued for an hour, of those who had no place left for another one.
 *
 * @returns whether there was one.
 */
async function makePlace(
  { db, uploads }: Stores,
  actor: Actor,
  repository: RepositoryName,
  { code, problems }: RegistryError,
): Promise<boolean> {
  const excess = problems[0]?.detail as QuotaExcess | undefined;
  if (code !== "QUOTA_EXCEEDED" || excess?.resource !== "openUploads") return false;
  const idleSince = new Date(Date.now() - GIVE_WAY_MS);
  const places = { holder: excess.holder, organization: organizationOf(repository), userId: actor.user.id };
  const old = await listOldUploads(db, places, idleSince, MAX_LOOKED_AT);
  const ended = await Promise.all(old.map((session) => endIdleUpload(uploads, session, idleSince)));
  const going = old.filter((_, at) => !ended[at]);
  // Those are looked at again only after the others.
  if (going.length > 0) await touchOpenUploads(db, going);
  return going.length < old.length;
}

/**
 * Stores a blob that comes whole, in one request.
 *
 * @throws RegistryError as {@link startUpload} and {@link completeUpload}.
 */
export async function uploadBlob(
  stores: Stores,
  repository: RepositoryName,
  actor: Actor,
  blob: { digest: Digest; bounds: ChunkBounds; body: Body | null },
): Promise<void> {
  const session = newUploadId(stores.uploads);
  const room = await takePlace(stores, actor, repository, session);
  const opening = { repository, userId: actor.user.id, algorithm: algorithmOf(blob.digest), room };
  await storeUpload(stores.uploads, session, opening, blob.digest, blob.bounds, blob.body);
}

/** @returns how many bytes the upload has. */
export function getUploadOffset(stores: Stores, upload: Upload): Promise<number> {
  return uploadOffset(stores.uploads, upload.session, upload);
}

/**
 * @returns how many bytes the upload has now.
 * @throws RegistryError QUOTA_EXCEEDED when the organization has no room for them, which ends the upload.
 */
export function appendChunk(stores: Stores, upload: Upload, bounds: ChunkBounds, body: Body | null): Promise<number> {
  return appendToUpload(stores.uploads, upload.session, upload, bounds, body);
}

/**
 * Ends an upload, with a last chunk or without, by naming the digest of the whole.
 *
 * @throws RegistryError DIGEST_INVALID; QUOTA_EXCEEDED as {@link appendChunk}.
 */
export function completeUpload(
  stores: Stores,
  upload: Upload,
  last: { digest: Digest; bounds: ChunkBounds; body: Body | null },
): Promise<void> {
  return finishUpload(stores.uploads, upload.session, upload, last.digest, last.bounds, last.body);
}

export function abandonUpload(stores: Stores, upload: Upload): Promise<void> {
  return cancelUpload(stores.uploads, upload.session, upload);
}
