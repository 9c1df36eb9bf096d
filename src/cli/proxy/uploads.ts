/**
 * Uploads of any shape, as chunks that the way to the registry lets through: docker's PATCH without length, containerd's
 * and skopeo's PUT, a POST with all of a blob. How the registry is asked is `client/blob-upload.ts`; here is where the
 * bytes come from.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ChunkSizes } from "../../client/chunk-sizes.ts";
import type { Fetch } from "../../client/http.ts";
import { RegistryClient } from "../../client/registry-client.ts";
import { BlobUpload, type UploadTarget } from "../../client/blob-upload.ts";
import { reasonOf } from "../explain.ts";
import type { AddressBook } from "./addresses.ts";
import { refuse } from "./refusals.ts";
import { UploadReport, type WriteLine } from "./report.ts";
import { Spool } from "./spool.ts";
import type { TokenMemory } from "./tokens.ts";

export interface UploadSettings {
  upstream: URL;
  fetch: Fetch;
  tokens: TokenMemory;
  /** Most bytes of a request. */
  maxChunkBytes: number;
  /** Where bytes are kept that may have to be sent again. */
  spoolDirectory: string;
  write: WriteLine;
}

/** What is known of an upload between two requests. */
interface KnownUpload {
  repository: string;
  /** Bytes that the registry has; undefined when it has to be asked. */
  offset: number | undefined;
  /** Least bytes of a chunk but the last. */
  unit: number;
}

/** One request with bytes of a blob. */
interface Body {
  request: IncomingMessage;
  /** Bytes, when the client has said so. */
  length: number | undefined;
  session: BlobUpload;
  unit: number;
  report: UploadReport;
}

/** Enough for minutes without a network. */
const RETRY = { attempts: 10, delayMs: 500, maxDelayMs: 30_000 };
/** Chunks of a registry that asks for none: as small as makes sense where each takes a round trip. */
const DEFAULT_UNIT_BYTES = 1024 * 1024;
/** Uploads whose end the proxy did not see are forgotten beyond so many. */
const MAX_KNOWN = 10_000;
const UPLOAD_PATH = /^\/v2\/(.+)\/blobs\/uploads\//;

export class Uploads {
  readonly #settings: UploadSettings;
  readonly #known = new Map<string, KnownUpload>();
  /** By the least size of a chunk. */
  readonly #sizes = new Map<number, ChunkSizes>();

  constructor(settings: UploadSettings) {
    this.#settings = settings;
  }

  /** Notes the answer to a POST that opened an upload. */
  opened(repository: string, location: string, headers: Headers): void {
    const url = URL.parse(location, this.#settings.upstream);
    if (!url) return;
    const asked = Number(headers.get("OCI-Chunk-Min-Length"));
    const unit = Number.isSafeInteger(asked) && asked > 0 ? asked : DEFAULT_UNIT_BYTES;
    this.#remember(url.pathname, { repository, offset: 0, unit });
  }

  /** A PATCH: adds its body to the upload. */
  async append(
    request: IncomingMessage,
    response: ServerResponse,
    { url, addresses }: { url: URL; addresses: AddressBook },
  ): Promise<void> {
    await this.#receive(request, response, url, async (body) => {
      const range = /^(\d+)-\d+$/.exec(request.headers["content-range"] ?? "")?.[1];
      if (range !== undefined && Number(range) !== body.session.offset) {
        refuse(response, {
          status: 416,
          code: "RANGE_INVALID",
          message: `the chunk starts at ${range}, but the upload has ${body.session.offset} bytes`,
          headers: {
            Range: rangeOf(body.session.offset),
            Location: addresses.rewrite("Location", body.session.location),
          },
        });
        return;
      }
      await this.#forward(body);
      const { offset, location } = body.session;
      response.writeHead(202, {
        Location: addresses.rewrite("Location", location),
        Range: rangeOf(offset),
        "Docker-Upload-UUID": idOf(new URL(location)),
        "Content-Length": 0,
      });
      response.end();
      this.#remember(new URL(location).pathname, { ...this.#knownOf(url), offset });
    });
  }

  /** A PUT: adds its body, if it has one, and ends the upload. */
  async finish(request: IncomingMessage, response: ServerResponse, target: URL): Promise<void> {
    const url = new URL(target);
    const digest = url.searchParams.get("digest") ?? "";
    url.searchParams.delete("digest");
    await this.#receive(request, response, url, async (body) => {
      await this.#forward(body, digest);
      this.#known.delete(url.pathname);
      answerCreated(response, this.#knownOf(url).repository, digest);
    });
  }

  /** A POST with all of a blob. */
  async store(
    request: IncomingMessage,
    response: ServerResponse,
    { url, repository }: { url: URL; repository: string },
  ): Promise<void> {
    const digest = url.searchParams.get("digest") ?? "";
    const report = this.#report(repository, digest.slice(0, 19), lengthOf(request));
    await this.#guarded(response, report, async (signal) => {
      const session = await BlobUpload.open(this.#target(request, repository, signal, report));
      if (session === "mounted") throw new Error("mounted without being asked to");
      const unit = Math.max(session.minChunkBytes, DEFAULT_UNIT_BYTES);
      await this.#forward({ request, length: lengthOf(request), session, unit, report }, digest);
      answerCreated(response, repository, digest);
    });
  }

  /** What a PATCH and a PUT have in common: they go on with an upload that is there. */
  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    work: (body: Body) => Promise<void>,
  ): Promise<void> {
    const known = this.#knownOf(url);
    const report = this.#report(known.repository, idOf(url), lengthOf(request));
    await this.#guarded(response, report, async (signal) => {
      const target = this.#target(request, known.repository, signal, report);
      const offset = known.offset ?? (await askOffset(target, url));
      const session = BlobUpload.resume(target, url, offset);
      await work({ request, length: lengthOf(request), session, unit: known.unit, report });
    }).catch((error: unknown) => {
      const { repository, unit } = known;
      this.#remember(url.pathname, { repository, unit, offset: undefined });
      throw error;
    });
  }

  /** Runs the work on a body until it is done, or the client is gone. */
  async #guarded(
    response: ServerResponse,
    report: UploadReport,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort(new Error("the client has gone"));
    });
    try {
      await work(gone.signal);
    } catch (error) {
      report.failed(reasonOf(error));
      throw error;
    }
  }

  /** Passes a body on; with a digest it ends the upload. */
  async #forward({ request, length, session, unit, report }: Body, digest?: string): Promise<void> {
    const { maxChunkBytes, spoolDirectory } = this.#settings;
    if (length === 0) {
      request.resume();
      if (digest !== undefined) await session.finish(digest);
      return;
    }
    const spool = await Spool.open(spoolDirectory, 2 * maxChunkBytes);
    try {
      const coming = receiveInto(spool, request);
      const going = this.#sendAll(session, spool, { unit, length, digest });
      // Report the error that ended the first of the two, not its consequence for the other.
      await Promise.race([going, coming.then(() => going)]);
      report.done();
    } finally {
      await spool.close();
    }
  }

  /**
   * Sends all bytes of a spool. A body of known length is sent as it comes. Of another one a chunk is what has come while
   * the last one was on its way, for a request has to say how long it is.
   */
  async #sendAll(
    session: BlobUpload,
    spool: Spool,
    { unit, length, digest }: { unit: number; length: number | undefined; digest: string | undefined },
  ): Promise<void> {
    const sizes = this.#sizesFor(unit);
    if (digest !== undefined && length !== undefined && length <= sizes.next) {
      await session.finish(digest, spool.chunk(0, length));
      return;
    }
    const base = session.offset;
    for (;;) {
      const position = session.offset - base;
      const there = length === undefined ? await spool.available(position, unit) : length - position;
      if (there === 0) break;
      const isRest = length !== undefined || spool.isEnded;
      const bytes = Math.min(isRest ? there : there - (there % unit), sizes.next);
      const start = performance.now();
      await session.write(spool.chunk(position, bytes));
      sizes.took(bytes, performance.now() - start);
      spool.release(session.offset - base);
    }
    if (digest !== undefined) await session.finish(digest);
  }

  /** The chunk size that suited one upload is used for the next. */
  #sizesFor(unit: number): ChunkSizes {
    const known = this.#sizes.get(unit);
    if (known) return known;
    const sizes = new ChunkSizes(this.#settings.maxChunkBytes, unit);
    this.#sizes.set(unit, sizes);
    return sizes;
  }

  #target(request: IncomingMessage, repository: string, signal: AbortSignal, report: UploadReport): UploadTarget {
    const { upstream, fetch, tokens } = this.#settings;
    let authorization = request.headers.authorization;
    const client = new RegistryClient({
      url: upstream,
      retry: RETRY,
      fetch: async (url, init) => {
        try {
          const response = await fetch(url, init);
          if (response.status >= 500 || response.status === 413)
            report.trouble(`the registry answered ${response.status}`);
          return response;
        } catch (error) {
          if (!signal.aborted) report.trouble(reasonOf(error));
          throw error;
        }
      },
      credentials: {
        authorize: async ({ rejected }) => {
          if (!rejected) return authorization;
          const renewed = await tokens.renew(authorization);
          if (renewed !== undefined) authorization = renewed;
          return renewed;
        },
      },
    });
    let base: number | undefined;
    const onProgress = ({ acknowledged, sent }: { acknowledged: number; sent: number }) => {
      base ??= acknowledged;
      report.sent(Math.max(acknowledged, sent) - base);
    };
    return { client, repository, signal, onProgress };
  }

  #report(repository: string, id: string, length: number | undefined): UploadReport {
    return new UploadReport(this.#settings.write, `${repository} ${id.slice(0, 19)}`, length);
  }

  #knownOf({ pathname }: URL): KnownUpload {
    const repository = UPLOAD_PATH.exec(pathname)?.[1] ?? "";
    return this.#known.get(pathname) ?? { repository, offset: undefined, unit: DEFAULT_UNIT_BYTES };
  }

  #remember(pathname: string, known: KnownUpload): void {
    this.#known.delete(pathname);
    this.#known.set(pathname, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Resolves once a body is in the spool, and fails when it breaks off, or cannot be kept. */
function receiveInto(spool: Spool, request: IncomingMessage): Promise<void> {
  const writable = spool.writable();
  const coming = new Promise<void>((done, reject) => {
    writable.once("finish", done);
    writable.on("error", reject);
    request.once("close", () => {
      if (!request.complete) writable.destroy(new Error("the client broke off"));
    });
  });
  // Not a pipeline: that would take the client's connection away, and the answer with it, when sending fails.
  request.pipe(writable);
  coming.catch(() => request.unpipe(writable));
  return coming;
}

async function askOffset({ client, signal }: UploadTarget, url: URL): Promise<number> {
  return client.send({ method: "GET", url, scopes: [], signal }, async ({ headers, body }) => {
    await body?.cancel();
    const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get("Range") ?? "")?.[1];
    // Of an upload without bytes and one with a single byte registries say the same.
    return last === undefined || last === "0" ? 0 : Number(last) + 1;
  });
}

function answerCreated(response: ServerResponse, repository: string, digest: string): void {
  response.writeHead(201, {
    Location: `/v2/${repository}/blobs/${digest}`,
    "Docker-Content-Digest": digest,
    "Content-Length": 0,
  });
  response.end();
}

function lengthOf({ headers }: IncomingMessage): number | undefined {
  const length = headers["content-length"];
  if (length !== undefined) return Number(length);
  return headers["transfer-encoding"] === undefined ? 0 : undefined;
}

/** As docker reads it: of nothing it expects `0-0`, and takes it for the end. */
function rangeOf(offset: number): string {
  return `0-${Math.max(0, offset - 1)}`;
}

/** What registries call an upload: the last part of its path. */
function idOf({ pathname }: URL): string {
  return pathname.split("/").at(-1) ?? "";
}
