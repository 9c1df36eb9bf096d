/** The Worker's side of `UploadSession`: finds the object by the id in the URL and turns refusals back into errors. */
import type { Digest } from "../model/digest.ts";
import { RegistryError } from "../model/errors.ts";
import type {
  ChunkBounds,
  Outcome,
  UploadFinisher,
  UploadOpening,
  UploadOwner,
  UploadSession,
} from "./upload-session.ts";

export type { ChunkBounds, UploadFinisher, UploadOpening, UploadOwner };
export type Uploads = DurableObjectNamespace<UploadSession>;

/** An id for a session, which is as hard to guess as a key. */
export function newUploadId(uploads: Uploads): string {
  return uploads.newUniqueId().toString();
}

/** Opens the session of an id that is new. */
export async function openUpload(uploads: Uploads, id: string, opening: UploadOpening): Promise<void> {
  await find(uploads, id).open(opening);
}

/** Stores a blob that comes whole, in one request. */
export async function storeUpload(
  uploads: Uploads,
  id: string,
  opening: UploadOpening & UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  valueOf(await find(uploads, id).store(opening, digest, bounds, body));
}

/** @returns how many bytes the session has. */
export async function uploadOffset(uploads: Uploads, session: string, owner: UploadOwner): Promise<number> {
  return valueOf(await find(uploads, session).status(owner)).offset;
}

/** @returns how many bytes the session has now. */
export async function appendToUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<number> {
  return valueOf(await find(uploads, session).append(owner, bounds, body)).offset;
}

export async function finishUpload(
  uploads: Uploads,
  session: string,
  owner: UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  valueOf(await find(uploads, session).finish(owner, digest, bounds, body));
}

export async function cancelUpload(uploads: Uploads, session: string, owner: UploadOwner): Promise<void> {
  valueOf(await find(uploads, session).cancel(owner));
}

/**
 * Ends a session that nobody has used since a time.
 *
 * @returns false when it goes on.
 */
export async function endIdleUpload(uploads: Uploads, session: string, since: Date): Promise<boolean> {
  return find(uploads, session).endIfIdle(since.getTime());
}

function find(uploads: Uploads, session: string): DurableObjectStub<UploadSession> {
  try {
    return uploads.get(uploads.idFromString(session));
  } catch (cause) {
    throw new RegistryError("UPLOAD_UNKNOWN", "no such upload: the URL is not one that this registry gave out", {
      cause,
    });
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ("refusal" in outcome) throw new RegistryError(outcome.refusal.code, outcome.refusal.problems);
  return outcome.value;
}
