/** Pushing a blob: OCI distribution-spec, "Pushing blobs". */
import type { Actor } from "../../model/rights/access.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { QuotaExcess } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { listOldUploads, touchOpenUploads } from "../../storage/content/open-uploads.ts";
import type { Stores } from "../../storage/stores.ts";
import {
  appendToUpload,
  cancelUpload,
  type ChunkBounds,
  endIdleUpload,
  finishUpload,
  newUploadId,
  openUpload,
  storeUpload,
  type UploadFinisher,
  uploadOffset,
  type UploadOutcome,
} from "../../storage/content/uploads.ts";
import { findWriteTarget } from "../rights/access.ts";
import { ensureOpenUpload } from "../images/repositories.ts";
import { acceptedBy } from "./upload-refusals.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** Where all places for uploads are taken, one that nobody has continued for so long gives way to a new one. */
const GIVE_WAY_MS = 60 * 60 * 1000;
/** How many are looked at then: what is refused must not make much work. */
const MAX_LOOKED_AT = 5;

/** An upload that is under way: where it goes to, who goes on with it, and the id of its session. */
export interface Upload {
  repository: RepositoryName;
  actor: Actor;
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
  const opening = { ...finisherOf({ repository, actor }), algorithm: algorithmOf(blob.digest), room };
  await orExplained(stores, { repository, actor }, () =>
    storeUpload(stores.uploads, session, opening, blob.digest, blob.bounds, blob.body),
  );
}

/**
 * @returns how many bytes the upload has.
 * @throws RegistryError DENIED and UNAUTHORIZED as {@link findWriteTarget}, also for all below.
 */
export async function getUploadOffset(stores: Stores, upload: Upload): Promise<number> {
  await findWriteTarget(stores, upload.actor, "push", upload.repository);
  const answer = await uploadOffset(stores.uploads, upload.session, finisherOf(upload));
  return acceptedBy(answer, upload.repository).offset;
}

/**
 * @returns how many bytes the upload has now.
 * @throws RegistryError QUOTA_EXCEEDED when the organization has no room for them, which ends the upload.
 */
export async function appendChunk(
  stores: Stores,
  upload: Upload,
  bounds: ChunkBounds,
  body: Body | null,
): Promise<number> {
  // While the bytes come in: it takes no time of its own, and they become a blob only by the request after this one.
  const [target, answer] = await Promise.allSettled([
    findWriteTarget(stores, upload.actor, "push", upload.repository),
    appendToUpload(stores.uploads, upload.session, finisherOf(upload), bounds, body),
  ]);
  if (target.status === "rejected") throw target.reason;
  if (answer.status === "rejected") throw answer.reason;
  return acceptedBy(answer.value, upload.repository).offset;
}

/**
 * Ends an upload, with a last chunk or without, by naming the digest of the whole.
 *
 * @throws RegistryError DIGEST_INVALID; QUOTA_EXCEEDED as {@link appendChunk}.
 */
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
  acceptedBy(await cancelUpload(stores.uploads, upload.session, finisherOf(upload)), upload.repository);
}

function finisherOf({ repository, actor }: Omit<Upload, "session">): UploadFinisher {
  return { repository, userId: actor.user.id, passwordChanges: actor.passwordChanges };
}

/** The statement that writes a blob decides anew whether its pusher may; only when it refuses is it looked up why. */
async function orExplained(
  stores: Stores,
  { repository, actor }: Omit<Upload, "session">,
  finish: () => Promise<UploadOutcome<unknown>>,
): Promise<void> {
  const answer = await finish();
  if (answer.outcome === "repository-unknown") await findWriteTarget(stores, actor, "push", repository);
  acceptedBy(answer, repository);
}
