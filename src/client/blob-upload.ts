/**
 * One upload of one blob in a registry (OCI distribution-spec, "Pushing a blob in chunks"), which outlives connections:
 * whatever breaks, the registry is asked how much it has, and the upload goes on from there.
 */
import type { Bytes } from "./bytes.ts";
import { MAX_REQUEST_BYTES } from "./chunk-sizes.ts";
import { isNotFound, NetworkLost, ProtocolViolation, RegistryRefusal, UploadLost } from "./errors.ts";
import { pullScope, pushScope, type RegistryClient, type RegistryRequest } from "./registry-client.ts";
import { StreamedBody } from "./streamed-body.ts";
import { isTransient, Patience, retryAfterOf } from "./retry.ts";

/** A piece of a blob that can be sent again. */
export type Chunk = Blob | Bytes | StreamedBody;

/** Where an upload stands. */
export interface UploadProgress {
  /** Bytes that the registry has. */
  acknowledged: number;
  /** Bytes that have left; what a broken connection lost is taken back. */
  sent: number;
}

export interface UploadTarget {
  client: RegistryClient;
  repository: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** A mount in place of an upload: OCI distribution-spec, "Mounting a blob from another repository". */
export interface Mount {
  digest: string;
  /** A repository of the same registry; the target itself asks whether the blob is there already. */
  from: string;
}

/** A registry reads a finished layer back before it answers, when it could not hash it on the way. */
const FINISH_TIMEOUT_MS = 15 * 60_000;
/** At the least size of a chunk, 5 MiB, this is a line of 140 kbit/s. */
const CHUNK_TIMEOUT_MS = 300_000;
const CANCEL_TIMEOUT_MS = 10_000;
/** Below this a proxy that calls a request too large means something else. */
const MIN_ACCEPTED_BYTES = 64 * 1024;

export class BlobUpload {
  readonly #target: UploadTarget;
  #location: URL;
  #offset: number;
  /** Least bytes of a chunk but the last, as the registry asks (`OCI-Chunk-Min-Length`). */
  readonly minChunkBytes: number;
  #maxRequestBytes = Infinity;

  private constructor(target: UploadTarget, location: URL, offset: number, headers: Headers) {
    this.#target = target;
    this.#location = location;
    this.#offset = offset;
    this.minChunkBytes = lengthFrom(headers.get("OCI-Chunk-Min-Length")) ?? 1;
    this.#maxRequestBytes = lengthFrom(headers.get("OCI-Chunk-Max-Length")) ?? Infinity;
  }

  /**
   * Opens an upload.
   *
   * @returns "mounted" when `mount` made the upload superfluous.
   */
  static async open(target: UploadTarget, mount?: Mount): Promise<BlobUpload | "mounted"> {
    const { client, repository, signal } = target;
    const scopes = [pushScope(repository)];
    if (mount && mount.from !== repository) scopes.push(pullScope(mount.from));
    const query = mount ? `?${new URLSearchParams({ mount: mount.digest, from: mount.from }).toString()}` : "";
    const path = `/v2/${repository}/blobs/uploads/`;
    return client.send(
      { method: "POST", url: `${path}${query}`, scopes, signal },
      async ({ status, headers, body }) => {
        await body?.cancel();
        if (status === 201 && mount) return "mounted" as const;
        return new BlobUpload(target, locationOf(headers, new URL(path, client.url)), 0, headers);
      },
    );
  }

  /**
   * Takes up an upload that was opened elsewhere.
   *
   * @param location its address.
   * @param offset how many bytes it has.
   */
  static resume(target: UploadTarget, location: string | URL, offset: number): BlobUpload {
    return new BlobUpload(target, new URL(location, target.client.url), offset, new Headers());
  }

  /**
   * The same when it is not known how many bytes it has: the registry is asked.
   *
   * @throws UploadLost when the registry has forgotten it.
   */
  static async find(target: UploadTarget, location: string | URL): Promise<BlobUpload> {
    const upload = BlobUpload.resume(target, location, 0);
    upload.#offset = await upload.#ask(0);
    return upload;
  }

  /** Where the upload goes on; it may change with every request. */
  get location(): string {
    return this.#location.href;
  }

  /** How many bytes the registry has. */
  get offset(): number {
    return this.#offset;
  }

  /** What the registry, or a proxy before it, takes in one request at most. */
  get maxRequestBytes(): number {
    return this.#maxRequestBytes;
  }

  /**
   * Adds the next bytes of the blob, through lost connections and restarts of the registry.
   *
   * @throws UploadLost when the registry has forgotten the upload; RegistryRefusal; NetworkLost after several tries
   * that brought nothing on; the signal's reason.
   */
  async write(chunk: Chunk): Promise<void> {
    const start = this.#offset;
    const end = start + sizeOf(chunk);
    const patience = new Patience(this.#target.client.retry);
    while (this.#offset < end) {
      const from = this.#offset;
      const to = Math.min(end, from + this.#maxRequestBytes);
      try {
        await this.#patch(slice(chunk, from - start, to - start), from, to);
        patience.reset();
      } catch (error) {
        await this.#recover(error, patience, { start, end, from, to });
      }
      this.#report(this.#offset);
    }
  }

  /**
   * Ends the upload: the registry checks the digest and makes it a blob.
   *
   * @param last what is still to be added; a small blob needs no other request.
   * @throws as {@link write}; a digest that is not the bytes' is a RegistryRefusal (`DIGEST_INVALID`).
   */
  async finish(digest: string, last: Chunk = new Uint8Array(0)): Promise<void> {
    const start = this.#offset;
    const end = start + sizeOf(last);
    if (end - start > this.#maxRequestBytes) await this.write(last);
    const patience = new Patience(this.#target.client.retry);
    for (;;) {
      const from = this.#offset;
      try {
        await this.#put(digest, slice(last, from - start, end - start));
        this.#offset = end;
        this.#report(end);
        return;
      } catch (error) {
        // The answer to an earlier try may have been what was lost.
        if ((isPassing(error) || isNotFound(error)) && (await this.#exists(digest))) return;
        await this.#recover(error, patience, { start, end, from, to: end });
        if (this.#maxRequestBytes < end - this.#offset)
          await this.write(slice(last, this.#offset - start, end - start));
      }
    }
  }

  /** Tells the registry that nothing more will come. Never fails: what is left expires by itself. */
  async cancel(): Promise<void> {
    const { signal: _aborted, ...request } = this.#request("DELETE");
    try {
      await this.#target.client.send({ ...request, timeoutMs: CANCEL_TIMEOUT_MS, expected: [404] }, discardBody);
    } catch {
      // Nobody waits for it.
    }
  }

  async #patch(chunk: Chunk, from: number, to: number): Promise<void> {
    const request = this.#request("PATCH");
    const headers = { "Content-Type": "application/octet-stream", "Content-Range": `${from}-${to - 1}` };
    const onSent = (bytes: number) => this.#report(from + Math.min(bytes, to - from));
    const sending = { ...request, headers, body: chunk, timeoutMs: CHUNK_TIMEOUT_MS, onSent };
    await this.#target.client.send(sending, async (response) => {
      await discardBody(response);
      this.#location = locationOf(response.headers, this.#location);
      // Some of the bytes were taken, so "0-0" is one byte here.
      this.#offset = offsetFrom(response.headers, 1) ?? to;
    });
    if (this.#offset > to) throw new ProtocolViolation(`the registry claims ${this.#offset} bytes of ${to}`);
  }

  async #put(digest: string, rest: Chunk): Promise<void> {
    const request = this.#request("PUT");
    const url = new URL(request.url);
    url.searchParams.set("digest", digest);
    const from = this.#offset;
    const size = sizeOf(rest);
    const headers = {
      "Content-Type": "application/octet-stream",
      // The one chunk that is all of a blob needs none, and not every registry understands one here.
      ...(from > 0 && size > 0 && { "Content-Range": `${from}-${from + size - 1}` }),
    };
    const onSent = (bytes: number) => this.#report(from + Math.min(bytes, size));
    const sending = { ...request, url, headers, body: rest, timeoutMs: FINISH_TIMEOUT_MS, onSent };
    await this.#target.client.send(sending, discardBody);
  }

  /** Finds out how to go on after a failed chunk, or throws what makes that impossible. */
  async #recover(
    error: unknown,
    patience: Patience,
    { start, end, from, to }: { start: number; end: number; from: number; to: number },
  ): Promise<void> {
    const { signal } = this.#target;
    signal?.throwIfAborted();
    if (isNotFound(error)) throw new UploadLost("the registry has forgotten the upload", { cause: error });
    if (error instanceof RegistryRefusal && error.status === 413 && to - from > MIN_ACCEPTED_BYTES) {
      this.#maxRequestBytes = Math.max(MIN_ACCEPTED_BYTES, smallerThan(to - from));
      return;
    }
    if (!isPassing(error)) throw error;
    this.#report(from);
    const isOutOfRange = error instanceof RegistryRefusal && error.status === 416;
    let known = isOutOfRange ? offsetFrom(error.headers, from) : undefined;
    // 416 also means that the registry still waits for a connection that is dead: it is given time, then asked.
    if (known === undefined || known <= from) {
      if (!patience.hasMore()) throw error;
      await patience.wait(signal, askedPause(error));
      known = await this.#ask(from);
      // "0-0" is one byte or none: where the registry refused the one, it may have the other.
      if (isOutOfRange && start === 0 && from <= 1 && known === from) {
        this.#offset = 1 - from;
        return;
      }
    }
    if (known > end) throw new ProtocolViolation(`the registry claims ${known} bytes, but only ${end} were sent`);
    if (known < start) throw new UploadLost(`the registry lost ${start - known} bytes that it had`);
    if (known > from) patience.reset();
    // A proxy may cut the connection of a request that it calls too large before it says so.
    else if (to - from > MAX_REQUEST_BYTES) this.#maxRequestBytes = MAX_REQUEST_BYTES;
    this.#offset = known;
  }

  /** Asks the registry how many bytes it has. */
  async #ask(atLeast: number): Promise<number> {
    const { client, repository, signal } = this.#target;
    const request = { method: "GET", url: this.#location, scopes: [pushScope(repository)], signal };
    try {
      return await client.send(request, async (response) => {
        await discardBody(response);
        const offset = offsetFrom(response.headers, atLeast);
        if (offset === undefined)
          throw new ProtocolViolation("the registry does not say how much of the upload it has");
        this.#location = response.headers.has("Location")
          ? locationOf(response.headers, this.#location)
          : this.#location;
        return offset;
      });
    } catch (error) {
      if (isNotFound(error)) throw new UploadLost("the registry has forgotten the upload", { cause: error });
      throw error;
    }
  }

  async #exists(digest: string): Promise<boolean> {
    const { client, repository, signal } = this.#target;
    return (await client.findBlob(repository, digest, { signal })) !== undefined;
  }

  #request(method: string): RegistryRequest & { url: URL } {
    const { repository, signal } = this.#target;
    // The caller knows better when to repeat it.
    return { method, url: this.#location, scopes: [pushScope(repository)], signal, attempts: 1 };
  }

  #report(sent: number): void {
    this.#target.onProgress?.({ acknowledged: this.#offset, sent });
  }
}

/** A refusal or failure after which the same upload may go on. */
function isPassing(error: unknown): boolean {
  if (error instanceof NetworkLost) return true;
  return error instanceof RegistryRefusal && (error.status === 416 || isTransient(error.status));
}

function askedPause(error: unknown): number | undefined {
  return error instanceof RegistryRefusal ? retryAfterOf(error.headers) : undefined;
}

async function discardBody({ body }: Response): Promise<void> {
  await body?.cancel();
}

function locationOf(headers: Headers, base: URL): URL {
  const location = URL.parse(headers.get("Location") ?? "", base.href);
  if (!location || !headers.has("Location"))
    throw new ProtocolViolation("the registry does not say where the upload goes on");
  return location;
}

/**
 * The number of bytes that a `Range` header tells, `0-<last>`.
 *
 * @param atLeast what is known: an upload of one byte and an empty one look the same.
 */
function offsetFrom(headers: Headers, atLeast: number): number | undefined {
  const last = /^(?:bytes=)?0-(-?\d{1,15})$/.exec(headers.get("Range")?.trim() ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" && atLeast === 0 ? 0 : Number(last) + 1;
}

function lengthFrom(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/.test(header) && Number(header) > 0 ? Number(header) : undefined;
}

/** The next size to try: what proxies usually let through, and then half as much each time. */
function smallerThan(bytes: number): number {
  return bytes > MAX_REQUEST_BYTES ? MAX_REQUEST_BYTES : Math.floor(bytes / 2);
}

function sizeOf(chunk: Chunk): number {
  return chunk instanceof Blob || chunk instanceof StreamedBody ? chunk.size : chunk.byteLength;
}

function slice(chunk: Chunk, from: number, to: number): Chunk {
  if (from === 0 && to === sizeOf(chunk)) return chunk;
  return chunk instanceof Blob || chunk instanceof StreamedBody ? chunk.slice(from, to) : chunk.subarray(from, to);
}
