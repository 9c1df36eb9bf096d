/**
 * The Worker's side of uploads. A blob that comes whole goes straight to R2. One that comes in chunks has an
 * `UploadSession`: here it is found by its id, and gets a place in memory.
 */
import type { Digest } from "../../kernel/digest.ts";
import { admit, discardRest } from "../../streams.ts";
import { newObjectKey } from "./objects.ts";
import { type ByteStream, putAsItComes, putObject, SINGLE_PUT_BYTES } from "./put-object.ts";
import { inPlace } from "./upload-places.ts";
import { refusalOf, type UploadOutcome, type UploadRefusal } from "./upload-refusals.ts";
import type {
  ChunkBounds,
  FinishedUpload,
  PlaceTaking,
  UploadFinisher,
  UploadOpening,
  UploadOwner,
  UploadSession,
} from "./upload-session.ts";

export type {
  ChunkBounds,
  FinishedUpload,
  PlaceTaking,
  UploadFinisher,
  UploadOpening,
  UploadOutcome,
  UploadOwner,
  UploadRefusal,
  UploadSession,
};

/** Where sessions live, and how many may be in memory at once; undefined for any number. */
export interface Uploads {
  sessions: DurableObjectNamespace<UploadSession>;
  places: number | undefined;
}

/** The id of the session that an upload of a name has, whether or not it was opened. */
export function sessionIdOf({ sessions }: Uploads, name: string): string {
  return sessions.idFromName(name).toString();
}

/** An id for a session that nobody else can name. */
export function newSessionId({ sessions }: Uploads): string {
  return sessions.newUniqueId().toString();
}

/** Whether a body is one that {@link storeWhole} takes: all of a blob, of a length that is certain and not too large. */
export function isWhole({ start = 0, length, isLengthCertain }: ChunkBounds, body: ByteStream | null): boolean {
  if (start !== 0) return false;
  return body ? isLengthCertain === true && (length ?? Infinity) <= SINGLE_PUT_BYTES : (length ?? 0) === 0;
}

/**
 * Stores all of a blob in an object of its own, which is nobody's until a row names it, and whose digest R2 has checked.
 *
 * @param places how many uploads may be in memory at once.
 * @param whole.length bytes of the body.
 * @param signal ends it, so that nothing is stored.
 */
export async function storeWhole(
  bucket: R2Bucket,
  places: number | undefined,
  { digest, body, length }: { digest: Digest; body: ByteStream | null; length: number },
  signal?: AbortSignal,
): Promise<UploadOutcome<{ objectKey: string; size: number }>> {
  admit(body);
  const key = newObjectKey();
  const put = async (): Promise<UploadOutcome<{ objectKey: string; size: number }>> => {
    try {
      const { size } = await (body
        ? putAsItComes(bucket, key, digest, { body, length }, signal)
        : putObject(bucket, key, digest, new Uint8Array(0)));
      return { outcome: "done", value: { objectKey: key, size } };
    } catch (error) {
      return refusalOf(error);
    }
  };
  const stored = await inPlace(places, { session: key, receives: body !== null, ends: true }, put);
  if (stored.outcome !== "done") await discardRest(body);
  return stored;
}

/** Stores a blob that comes in one request, but has to be cut into parts, by way of a session that nobody else knows. */
export async function storeInParts(
  uploads: Uploads,
  id: string,
  owner: UploadFinisher,
  digest: Digest,
  { bounds, body, opening }: { bounds: ChunkBounds; body: ByteStream | null; opening: UploadOpening },
): Promise<UploadOutcome<FinishedUpload>> {
  admit(body);
  const stub = find(uploads, id);
  if (!stub) return FOREIGN;
  const place = { session: id, receives: body !== null && bounds.length !== 0, ends: true };
  return inPlace(uploads.places, place, async () => stub.store(owner, digest, bounds, body, opening));
}

/**
 * How many bytes a session has, and whether it was opened.
 *
 * @param expiresAt until when the id may open it; undefined for one that cannot.
 */
export async function uploadOffset(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  expiresAt: number | undefined,
): Promise<UploadOutcome<{ offset: number; isOpen: boolean }>> {
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  return inPlace(uploads.places, { session, receives: false, ends: false }, async () => stub.status(owner, expiresAt));
}

/**
 * Adds a chunk, and answers how many bytes the session has now.
 *
 * @param chunk.opening opens the session if there is none.
 */
export async function appendToUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  { bounds, body, opening }: { bounds: ChunkBounds; body: ByteStream | null; opening?: UploadOpening | undefined },
): Promise<UploadOutcome<{ offset: number }>> {
  admit(body);
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  const place = { session, receives: body !== null && bounds.length !== 0, ends: false };
  return inPlace(uploads.places, place, async () => stub.append(owner, bounds, body, opening));
}

/**
 * Adds the last chunk, if there is one, and makes the whole a blob.
 *
 * @param chunk.opening opens the session if there is none.
 */
export async function finishUpload(
  uploads: Uploads,
  session: string,
  owner: UploadFinisher,
  digest: Digest,
  { bounds, body, opening }: { bounds: ChunkBounds; body: ByteStream | null; opening?: UploadOpening | undefined },
): Promise<UploadOutcome<FinishedUpload>> {
  admit(body);
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  const place = { session, receives: body !== null && bounds.length !== 0, ends: true };
  return inPlace(uploads.places, place, async () => stub.finish(owner, digest, bounds, body, opening));
}

/**
 * Ends a session.
 *
 * @param expiresAt until when the id may open it, which it then no longer does; undefined for one that cannot.
 */
export async function cancelUpload(
  uploads: Uploads,
  session: string,
  owner: UploadOwner,
  expiresAt: number | undefined,
): Promise<UploadOutcome<null>> {
  const stub = find(uploads, session);
  if (!stub) return FOREIGN;
  return inPlace(uploads.places, { session, receives: false, ends: true }, async () => stub.cancel(owner, expiresAt));
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
