/** Pushing a blob: OCI distribution-spec, "Pushing blobs". */
import type { RegistryCaller } from "../../model/rights/access.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { listOldUploads, touchOpenUploads } from "../../storage/content/open-uploads.ts";
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
import { actorOf, type Call } from "../call.ts";
import type { Access } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { ensureOpenUpload } from "../images/repositories.ts";
import { acceptedBy } from "./upload-refusals.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** If all places for uploads are taken, a new upload ends one that nobody has continued for this long. */
const GIVE_WAY_MS = 60 * 60 * 1000;
/** How many old uploads are checked then: refusing a request must stay cheap. */
const MAX_LOOKED_AT = 5;

/** An upload that is under way: where it goes to, and the id of its session. */
export interface Upload {
  access: Access<"push">;
  session: string;
}

/** The bytes of a whole blob, or the last ones of it, with its digest. */
export interface UploadEnd {
  digest: Digest;
  bounds: ChunkBounds;
  body: Body | null;
}

/** Opens an upload session and answers its id. */
export async function startUpload(
  call: Call<RegistryCaller>,
  { repository }: Access<"push">,
  algorithm: DigestAlgorithm,
): Promise<string> {
  const { uploads } = call.stores;
  const session = newUploadId(uploads);
  // In this order, so that a refused upload leaves no session behind, and the session knows how much room it has.
  const room = await takePlace(call, repository, session);
  await openUpload(uploads, session, { repository, userId: actorOf(call).user.id, algorithm, room });
  return session;
}

/** Takes a place for an upload, if need be that of an idle one. */
async function takePlace(call: Call, repository: RepositoryName, session: string): Promise<number> {
  try {
    return await ensureOpenUpload(call, repository, session);
  } catch (error) {
    if (!(error instanceof RegistryError) || !(await makePlace(call, repository, error))) throw error;
    return ensureOpenUpload(call, repository, session);
  }
}

/**
 * Ends sessions that nobody has continued for an hour, of those who had no place left for another one.
 *
 * @returns whether there was one.
 */
async function makePlace(call: Call, repository: RepositoryName, refusal: RegistryError): Promise<boolean> {
  const { db, uploads } = call.stores;
  const excess = refusal.is("QUOTA_EXCEEDED") ? refusal.detail : undefined;
  if (excess?.resource !== "openUploads") return false;
  const idleSince = new Date(Date.now() - GIVE_WAY_MS);
  const places = { holder: excess.holder, organization: organizationOf(repository), userId: actorOf(call).user.id };
  const old = await listOldUploads(db, places, idleSince, MAX_LOOKED_AT);
  const ended = await Promise.all(old.map((session) => endIdleUpload(uploads, session, idleSince)));
  const going = old.filter((_, at) => !ended[at]);
  // Those are looked at again only after the others.
  if (going.length > 0) await touchOpenUploads(db, going);
  return going.length < old.length;
}

/** Stores a blob that comes whole, in one request. */
export async function uploadBlob(
  call: Call<RegistryCaller>,
  access: Access<"push">,
  { digest, bounds, body }: UploadEnd,
): Promise<void> {
  const { uploads } = call.stores;
  const session = newUploadId(uploads);
  const room = await takePlace(call, access.repository, session);
  const opening = { ...finisherOf(call, access), algorithm: algorithmOf(digest), room };
  await orExplained(call, access, () => storeUpload(uploads, session, opening, digest, bounds, body));
}

/** @returns how many bytes the upload has. */
export async function getUploadOffset(call: Call<RegistryCaller>, { access, session }: Upload): Promise<number> {
  await findWriteTarget(call, "push", access.repository);
  const answer = await uploadOffset(call.stores.uploads, session, finisherOf(call, access));
  return acceptedBy(answer, access.repository).offset;
}

/**
 * @returns how many bytes the upload has now.
 * @throws RegistryError QUOTA_EXCEEDED when the organization has no room for them, which ends the upload.
 */
export async function appendChunk(
  call: Call<RegistryCaller>,
  { access, session }: Upload,
  { bounds, body }: Omit<UploadEnd, "digest">,
): Promise<number> {
  // While the bytes come in: it takes no time of its own, and they become a blob only by the request after this one.
  const [target, answer] = await Promise.allSettled([
    findWriteTarget(call, "push", access.repository),
    appendToUpload(call.stores.uploads, session, finisherOf(call, access), bounds, body),
  ]);
  if (target.status === "rejected") throw target.reason;
  if (answer.status === "rejected") throw answer.reason;
  return acceptedBy(answer.value, access.repository).offset;
}

/** Ends an upload, with a last chunk or without, by naming the digest of the whole. */
export async function completeUpload(
  call: Call<RegistryCaller>,
  { access, session }: Upload,
  { digest, bounds, body }: UploadEnd,
): Promise<void> {
  const finisher = finisherOf(call, access);
  await orExplained(call, access, () => finishUpload(call.stores.uploads, session, finisher, digest, bounds, body));
}

export async function abandonUpload(call: Call<RegistryCaller>, { access, session }: Upload): Promise<void> {
  await findWriteTarget(call, "push", access.repository);
  acceptedBy(await cancelUpload(call.stores.uploads, session, finisherOf(call, access)), access.repository);
}

function finisherOf(call: Call, { repository }: Access<"push">): UploadFinisher {
  const { user, passwordChanges } = actorOf(call);
  return { repository, userId: user.id, passwordChanges };
}

/** The statement that writes a blob decides anew whether its pusher may; only when it refuses is it looked up why. */
async function orExplained(
  call: Call,
  { repository }: Access<"push">,
  finish: () => Promise<UploadOutcome<unknown>>,
): Promise<void> {
  const answer = await finish();
  if (answer.outcome === "repository-unknown") await findWriteTarget(call, "push", repository);
  acceptedBy(answer, repository);
}
