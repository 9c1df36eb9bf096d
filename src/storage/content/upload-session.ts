/**
 * One upload of one blob that comes in chunks, from the first of them to the closing PUT: a Durable Object, so that there is
 * exactly one owner of the offset. The id that its client got says all that opening it needs (`model/content/upload-ids.ts`).
 *
 * Bytes are cut into equal parts of an R2 multipart upload. What does not fill a part yet is the tail, kept in the
 * object's own storage. `offset` counts parts and tail, and is written together with them, so it never claims a byte that
 * could be lost. The running hash lives in memory only: when the object was evicted in between, the finished R2 object is
 * read back and hashed. A `blobs` row is written only after one of the two, or R2 itself, has confirmed the digest.
 *
 * Every R2 key is noted before anything is written under it; the alarm removes what no `blobs` row names.
 *
 * An upload takes a place, a row of `open_uploads` that is there before anything is stored and goes with it, and learns with
 * it how many bytes there is room for (docs/quotas.md). An upload that has ended says so for as long as its id could open it.
 */
import { DurableObject } from "cloudflare:workers";
import { createHash, type Hash } from "node:crypto";
import type { Env } from "../../env.ts";
import { free } from "../../memory.ts";
import { algorithmOf, type Digest, type DigestAlgorithm, digestFromHex } from "../../kernel/digest.ts";
import { MAX_BLOB_BYTES, UPLOAD_DONE_MS, UPLOAD_IDLE_MS, UPLOAD_PART_BYTES } from "../../kernel/limits.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { Pusher } from "../../model/rights/access.ts";
import { BodyReader, discardRest, IDLE } from "../../streams.ts";
import { saveBlob } from "./blobs.ts";
import { keepOneObject } from "./keep-object.ts";
import { type Database, openDatabase } from "../database.ts";
import { databaseOf } from "../routing.ts";
import { discardObject, newObjectKey } from "./objects.ts";
import { deleteOpenUpload, touchOpenUploads } from "./open-uploads.ts";
import { discardPart, isMemoryScarce, PartBuffer, takePart, waitForPart } from "./part-buffer.ts";
import { type ByteStream, isOthersTurn, isR2Error, putAsItComes, putObject, SINGLE_PUT_BYTES } from "./put-object.ts";
import { findRoom } from "../quotas/quotas.ts";
import { RefusedUpload, refusalOf, type UploadOutcome, type UploadRefusal } from "./upload-refusals.ts";

/** Who opened an upload and where to: nobody else may see or continue it. */
export interface UploadOwner {
  repository: RepositoryName;
  userId: number;
}

/** Who finishes an upload; that they may push is decided anew when the blob is written. */
export interface UploadFinisher extends UploadOwner, Pusher {}

/** What opens the session of an id that has none yet. */
export interface UploadOpening {
  /** The algorithm to hash with while bytes come in; another one costs reading them back at the end. */
  algorithm: DigestAlgorithm;
  /** Until when the id may open a session, in milliseconds since 1970. */
  expiresAt: number;
  /** Takes a place for the upload. It is called once, while bytes come in already, and none is stored before it has answered. */
  takePlace: () => Promise<PlaceTaking>;
}

/** Whether there was a place, and then how many bytes the organization and its account have room for. */
export type PlaceTaking = { outcome: "taken"; room: number } | { outcome: "refused" };

/** What a request says of the bytes it carries. */
export interface ChunkBounds {
  /** First byte's position, when the request says so (`Content-Range`). */
  start?: number;
  /** Number of bytes, when known beforehand. */
  length?: number;
  /** Whether `length` comes from the transport, which then guarantees it. */
  isLengthCertain?: boolean;
}

/** What came of an upload. */
export interface FinishedUpload {
  /** Bytes. */
  size: number;
  /** Of the object that has them; undefined when it had been finished before. */
  objectKey?: string;
}

interface Session extends UploadOwner {
  algorithm: DigestAlgorithm;
  /**
   * How many bytes the organization and its account had room for when that was last looked up. For more bytes it is looked
   * up again.
   */
  room: number;
  /** Until when the id could open the session anew; undefined for an id of an older version, which opened it at once. */
  expiresAt?: number;
  /** Bytes that are safe: in parts or in the tail. */
  offset: number;
  lastUsedAt: number;
  multipart?: { key: string; uploadId: string };
  done?: { digest: Digest; size: number };
}

interface RunningHash {
  hash: Hash;
  algorithm: DigestAlgorithm;
  /** Bytes hashed so far; the hash is of use only while this equals the session's offset. */
  position: number;
}

/** A key of the object's storage: until when an upload that has ended is known to have ended. */
const ENDED = "ended";
/** Other keys, beside `session`. */
const PREFIX = {
  /** + number: the ETag of a part in R2. */
  part: "part:",
  /** + position: bytes that do not fill a part yet. */
  tail: "tail:",
  /** + R2 key: an object that this upload may have written. */
  object: "object:",
};

/** A value in the object's storage ends at 2 MB. */
const TAIL_PIECE_BYTES = 1024 * 1024;
const PART_TRIES = 4;
/** For how long an upload waits for memory before it makes do with less. */
const APPEND_TRIES = 20;
const APPEND_PAUSE_MS = 25;
/** After how long an alarm that could do nothing yet comes again. */
const ALARM_PAUSE_MS = 60 * 60 * 1000;
/** Refusals after which an upload cannot go on. */
const FATAL: readonly UploadRefusal["outcome"][] = ["repository-unknown", "quota-exceeded"];
/** R2's error code, which is in its message only. */
const NO_SUCH_UPLOAD = 10024;

export class UploadSession extends DurableObject<Env> {
  #hash: RunningHash | undefined;
  /** A blob that the organization stores already, and that may come whatever room there is. */
  #known: { digest: Digest; size: number } | undefined;
  #isBusy = false;
  /** A key that was noted in the session's own write, to save a write later. R2 has no object of that key. */
  #spareKey: string | undefined;
  /** A session that waits for its place: nothing of it is stored yet. */
  #unplaced: { session: Session; placed: Promise<void> } | undefined;

  /**
   * How many bytes are safe.
   *
   * @param expiresAt until when the id may open a session; undefined for one that cannot.
   * @returns `isOpen`: whether there is a session already.
   */
  status(owner: UploadOwner, expiresAt: number | undefined): UploadOutcome<{ offset: number; isOpen: boolean }> {
    return answer(() => {
      if (!this.#read() && this.#mayOpen(expiresAt)) return { offset: 0, isOpen: false };
      return { offset: this.#load(owner).offset, isOpen: true };
    });
  }

  /**
   * Adds a chunk and answers how many bytes are safe afterwards.
   *
   * @param opening opens the session if there is none.
   */
  async append(
    owner: UploadOwner,
    bounds: ChunkBounds,
    body: ByteStream | null,
    opening?: UploadOpening,
  ): Promise<UploadOutcome<{ offset: number }>> {
    return answerAsync(body, () =>
      this.#exclusively(this.#loadOrOpen(owner, opening), async (session) => {
        if (session.done) throw new RefusedUpload({ outcome: "upload-unknown" });
        await this.#receive(session, bounds, body);
        return { offset: session.offset };
      }),
    );
  }

  /**
   * Opens a session and finishes it with the one body that comes with it, or ends it: no client knows its id and could go on
   * with it.
   */
  async store(
    owner: UploadFinisher,
    digest: Digest,
    bounds: ChunkBounds,
    body: ByteStream | null,
    opening: UploadOpening,
  ): Promise<UploadOutcome<FinishedUpload>> {
    try {
      return await this.finish(owner, digest, bounds, body, opening);
    } finally {
      const session = this.#read();
      if (!session?.done) {
        if (session) await this.#end();
        await this.#forget();
      }
    }
  }

  /**
   * Adds the last chunk, if there is one, checks the digest of the whole and makes it a blob of the repository. A
   * repeated call with the same digest gives the same answer. A digest that turns out wrong ends the upload.
   *
   * @param opening opens the session if there is none.
   */
  async finish(
    owner: UploadFinisher,
    digest: Digest,
    bounds: ChunkBounds,
    body: ByteStream | null,
    opening?: UploadOpening,
  ): Promise<UploadOutcome<FinishedUpload>> {
    return answerAsync(body, () =>
      this.#exclusively(this.#loadOrOpen(owner, opening), async (session): Promise<FinishedUpload> => {
        if (session.done) {
          await discardRest(body);
          if (session.done.digest !== digest) throw new RefusedUpload({ outcome: "upload-unknown" });
          return { size: session.done.size };
        }
        const objectKey = await this.#complete(session, digest, bounds, body);
        const size = session.offset;
        const blob = { digest, objectKey, size, upload: this.ctx.id.toString() };
        const db = this.#openDatabase(session);
        const saved = await saveBlob(db, blob, owner);
        if (saved.outcome !== "saved") throw new RefusedUpload(saved);
        const kept = await keepOneObject(db, this.env.BUCKET, blob, saved);
        session.done = { digest, size };
        this.#save(session);
        await this.#discardObjects(kept);
        this.#forgetBytes();
        return { size, objectKey: kept };
      }),
    );
  }

  /**
   * Ends the upload and removes all it wrote.
   *
   * @param expiresAt until when the id may open a session, which it then no longer does; undefined for one that cannot.
   */
  async cancel(owner: UploadOwner, expiresAt: number | undefined): Promise<UploadOutcome<null>> {
    return answerAsync(null, async () => {
      if (!this.#read() && this.#mayOpen(expiresAt)) {
        await this.#forget(expiresAt);
        return null;
      }
      const session = this.#load(owner);
      if (session.done) throw new RefusedUpload({ outcome: "upload-unknown" });
      return this.#exclusively(session, async () => {
        await this.#end();
        return null;
      });
    });
  }

  /**
   * Ends the upload, unless it was used since a time (milliseconds since 1970). The place of one that has gone is given back.
   *
   * @returns whether it has ended.
   */
  async endIfIdle(since: number): Promise<boolean> {
    const session = this.#read();
    const isUnderWay = session !== undefined && !session.done;
    if (isUnderWay && (this.#isBusy || session.lastUsedAt > since)) return false;
    try {
      await (isUnderWay ? this.#exclusively(session, () => this.#end()) : this.#givePlaceBack());
      return true;
    } catch (error) {
      console.error("ending an idle upload failed; its alarm tries again:", error);
      return false;
    }
  }

  override async alarm(): Promise<void> {
    const session = this.#read();
    if (!session) return this.#forget(this.ctx.storage.kv.get<number>(ENDED));
    const idleUntil = session.lastUsedAt + (session.done ? UPLOAD_DONE_MS : UPLOAD_IDLE_MS);
    if (this.#isBusy || Date.now() < idleUntil) {
      await this.ctx.storage.setAlarm(Math.max(idleUntil, Date.now() + ALARM_PAUSE_MS));
      // A place whose upload is silent for days is taken away.
      if (!session.done) await touchOpenUploads(this.#openDatabase(session), [this.ctx.id.toString()]);
      return;
    }
    try {
      await this.#end();
    } catch (error) {
      // The platform gives up on an alarm after six tries, and with it on what is left to remove.
      console.error("removing an abandoned upload failed, and is tried again in an hour:", error);
      await this.ctx.storage.setAlarm(Date.now() + ALARM_PAUSE_MS);
    }
  }

  #read(): Session | undefined {
    return this.#unplaced?.session ?? this.ctx.storage.kv.get<Session>("session");
  }

  /** Whether an id that has no session may open one. */
  #mayOpen(expiresAt: number | undefined): boolean {
    return expiresAt !== undefined && Date.now() < expiresAt && this.ctx.storage.kv.get(ENDED) === undefined;
  }

  #loadOrOpen(owner: UploadOwner, opening: UploadOpening | undefined): Session {
    if (this.#read() || !opening || !this.#mayOpen(opening.expiresAt)) return this.#load(owner);
    const { repository, userId } = owner;
    const { algorithm, expiresAt } = opening;
    const session = { repository, userId, algorithm, expiresAt, room: 0, offset: 0, lastUsedAt: Date.now() };
    this.#hash = { hash: createHash(algorithm), algorithm, position: 0 };
    const placed = this.#place(session, opening);
    placed.catch(() => undefined); // awaited later; until then a failure must not count as unhandled
    this.#unplaced = { session, placed };
    return session;
  }

  /** Takes the place of a session, and stores that there is one. */
  async #place(session: Session, { takePlace }: UploadOpening): Promise<void> {
    const taken = await takePlace();
    // Why not is known where the place was asked for.
    if (taken.outcome === "refused") throw new RefusedUpload({ outcome: "upload-unknown" });
    session.room = taken.room;
    this.#unplaced = undefined;
    this.#save(session);
    this.#spareKey = this.#noteNewKey();
    // Most are done long before, and then leave little.
    await this.ctx.storage.setAlarm(Date.now() + UPLOAD_DONE_MS);
  }

  /** Refuses the same whether the session is gone or somebody else's. */
  #load(owner: UploadOwner): Session {
    const session = this.#read();
    if (!session || session.repository !== owner.repository || session.userId !== owner.userId) {
      throw new RefusedUpload({ outcome: "upload-unknown" });
    }
    return session;
  }

  #save(session: Session): void {
    session.lastUsedAt = Date.now();
    this.ctx.storage.kv.put("session", session);
  }

  /** Other requests of the same upload can come in at every `await`; only one may write at a time. */
  async #exclusively<T>(session: Session, write: (session: Session) => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new RefusedUpload({ outcome: "upload-busy", offset: session.offset });
    this.#isBusy = true;
    const unplaced = this.#unplaced;
    try {
      const written = await write(session);
      await unplaced?.placed;
      return written;
    } catch (error) {
      // So that an upload with a place has a session.
      await unplaced?.placed.catch(() => undefined);
      if (error instanceof RefusedUpload && FATAL.includes(error.refusal.outcome)) await this.#end();
      throw error;
    } finally {
      this.#unplaced = undefined;
      this.#isBusy = false;
    }
  }

  /**
   * Takes in a body: whole parts go to R2, the rest to the tail. While one part is on its way the next is read, so at
   * most two are in memory. When others need the memory, what has come goes to the tail as soon as the client pauses. When
   * the client vanishes, what was stored stays and counts.
   */
  async #receive(session: Session, bounds: ChunkBounds, body: ByteStream | null, digest?: Digest): Promise<void> {
    await this.#requireBounds(session, bounds, digest);
    if (!body) return;
    const announced = bounds.length ?? Infinity;
    const before = session.offset;
    let received = 0;
    const reader = new BodyReader(body, isOthersTurn);
    const part = new PartBuffer();
    /** Bytes of the part that are in the tail already. */
    let tailBytes = this.#tailBytes(session);
    let sending: Promise<void> | undefined;
    const sent = async () => {
      const last = sending;
      sending = undefined;
      await last;
    };
    const requireRoomSoFar = () => this.#requireRoom(session, before + Math.max(received, bounds.length ?? 0), digest);
    const moveToTail = async () => {
      await requireRoomSoFar();
      await sent();
      this.#appendTail(session, part.content);
      tailBytes += part.length;
      part.clear();
    };
    try {
      if (tailBytes === UPLOAD_PART_BYTES) {
        await this.#sendTail(session, part);
        tailBytes = 0;
      }
      while (received < announced) {
        const piece = await reader.read(Math.min(UPLOAD_PART_BYTES - tailBytes - part.length, announced - received));
        if (piece === undefined) break;
        if (piece === IDLE) {
          if (isMemoryScarce()) await moveToTail();
          continue;
        }
        received += piece.byteLength;
        if (before + received > MAX_BLOB_BYTES) throw new RefusedUpload({ outcome: "blob-too-large" });
        if (!part.append(piece) && !(await appendSoon(part, piece))) {
          await moveToTail();
          if (!part.append(piece)) {
            this.#appendTail(session, piece);
            tailBytes += piece.byteLength;
          }
        }
        if (tailBytes + part.length < UPLOAD_PART_BYTES) continue;
        await requireRoomSoFar();
        await sent();
        if (tailBytes > 0) {
          await this.#sendTail(session, part);
          tailBytes = 0;
        } else {
          const whole = part.takeWhole();
          sending = this.#sendPart(session, whole.bytes, whole.bytes).finally(() => part.giveBack(whole));
          sending.catch(() => undefined); // awaited later; until then a failure must not count as unhandled
        }
      }
      await moveToTail();
      if (received < (bounds.length ?? 0)) throw new RefusedUpload({ outcome: "bytes-missing", announced, received });
      if (announced !== Infinity && !bounds.isLengthCertain && !(await isAtEnd(reader))) {
        throw new RefusedUpload({ outcome: "bytes-left-over", announced });
      }
    } finally {
      try {
        await sent();
      } finally {
        part.clear();
        await reader.release();
      }
    }
  }

  /** Sends a part of which a beginning is in the tail. */
  async #sendTail(session: Session, rest: PartBuffer): Promise<void> {
    let whole = takePart(UPLOAD_PART_BYTES);
    if (!whole) {
      // An upload that waits for memory holds none itself.
      this.#appendTail(session, rest.content);
      rest.clear();
      whole = await waitForPart(UPLOAD_PART_BYTES);
    }
    try {
      const tailBytes = this.#copyTail(whole.bytes);
      whole.bytes.set(rest.content, tailBytes);
      await this.#sendPart(session, whole.bytes, rest.content);
    } finally {
      rest.clear();
      discardPart(whole);
    }
  }

  /** Does something with the tail, in memory that it waits for. */
  async #withTail<T>(session: Session, use: (tail: Uint8Array) => Promise<T>): Promise<T> {
    const part = await waitForPart(this.#tailBytes(session));
    try {
      this.#copyTail(part.bytes);
      return await use(part.bytes);
    } finally {
      discardPart(part);
    }
  }

  /** @returns how many bytes there were. */
  #copyTail(target: Uint8Array): number {
    let at = 0;
    // Piece by piece: a second whole part would be in memory otherwise.
    for (const [, piece] of this.ctx.storage.kv.list<Uint8Array<ArrayBuffer>>({ prefix: PREFIX.tail })) {
      target.set(piece, at);
      at += piece.byteLength;
      free(piece.buffer);
    }
    return at;
  }

  async #requireBounds(session: Session, bounds: ChunkBounds, digest?: Digest): Promise<void> {
    if (bounds.start !== undefined && bounds.start !== session.offset) {
      throw new RefusedUpload({ outcome: "chunk-misplaced", start: bounds.start, offset: session.offset });
    }
    const size = session.offset + (bounds.length ?? 0);
    if (size > MAX_BLOB_BYTES) throw new RefusedUpload({ outcome: "blob-too-large" });
    // While the place is being taken, bytes come in already.
    if (!this.#unplaced) await this.#requireRoom(session, size, digest);
  }

  /**
   * Waits for the place of the upload, and refuses a size for which there is no room, before it is stored. Whether there is in
   * the end is decided when the blob is recorded: others may have taken the room meanwhile.
   *
   * @param digest where it is known: what the organization stores already needs none.
   */
  async #requireRoom(session: Session, size: number, digest: Digest | undefined): Promise<void> {
    await this.#unplaced?.placed;
    if (size <= session.room || (digest !== undefined && digest === this.#known?.digest && size <= this.#known.size)) {
      return;
    }
    const room = await findRoom(this.#openDatabase(session), organizationOf(session.repository), size, digest);
    if (room.outcome === "quota-exceeded") throw new RefusedUpload(room);
    // Not as the session's room: another digest may be named in the end.
    if (room.outcome === "known") this.#known = room.blob;
    else session.room = room.bytes;
  }

  /** Sends one whole part to R2 and counts its `fresh` bytes, its end that was not in the tail. */
  async #sendPart(session: Session, part: Uint8Array, fresh: Uint8Array): Promise<void> {
    const upload = await this.#multipart(session);
    const number = Math.floor((session.offset + fresh.byteLength) / UPLOAD_PART_BYTES);
    const { etag } = await withRetries(() => upload.uploadPart(number, part));
    const { kv } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      kv.put(PREFIX.part + sortable(number), etag);
      for (const [key] of this.#list(PREFIX.tail)) kv.delete(key);
      this.#count(session, fresh);
    });
  }

  #appendTail(session: Session, fresh: Uint8Array): void {
    if (fresh.byteLength === 0) return;
    this.ctx.storage.transactionSync(() => {
      for (let at = 0; at < fresh.byteLength; at += TAIL_PIECE_BYTES) {
        const piece = fresh.slice(at, at + TAIL_PIECE_BYTES);
        this.ctx.storage.kv.put(PREFIX.tail + sortable(session.offset + at), piece);
      }
      this.#count(session, fresh);
    });
  }

  /** How many bytes are in the tail: up to a whole part, when there was no memory to send it. */
  #tailBytes({ offset }: Session): number {
    return offset - this.#parts().length * UPLOAD_PART_BYTES;
  }

  #parts(): R2UploadedPart[] {
    return this.#list<string>(PREFIX.part).map(([, etag], index) => ({ partNumber: index + 1, etag }));
  }

  #list<T>(prefix: string): [string, T][] {
    return [...this.ctx.storage.kv.list<T>({ prefix })];
  }

  /** Moves offset and running hash past bytes that are stored. No `await` in here: both move or neither. */
  #count(session: Session, fresh: Uint8Array): void {
    if (this.#hash?.position === session.offset) {
      this.#hash.hash.update(fresh);
      this.#hash.position += fresh.byteLength;
    }
    session.offset += fresh.byteLength;
    this.#save(session);
  }

  async #multipart(session: Session): Promise<R2MultipartUpload> {
    if (!session.multipart) {
      const upload = await this.env.BUCKET.createMultipartUpload(this.#takeKey());
      session.multipart = { key: upload.key, uploadId: upload.uploadId };
      this.#save(session);
    }
    return this.env.BUCKET.resumeMultipartUpload(session.multipart.key, session.multipart.uploadId);
  }

  /** A key that is noted and was never written to. */
  #takeKey(): string {
    const key = this.#spareKey ?? this.#noteNewKey();
    this.#spareKey = undefined;
    return key;
  }

  #noteNewKey(): string {
    const key = newObjectKey();
    this.ctx.storage.kv.put(PREFIX.object + key, true);
    return key;
  }

  /** Brings all bytes together in one R2 object whose digest is right, and answers its key. */
  async #complete(session: Session, digest: Digest, bounds: ChunkBounds, body: ByteStream | null): Promise<string> {
    if (body && session.offset === 0 && bounds.isLengthCertain && (bounds.length ?? Infinity) <= SINGLE_PUT_BYTES) {
      await this.#unplaced?.placed;
      await this.#requireBounds(session, bounds, digest);
      const whole = { body, length: bounds.length ?? 0 };
      const { key, size } = await this.#checked(() => putAsItComes(this.env.BUCKET, this.#takeKey(), digest, whole));
      session.offset = size;
      return key;
    }
    await this.#receive(session, bounds, body, digest);
    await this.#unplaced?.placed;
    if (!session.multipart) {
      const put = (tail: Uint8Array) => putObject(this.env.BUCKET, this.#takeKey(), digest, tail);
      const { key } = await this.#checked(() => this.#withTail(session, put));
      return key;
    }

    const known = this.#knownDigest(session, algorithmOf(digest));
    if (known && known !== digest) throw await this.#wrongDigest(digest, known);
    await this.#withTail(session, (tail) => this.#completeMultipart(session, tail));
    if (!known) await this.#verify(session.multipart.key, digest);
    return session.multipart.key;
  }

  /** A wrong digest that R2 finds ends the upload. */
  async #checked(put: () => Promise<R2Object>): Promise<R2Object> {
    try {
      return await put();
    } catch (error) {
      if (error instanceof RefusedUpload && error.refusal.outcome === "digest-differs") await this.#end();
      throw error;
    }
  }

  #knownDigest(session: Session, algorithm: DigestAlgorithm): Digest | undefined {
    const running = this.#hash;
    if (!running || running.algorithm !== algorithm || running.position !== session.offset) return undefined;
    return digestFromHex(algorithm, running.hash.copy().digest("hex"));
  }

  async #completeMultipart(session: Session, tail: Uint8Array): Promise<void> {
    const upload = await this.#multipart(session);
    try {
      const parts = this.#parts();
      if (tail.byteLength > 0) parts.push(await withRetries(() => upload.uploadPart(parts.length + 1, tail)));
      await upload.complete(parts);
    } catch (error) {
      // An earlier attempt may have completed it and died before it could say so.
      const object = await this.env.BUCKET.head(upload.key);
      if (object?.size !== session.offset) throw error;
    }
  }

  /** Hashes the finished object when the running hash was lost. */
  async #verify(key: string, digest: Digest): Promise<void> {
    const object = await this.env.BUCKET.get(key);
    if (!object) throw new Error(`finished upload ${key} is not in R2`);
    const algorithm = algorithmOf(digest);
    const hash = new crypto.DigestStream(algorithm === "sha256" ? "SHA-256" : "SHA-512");
    await object.body.pipeTo(hash);
    const actual = digestFromHex(algorithm, Buffer.from(await hash.digest).toString("hex"));
    if (actual !== digest) throw await this.#wrongDigest(digest, actual);
  }

  async #wrongDigest(claimed: Digest, actual: Digest): Promise<RefusedUpload> {
    await this.#end();
    return new RefusedUpload({ outcome: "digest-differs", claimed, actual });
  }

  /** The database of the organization that this is an upload to. */
  #openDatabase(session = this.#read()): Database {
    return openDatabase(databaseOf(this.env, session && organizationOf(session.repository)));
  }

  async #givePlaceBack(): Promise<void> {
    await deleteOpenUpload(this.#openDatabase(), this.ctx.id.toString());
  }

  async #end(): Promise<void> {
    const session = this.#read();
    const multipart = session?.multipart;
    if (multipart) {
      const upload = this.env.BUCKET.resumeMultipartUpload(multipart.key, multipart.uploadId);
      await upload.abort().catch((error: unknown) => {
        // When it was completed before, the object is what has to go.
        if (!isR2Error(error, NO_SUCH_UPLOAD)) throw error;
      });
    }
    await this.#discardObjects();
    if (session && !session.done) await this.#givePlaceBack();
    this.#hash = undefined;
    this.#spareKey = undefined;
    await this.#forget(session?.expiresAt);
  }

  /** Forgets all of an upload, but as long as its id could open it anew, not that it has ended. */
  async #forget(expiresAt = 0): Promise<void> {
    const { storage } = this.ctx;
    if (Date.now() >= expiresAt) {
      await storage.deleteAlarm();
      await storage.deleteAll();
      return;
    }
    storage.transactionSync(() => {
      for (const [key] of this.#list("")) storage.kv.delete(key);
      storage.kv.put(ENDED, expiresAt);
    });
    await storage.setAlarm(expiresAt);
  }

  /** Forgets what a finished upload was made of. */
  #forgetBytes(): void {
    this.ctx.storage.transactionSync(() => {
      for (const prefix of Object.values(PREFIX)) {
        for (const [key] of this.#list(prefix)) this.ctx.storage.kv.delete(key);
      }
    });
    this.#hash = undefined;
  }

  /** Removes what failed attempts left in R2, and the upload itself when the blob was there already. */
  async #discardObjects(keep = ""): Promise<void> {
    const db = this.#openDatabase();
    const keys = this.#list(PREFIX.object).map(([entry]) => entry.slice(PREFIX.object.length));
    for (const key of keys) if (key !== keep && key !== this.#spareKey) await discardObject(db, this.env.BUCKET, key);
  }
}

function answer<T>(work: () => T): UploadOutcome<T> {
  try {
    return { outcome: "done", value: work() };
  } catch (error) {
    return refusalOf(error);
  }
}

async function answerAsync<T>(body: ByteStream | null, work: () => Promise<T>): Promise<UploadOutcome<T>> {
  try {
    return { outcome: "done", value: await work() };
  } catch (error) {
    const refusal = refusalOf(error);
    await discardRest(body);
    return refusal;
  }
}

/** Keys are listed in the order of their bytes. */
function sortable(number: number): string {
  return String(number).padStart(12, "0");
}

/** Waits a little for the memory that other uploads give back with every part they have sent. */
async function appendSoon(part: PartBuffer, piece: Uint8Array): Promise<boolean> {
  for (let tries = 0; tries < APPEND_TRIES; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, APPEND_PAUSE_MS));
    if (part.append(piece)) return true;
  }
  return false;
}

async function isAtEnd(reader: BodyReader): Promise<boolean> {
  for (;;) {
    const piece = await reader.read(1);
    if (piece !== IDLE) return piece === undefined;
  }
}

/** R2 asks to repeat what failed on its side; the part is still in memory. */
async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === PART_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
    }
  }
}
