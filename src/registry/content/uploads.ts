/**
 * Pushing a blob: OCI distribution-spec, "Pushing blobs". One that comes whole goes straight to R2, and one batch makes it a
 * blob. One that comes in chunks has a session, which the first of them opens (ADR 25).
 */
import { pusherOf, type RegistryCaller } from "../../model/rights/access.ts";
import { readUploadId, signUploadId } from "../../model/content/upload-ids.ts";
import { algorithmOf, type Digest, type DigestAlgorithm } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { UPLOAD_DONE_MS, UPLOAD_PART_BYTES } from "../../kernel/limits.ts";
import { quotaExceeded } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { saveBlob, type UploadedBlob } from "../../storage/content/blobs.ts";
import { keepOneObject } from "../../storage/content/keep-object.ts";
import {
  findPushRoom,
  listOldUploads,
  noteEndedUpload,
  openUploadRow,
  touchOpenUploads,
} from "../../storage/content/open-uploads.ts";
import {
  appendToUpload,
  cancelUpload,
  type ChunkBounds,
  endIdleUpload,
  type FinishedUpload,
  finishUpload,
  isWhole,
  newSessionId,
  sessionIdOf,
  storeInParts,
  storeWhole,
  type UploadFinisher,
  type UploadOpening,
  uploadOffset,
  type UploadOutcome,
} from "../../storage/content/uploads.ts";
import { findRoom } from "../../storage/quotas/quotas.ts";
import { actorOf, type Call } from "../call.ts";
import type { Access } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { counts } from "../metrics/counting.ts";
import { writeTo } from "../images/repositories.ts";
import { noteBlobs } from "./noted-blobs.ts";
import { acceptedBy, refusedUpload } from "./upload-refusals.ts";

export type { ChunkBounds };
type Body = ReadableStream<Uint8Array>;

/** If all places for uploads are taken, a new upload ends one that nobody has continued for this long. */
const GIVE_WAY_MS = 60 * 60 * 1000;
/** How many old uploads are checked then: refusing a request must stay cheap. */
const MAX_LOOKED_AT = 5;
/**
 * What the id in a URL ends with once a chunk has come: what comes then is not all of the blob. It is no part of what is signed,
 * since it only says where to look.
 */
const OPEN_SUFFIX = ".open";

/** An upload that is under way: where it goes to, and its id as the URL names it. */
export interface Upload {
  access: Access<"push">;
  id: string;
}

/** How far an upload has come, and the id by which it goes on. */
export interface UploadState {
  id: string;
  /** Bytes. */
  offset: number;
}

/** The bytes of a whole blob, or the last ones of it, with its digest. */
export interface UploadEnd {
  digest: Digest;
  bounds: ChunkBounds;
  body: Body | null;
}

/** The id of an upload without what tells of its state. */
export function stableId(id: string): string {
  return id.endsWith(OPEN_SUFFIX) ? id.slice(0, -OPEN_SUFFIX.length) : id;
}

/** Begins an upload, of which nothing is stored yet, and answers its id. */
export function startUpload(
  call: Call<RegistryCaller>,
  { repository }: Access<"push">,
  algorithm: DigestAlgorithm,
): string {
  return signUploadId(call.stores.secrets.token, { repository, userId: actorOf(call).user.id }, algorithm);
}

/** What the id of an upload leads to. */
interface Target {
  /** The id of its session. */
  session: string;
  /** What opens the session if there is none; undefined for an id of an older version, which opened it at once. */
  signed?: { algorithm: DigestAlgorithm; expiresAt: number };
  /** Whether no chunk has come yet, as far as its client knows. */
  isFresh: boolean;
}

function targetOf(call: Call, { access, id }: Upload): Target {
  const { uploads, secrets } = call.stores;
  const owner = { repository: access.repository, userId: actorOf(call).user.id };
  const name = stableId(id);
  const read = readUploadId(secrets.token, owner, name);
  // Whether it is one of an older version, the session knows.
  if (!read) return { session: id, isFresh: false };
  const { algorithm, issuedAt } = read;
  return {
    session: sessionIdOf(uploads, name),
    signed: { algorithm, expiresAt: issuedAt + UPLOAD_DONE_MS },
    isFresh: name === id,
  };
}

/** Has a place taken for an upload when its session is opened, and not before. */
function openingOf(
  call: Call,
  access: Access<"push">,
  session: string,
  signed: { algorithm: DigestAlgorithm; expiresAt: number },
): { opening: UploadOpening; placed: () => Promise<number> | undefined } {
  let placed: Promise<number> | undefined;
  const take = () => {
    placed = takePlace(call, access, session);
    return placed.then(
      (room) => ({ outcome: "taken", room }) as const,
      () => ({ outcome: "refused" }) as const,
    );
  };
  return { opening: { ...signed, takePlace: take }, placed: () => placed };
}

/** Takes a place for an upload, if need be that of an idle one, and answers how many bytes there is room for. */
async function takePlace(call: Call, access: Access<"push">, session: string): Promise<number> {
  const { db } = call.stores;
  const { repository } = access;
  const take = async () => {
    const opened = await writeTo(call, access, (creation) =>
      openUploadRow(db, actorOf(call), repository, session, creation),
    );
    if (opened.outcome !== "opened") throw refusedUpload(opened, repository);
    return opened.room;
  };
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof RegistryError) || !(await makePlace(call, repository, error))) throw error;
    return take();
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
export async function uploadBlob(call: Call<RegistryCaller>, access: Access<"push">, end: UploadEnd): Promise<void> {
  const { bounds, body, digest } = end;
  if (isWhole(bounds, body)) return uploadWhole(call, access, end);
  const { uploads } = call.stores;
  const session = newSessionId(uploads);
  const signed = { algorithm: algorithmOf(digest), expiresAt: Date.now() + UPLOAD_DONE_MS };
  const { opening, placed } = openingOf(call, access, session, signed);
  const owner = finisherOf(call, access);
  const answer = await storeInParts(uploads, session, owner, digest, { bounds, body, opening });
  await placed();
  await requireRecorded(call, access, digest, answer);
}

/** Sends all of a blob to R2, and makes it a blob of the repository if the caller may push when that is done. */
async function uploadWhole(
  call: Call<RegistryCaller>,
  access: Access<"push">,
  { digest, bounds, body }: UploadEnd,
  wholeUpload?: string,
): Promise<void> {
  const { bucket, uploads } = call.stores;
  const { repository } = access;
  const length = bounds.length ?? 0;
  const stopping = new AbortController();
  if (length > UPLOAD_PART_BYTES) {
    // While it comes. If that is refused after it has come, so is the batch.
    requireRoom(call, repository, digest, length).catch((error: unknown) => stopping.abort(error));
  }
  const stored = await storeWhole(bucket, uploads.places, { digest, body, length }, stopping.signal);
  const object = acceptedBy(stored, repository);
  await record(call, access, { ...object, digest, wholeUpload });
}

/** Refuses a large body that nobody may push, or for which there is no room. */
async function requireRoom(call: Call, repository: RepositoryName, digest: Digest, bytes: number): Promise<void> {
  const { db } = call.stores;
  const actor = actorOf(call);
  const { mayPush, room } = await findPushRoom(db, actor, repository);
  if (!mayPush) await findWriteTarget(call, "push", repository);
  if (bytes <= room) return;
  const found = await findRoom(db, organizationOf(repository), bytes, digest, actor.user.accountId);
  if (found.outcome === "quota-exceeded") throw quotaExceeded(found.excess);
}

/** Makes an object that R2 has checked a blob, or removes it. */
async function record(call: Call, access: Access<"push">, blob: UploadedBlob): Promise<void> {
  const { db, bucket } = call.stores;
  const { repository } = access;
  const by = finisherOf(call, access);
  try {
    const saved = await writeTo(call, access, (creation) => saveBlob(db, blob, by, creation));
    if (saved.outcome !== "saved") throw refusedUpload(saved, repository);
    const kept = await keepOneObject(db, bucket, blob, saved);
    if (kept !== blob.objectKey) await bucket.delete(blob.objectKey);
    noteBlobs(call, repository, [{ ...blob, objectKey: kept }]);
    counts.add("berth_pushed_bytes_total", [], blob.size);
  } catch (error) {
    // After a failure it may have been recorded all the same: if it was not, garbage collection finds it.
    if (error instanceof RegistryError) await bucket.delete(blob.objectKey);
    throw error;
  }
}

/** @returns how many bytes the upload has. */
export async function getUploadOffset(call: Call<RegistryCaller>, upload: Upload): Promise<UploadState> {
  const { access } = upload;
  await findWriteTarget(call, "push", access.repository);
  const { session, signed } = targetOf(call, upload);
  const answer = await uploadOffset(call.stores.uploads, session, finisherOf(call, access), signed?.expiresAt);
  const { offset, isOpen } = acceptedBy(answer, access.repository);
  return { offset, id: isOpen ? openId(upload, signed) : upload.id };
}

/** The id of an upload that has a session. */
function openId({ id }: Upload, signed: Target["signed"]): string {
  return signed ? stableId(id) + OPEN_SUFFIX : id;
}

/**
 * Adds a chunk; the first one opens the session of the upload.
 *
 * @returns how many bytes the upload has now.
 * @throws RegistryError QUOTA_EXCEEDED when the organization has no room for them, which ends the upload, or no place for one
 * more upload.
 */
export async function appendChunk(
  call: Call<RegistryCaller>,
  upload: Upload,
  { bounds, body }: Omit<UploadEnd, "digest">,
): Promise<UploadState> {
  const { access } = upload;
  const { session, signed, isFresh } = targetOf(call, upload);
  const { opening, placed } = signed ? openingOf(call, access, session, signed) : NO_OPENING;
  const decide = () => findWriteTarget(call, "push", access.repository);
  // While the bytes come in: it takes no time of its own, and they become a blob only by the request after this one. Where
  // the session is about to be opened, taking its place decides the same.
  const [target, answer] = await Promise.allSettled([
    isFresh ? undefined : decide(),
    appendToUpload(call.stores.uploads, session, finisherOf(call, access), { bounds, body, opening }),
  ]);
  if (target.status === "rejected") throw target.reason;
  if (isFresh) await (placed() ?? decide());
  if (answer.status === "rejected") throw answer.reason;
  return { ...acceptedBy(answer.value, access.repository), id: openId(upload, signed) };
}

/** Ends an upload, with a last chunk or without, or with all of the blob, by naming the digest of the whole. */
export async function completeUpload(call: Call<RegistryCaller>, upload: Upload, end: UploadEnd): Promise<void> {
  const { access } = upload;
  const { digest, bounds, body } = end;
  const target = targetOf(call, upload);
  const { session, signed, isFresh } = target;
  // Without a body, or with a position, it may be the end of chunks whose client goes by the first address.
  const isAll = body !== null && bounds.length !== 0 && bounds.start === undefined && isWhole(bounds, body);
  if (signed && isFresh && isAll && Date.now() < signed.expiresAt) {
    return completeWhole(call, upload, end, { session, expiresAt: signed.expiresAt });
  }
  const { opening, placed } = signed ? openingOf(call, access, session, signed) : NO_OPENING;
  const owner = finisherOf(call, access);
  const answer = await finishUpload(call.stores.uploads, session, owner, digest, { bounds, body, opening });
  await placed();
  await requireRecorded(call, access, digest, answer);
}

/** Ends an upload of which all comes at once. A digest that turns out wrong ends it as well. */
async function completeWhole(
  call: Call<RegistryCaller>,
  { access }: Upload,
  end: UploadEnd,
  { session, expiresAt }: { session: string; expiresAt: number },
): Promise<void> {
  try {
    await uploadWhole(call, access, end, session);
  } catch (error) {
    if (error instanceof RegistryError && error.is("DIGEST_INVALID")) {
      await endUpload(call, access, session, expiresAt).catch((reason: unknown) => {
        console.warn("an upload with a wrong digest could not be ended:", reason);
      });
    }
    throw error;
  }
}

export async function abandonUpload(call: Call<RegistryCaller>, upload: Upload): Promise<void> {
  const { access } = upload;
  await findWriteTarget(call, "push", access.repository);
  const { session, signed } = targetOf(call, upload);
  await endUpload(call, access, session, signed?.expiresAt);
}

/** Ends an upload, whose id is good for nothing from then on. */
async function endUpload(
  call: Call<RegistryCaller>,
  access: Access<"push">,
  session: string,
  expiresAt: number | undefined,
): Promise<void> {
  const { db, uploads } = call.stores;
  acceptedBy(await cancelUpload(uploads, session, finisherOf(call, access), expiresAt), access.repository);
  // The session tells those who ask it; what comes whole asks the database alone.
  if (expiresAt !== undefined && Date.now() < expiresAt) await noteEndedUpload(db, session, new Date(expiresAt));
}

/** For an upload whose id opens no session. */
const NO_OPENING = { opening: undefined, placed: () => undefined };

function finisherOf(call: Call, { repository }: Access<"push">): UploadFinisher {
  return { repository, ...pusherOf(actorOf(call)) };
}

/** The statement that writes a blob decides anew whether its pusher may; only when it refuses is it looked up why. */
async function requireRecorded(
  call: Call,
  { repository }: Access<"push">,
  digest: Digest,
  answer: UploadOutcome<FinishedUpload>,
): Promise<void> {
  if (answer.outcome === "repository-unknown") await findWriteTarget(call, "push", repository);
  const { size, objectKey } = acceptedBy(answer, repository);
  counts.add("berth_pushed_bytes_total", [], size);
  if (objectKey !== undefined) noteBlobs(call, repository, [{ digest, objectKey, size }]);
}
