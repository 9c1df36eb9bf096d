/** The Worker's side of `UploadSession`: finds the object by the id in the URL and turns refusals back into errors. */
import type { Digest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { admit } from "../../streams.ts";
import { inPlace } from "./upload-places.ts";
import type {
  ChunkBounds,
  Outcome,
  UploadFinisher,
  UploadOpening,
  UploadOwner,
  UploadSession,
} from "./upload-session.ts";

export type { ChunkBounds, UploadFinisher, UploadOpening, UploadOwner };

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
): Promise<void> {
  admit(body);
  const stub = find(uploads, id);
  const place = { session: id, receives: body !== null && bounds.length !== 0, ends: true };
  valueOf(await inPlace(uploads.places, place, async () => stub.store(opening, digest, bounds, body)));
}

/** @returns how many bytes the session has. */
export async function uploadOffset(uploads: Uploads, session: string, owner: UploadOwner): Promise<number> {
  const stub = find(uploads, session);
  return valueOf(
    await inPlace(uploads.places, { session, receives: false, ends: false }, async () => stub.status(owner)),
  ).offset;
}

/** @returns how many bytes the session has now. */
export async function appendToUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<number> {
  admit(body);
  const stub = find(uploads, session);
  const place = { session, receives: body !== null && bounds.length !== 0, ends: false };
  return valueOf(await inPlace(uploads.places, place, async () => stub.append(owner, bounds, body))).offset;
}

export async function finishUpload(
  uploads: Uploads,
  session: string,
  owner: UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  admit(body);
  const stub = find(uploads, session);
  const place = { session, receives: body !== null && bounds.length !== 0, ends: true };
  valueOf(await inPlace(uploads.places, place, async () => stub.finish(owner, digest, bounds, body)));
}

export async function cancelUpload(uploads: Uploads, session: string, owner: UploadOwner): Promise<void> {
  const stub = find(uploads, session);
  valueOf(await inPlace(uploads.places, { session, receives: false, ends: true }, async () => stub.cancel(owner)));
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
    return uploads.sessions.get(uploads.sessions.idFromString(session));
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
