/** The Worker's side of `UploadSession`: finds the object by the id in the URL, and a place for it in memory. */
import type { Digest } from "../../kernel/digest.ts";
import { admit } from "../../streams.ts";
import { inPlace } from "./upload-places.ts";
import type { UploadOutcome, UploadRefusal } from "./upload-refusals.ts";
import type { ChunkBounds, UploadFinisher, UploadOpening, UploadOwner, UploadSession } from "./upload-session.ts";

export type { ChunkBounds, UploadFinisher, UploadOpening, UploadOutcome, UploadOwner, UploadRefusal };

/** Where sessions live, and how many may be in memory at once; undefined for any number. */
export interface Uploads {
  sessions: DurableObjectNamespace<UploadSession>;
  places: number | undefined;
}

/** An id for a session, which is as hard to guess as a key. */
export function newUploadId({ sessions }: Uploads): string {
  return sessions.newUniqueId().toString();
}

/** Opens the session of an id that is new. */
export async function openUpload(uploads: Uploads, session: string, opening: UploadOpening): Promise<void> {
  const stub = find(uploads, session);
  if (!stub) throw new Error("an upload cannot be opened with an id of another registry");
  await inPlace(uploads.places, { session, receives: false, ends: false }, () => stub.open(opening));
}

/** Stores a blob that comes whole, in one request. */
export async function storeUpload(
  uploads: Uploads,
  id: string,
  opening: UploadOpening & UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<UploadOutcome<{ size: number }>> {
  admit(body);
  const stub = find(uploads, id);
  if (!stub) return FOREIGN;
  const place = { session: id, receives: body !== null && bounds.length !== 0, ends: true };
  return inPlace(uploads.places, place, async () => stub.store(opening, digest, bounds, body));
}

/** How many bytes a session has. */
export async function uploadOffset(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
): Promise<UploadOutcome<{ offset: number }>> {
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  return inPlace(uploads.places, { session, receives: false, ends: false }, async () => stub.status(owner));
}

/** Adds a chunk, and answers how many bytes the session has now. */
export async function appendToUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<UploadOutcome<{ offset: number }>> {
  admit(body);
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  const place = { session, receives: body !== null && bounds.length !== 0, ends: false };
  return inPlace(uploads.places, place, async () => stub.append(owner, bounds, body));
}

/** Adds the last chunk, if there is one, and makes the whole a blob. */
export async function finishUpload(
  uploads: Uploads,
  session: string,
  owner: UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<UploadOutcome<{ size: number }>> {
  admit(body);
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  const place = { session, receives: body !== null && bounds.length !== 0, ends: true };
  return inPlace(uploads.places, place, async () => stub.finish(owner, digest, bounds, body));
}

export async function cancelUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
): Promise<UploadOutcome<null>> {
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  return inPlace(uploads.places, { session, receives: false, ends: true }, async () => stub.cancel(owner));
}

/**
 * Ends a session that nobody has used since a time.
 *
 * @returns false when it goes on.
 */
export async function endIdleUpload(uploads: Uploads, session: string, since: Date): Promise<boolean> {
  const stub = find(uploads, session);
  return stub === undefined || stub.endIfIdle(since.getTime());
}

const FOREIGN: UploadRefusal = { outcome: "upload-foreign" };

/** @returns undefined for an id that this registry did not give out. */
function find({ sessions }: Uploads, session: string): DurableObjectStub<UploadSession> | undefined {
  try {
    return sessions.get(sessions.idFromString(session));
  } catch {
    return undefined;
  }
}
