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

/** Opens a session and answers its id, which is as hard to guess as a key. */
export async function openUpload(uploads: Uploads, opening: UploadOpening): Promise<string> {
  const id = uploads.newUniqueId();
  await uploads.get(id).open(opening);
  return id.toString();
}

/** Stores a blob that comes whole, in one request. */
export async function storeUpload(
  uploads: Uploads,
  opening: UploadOpening & UploadFinisher,
  digest: Digest,
  bounds: ChunkBounds,
  body: ReadableStream<Uint8Array> | null,
): Promise<void> {
  valueOf(await uploads.get(uploads.newUniqueId()).store(opening, digest, bounds, body));
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
