/** Pushing a blob: OCI distribution-spec, "Pushing blobs". */
import type { Actor } from "../model/access.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../model/digest.ts";
import type { RepositoryName } from "../model/reference.ts";
import type { Stores } from "../storage/stores.ts";
import {
  appendToUpload,
  cancelUpload,
  type ChunkBounds,
  finishUpload,
  openUpload,
  storeUpload,
  uploadOffset,
} from "../storage/uploads.ts";
import { ensureRepository } from "./repositories.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** An upload that is under way: where it goes to, whose it is, and the id of its session. */
export interface Upload {
  repository: RepositoryName;
  userId: number;
  session: string;
}

/** Opens an upload session and answers its id. */
export async function startUpload(
  stores: Stores,
  repository: RepositoryName,
  actor: Actor,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const [session] = await Promise.all([
    openUpload(stores.uploads, { repository, userId: actor.user.id, algorithm }),
    ensureRepository(stores, actor, repository),
  ]);
  return session;
}

/** Stores a blob that comes whole, in one request. */
export async function uploadBlob(
  stores: Stores,
  repository: RepositoryName,
  actor: Actor,
  blob: { digest: Digest; bounds: ChunkBounds; body: Body | null },
): Promise<void> {
  await ensureRepository(stores, actor, repository);
  const opening = { repository, userId: actor.user.id, algorithm: algorithmOf(blob.digest) };
  await storeUpload(stores.uploads, opening, blob.digest, blob.bounds, blob.body);
}

/** @returns how many bytes the upload has. */
export function getUploadOffset(stores: Stores, upload: Upload): Promise<number> {
  return uploadOffset(stores.uploads, upload.session, upload);
}

/** @returns how many bytes the upload has now. */
export function appendChunk(stores: Stores, upload: Upload, bounds: ChunkBounds, body: Body | null): Promise<number> {
  return appendToUpload(stores.uploads, upload.session, upload, bounds, body);
}

/** Ends an upload, with a last chunk or without, by naming the digest of the whole. */
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
