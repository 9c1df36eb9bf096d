/** One blob of an image that comes from elsewhere. */
import { ProtocolViolation } from "../../client/errors.ts";
import type { ByteRange } from "../../kernel/byte-range.ts";
import { MAX_BLOB_BYTES } from "../../kernel/limits.ts";
import { findBlob } from "../../storage/content/blobs.ts";
import { adoptBlob } from "../../storage/upstreams/cached-content.ts";
import type { Stores } from "../../storage/stores.ts";
import { BlobFetch } from "./blob-fetch.ts";
import type { BlobAnswer, BlobAsk, UpstreamRefusal } from "./upstream-contract.ts";
import { type OriginImage, UpstreamRequests } from "./upstream-requests.ts";

/** How long upstream may take until it begins to answer. */
const PATIENCE_MS = 30_000;
/** For how long a refusal is given again. */
const BELIEVED_MS = 10_000;

/** What a blob is read from. */
interface Source {
  size: number;
  read: (stores: Stores, range: ByteRange | undefined) => Promise<ReadableStream> | ReadableStream;
}

/** A Durable Object has it, so that upstream sees each blob once, however many clients want it. */
export class BlobOrigin {
  readonly #requests: UpstreamRequests;
  readonly #keepAlive: (work: Promise<unknown>) => void;
  #opening: Promise<Source | UpstreamRefusal> | undefined;
  #fetch: BlobFetch | undefined;
  #refused: { answer: UpstreamRefusal; until: number } | undefined;

  /** @param keepAlive sees to it that work goes on when nobody waits for it. */
  constructor(ask: BlobAsk, keepAlive: (work: Promise<unknown>) => void) {
    this.#requests = new UpstreamRequests(ask);
    this.#keepAlive = keepAlive;
  }

  /** The size of the blob, as upstream says. */
  async describe(stores: Stores, ask: BlobAsk): Promise<BlobAnswer> {
    if (this.#refused && this.#refused.until > Date.now()) return this.#refused.answer;
    if (this.#fetch && !this.#fetch.isOver) return { outcome: "described", size: this.#fetch.size };
    try {
      const image = await this.#requests.open(stores);
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const request = { method: "HEAD", url: blobPath(image, ask), signal };
      const size = await this.#requests.send(stores, image, request, ({ headers }) => sizeOf(headers, ask));
      return { outcome: "described", size };
    } catch (error) {
      return this.#refuse(stores, ask, error);
    }
  }

  /** The blob's bytes, or some of them: from a fetch that is under way, or begins now. */
  async open(stores: Stores, ask: BlobAsk): Promise<Source | UpstreamRefusal> {
    if (this.#fetch && !this.#fetch.isOver) return this.#fetch;
    if (this.#refused && this.#refused.until > Date.now()) return this.#refused.answer;
    this.#opening ??= this.#begin(stores, ask).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #begin(stores: Stores, ask: BlobAsk): Promise<Source | UpstreamRefusal> {
    try {
      const image = await this.#requests.open(stores);
      const stored = await this.#findStored(stores, ask);
      if (stored) return stored;
      const body = await this.#get(stores, image, ask);
      this.#fetch = new BlobFetch(stores, ask, body);
      this.#keepAlive(this.#fetch.ended);
      return this.#fetch;
    } catch (error) {
      return this.#refuse(stores, ask, error);
    }
  }

  /** It may have come just now, for another request, or for another image. */
  async #findStored({ db }: Stores, ask: BlobAsk): Promise<Source | undefined> {
    const search = await findBlob(db, ask.repository, ask.digest);
    const stored = search.outcome === "found" ? search.blob : await adoptBlob(db, ask, ask.digest);
    if (!stored) return undefined;
    const { objectKey, size } = stored;
    const read = async ({ bucket }: Stores, range: ByteRange | undefined) => {
      const object = await bucket.get(objectKey, range && { range });
      if (!object) throw new Error(`the object of blob ${ask.digest} is gone`);
      return object.body;
    };
    return { size, read };
  }

  async #get(stores: Stores, image: OriginImage, ask: BlobAsk) {
    const { digest } = ask;
    const request = { method: "GET", url: blobPath(image, ask), timeoutMs: PATIENCE_MS };
    return this.#requests.send(stores, image, request, ({ headers, body }) => {
      if (!body) throw new ProtocolViolation(`the blob ${digest} has no bytes`);
      return { digest, size: sizeOf(headers, ask), body };
    });
  }

  async #refuse(stores: Stores, ask: BlobAsk, error: unknown): Promise<UpstreamRefusal> {
    const answer = await this.#requests.refuse(
      stores,
      error,
      `blob ${ask.digest} of ${ask.repository}`,
      "BLOB_UNKNOWN",
    );
    this.#refused = { answer, until: Date.now() + BELIEVED_MS };
    return answer;
  }
}

function blobPath({ name }: OriginImage, { digest }: BlobAsk): string {
  return `/v2/${name}/blobs/${digest}`;
}

/** Bytes that will come. R2 has to know them beforehand. */
function sizeOf(headers: Headers, { digest, size }: BlobAsk): number {
  const header = headers.get("Content-Length");
  // What is compressed on the way has another length there.
  const told = header === null || headers.has("Content-Encoding") ? undefined : Number(header);
  const expected = size ?? told;
  if (expected === undefined || !Number.isSafeInteger(expected)) {
    throw new ProtocolViolation(`it does not tell how many bytes blob ${digest} has`);
  }
  if (told !== undefined && told !== expected) {
    throw new ProtocolViolation(`blob ${digest} has ${told} bytes there, and ${expected} in the manifest`);
  }
  if (expected > MAX_BLOB_BYTES) throw new ProtocolViolation(`blob ${digest} has more than ${MAX_BLOB_BYTES} bytes`);
  return expected;
}
