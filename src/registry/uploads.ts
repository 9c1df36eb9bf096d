/** Pushing a blob: OCI distribution-spec, "Pushing blobs". */
import type { Actor } from "../model/access.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import type { RepositoryName } from "../model/reference.ts";
import type { Stores } from "../storage/stores.ts";
import {
  appendToUpload,
  cancelUpload,
  type ChunkBounds,
  finishUpload,
  openUpload,
  storeUpload,
  type UploadFinisher,
  uploadOffset,
} from "../storage/uploads.ts";
import { findWriteTarget } from "./access.ts";
import { ensureRepository } from "./repositories.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** An upload that is under way: where it goes to, who goes on with it, and the id of its session. */
export interface Upload {
  repository: RepositoryName;
  actor: Actor;
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
  const opening = { ...finisherOf({ repository, actor }), algorithm: algorithmOf(blob.digest) };
  await orExplained(stores, { repository, actor }, () =>
    storeUpload(stores.uploads, opening, blob.digest, blob.bounds, blob.body),
  );
}

/**
 * @returns how many bytes the upload has.
 * @throws RegistryError DENIED and UNAUTHORIZED as {@link findWriteTarget}, also for all below.
 */
export async function getUploadOffset(stores: Stores, upload: Upload): Promise<number> {
  await findWriteTarget(stores, upload.actor, "push", upload.repository);
  return uploadOffset(stores.uploads, upload.session, finisherOf(upload));
}

/** @returns how many bytes the upload has now. */
export async function appendChunk(
  stores: Stores,
  upload: Upload,
  bounds: ChunkBounds,
  body: Body | null,
): Promise<number> {
  // While the bytes come in: it takes no time of its own, and they become a blob only by the request after this one.
  const [target, offset] = await Promise.allSettled([
    findWriteTarget(stores, upload.actor, "push", upload.repository),
    appendToUpload(stores.uploads, upload.session, finisherOf(upload), bounds, body),
  ]);
  if (target.status === "rejected") throw target.reason;
  if (offset.status === "rejected") throw offset.reason;
  return offset.value;
}

/** Ends an upload, with a last chunk or without, by naming the digest of the whole. */
export async function completeUpload(
  stores: Stores,
  upload: Upload,
  last: { digest: Digest; bounds: ChunkBounds; body: Body | null },
): Promise<void> {
  await orExplained(stores, upload, () =>
    finishUpload(stores.uploads, upload.session, finisherOf(upload), last.digest, last.bounds, last.body),
  );
}

export async function abandonUpload(stores: Stores, upload: Upload): Promise<void> {
  await findWriteTarget(stores, upload.actor, "push", upload.repository);
  await cancelUpload(stores.uploads, upload.session, finisherOf(upload));
}

function finisherOf({ repository, actor }: Omit<Upload, "session">): UploadFinisher {
  return { repository, userId: actor.user.id, passwordChanges: actor.passwordChanges };
}

/** The statement that writes a blob decides anew whether its pusher may; only when it refuses is it looked up why. */
async function orExplained(
  stores: Stores,
  { repository, actor }: Omit<Upload, "session">,
  finish: () => Promise<void>,
): Promise<void> {
  try {
    await finish();
  } catch (error) {
    if (error instanceof RegistryError && error.code === "NAME_UNKNOWN") {
      await findWriteTarget(stores, actor, "push", repository);
    }
    throw error;
  }
}
