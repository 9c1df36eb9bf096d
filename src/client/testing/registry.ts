/** A registry in memory that fails when it is told to, in place of `fetch`. */
import { concatenate } from "../../kernel/bytes.ts";
import type { Bytes } from "../bytes.ts";
import { algorithmOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import type { Fetch, FetchInit } from "../http.ts";

export interface Exchange {
  method: string;
  /** Without the origin. */
  path: string;
  headers: Headers;
  /** Bytes of the request's body. */
  size: number;
  /** Undefined when the connection broke. */
  status: number | undefined;
}

/** What a failure may do to a request: answer it, or break the connection by throwing. */
export type Fault = (request: FaultyRequest) => Promise<Response> | Response | undefined;

export interface FaultyRequest {
  method: string;
  path: string;
  body: Bytes;
  /** Lets the registry do its work on a part of the body, or all. */
  process: (body?: Bytes) => Promise<Response>;
}

interface Upload {
  repository: string;
  pieces: Bytes[];
  offset: number;
}

export class FakeRegistry {
  readonly exchanges: Exchange[] = [];
  readonly blobs = new Map<string, Map<string, Bytes>>();
  readonly manifests = new Map<string, Map<string, { mediaType: string; bytes: Bytes }>>();
  readonly uploads = new Map<string, Upload>();
  /** Looked at for each request; the first that answers, or throws, is used up. */
  readonly faults: Fault[] = [];
  /** Headers of the answer that opens an upload. */
  openHeaders: Record<string, string> = {};
  /** Whether it has the referrers API. */
  hasReferrers = true;
  readonly #origin: string;
  #nextUpload = 1;

  constructor(origin = "https://registry.example.com") {
    this.#origin = origin;
  }

  readonly fetch: Fetch = async (url, init) => {
    init.signal.throwIfAborted();
    const { origin, pathname, search } = new URL(url);
    if (origin !== this.#origin) throw new TypeError(`nobody answers at ${origin}`);
    const body = await bodyOf(init);
    const { method } = init;
    const path = `${pathname}${search}`;
    const exchange: Exchange = { method, path, headers: init.headers, size: body.byteLength, status: undefined };
    this.exchanges.push(exchange);
    const process = (part = body) => this.#answer(method, pathname, new URL(url).searchParams, init.headers, part);
    for (const [at, fault] of this.faults.entries()) {
      const answered = fault({ method, path, body, process });
      if (answered === undefined) continue;
      this.faults.splice(at, 1);
      const response = await answered;
      exchange.status = response.status;
      return response;
    }
    const response = await process();
    exchange.status = response.status;
    return response;
  };

  /** Requests of a method, by path. */
  asked(method: string): string[] {
    return this.exchanges.filter((exchange) => exchange.method === method).map(({ path }) => path);
  }

  addBlob(repository: string, bytes: Bytes, digest: string = digestOf(bytes)): string {
    this.#blobsOf(repository).set(digest, bytes);
    return digest;
  }

  addManifest(repository: string, reference: string, mediaType: string, bytes: Bytes): void {
    const manifests = this.#manifestsOf(repository);
    manifests.set(reference, { mediaType, bytes });
    manifests.set(digestOf(bytes), { mediaType, bytes });
  }

  async #answer(method: string, path: string, query: URLSearchParams, headers: Headers, body: Bytes) {
    const [, repository = "", kind, rest = ""] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/(.*)$/.exec(path) ?? [];
    switch (kind) {
      case "blobs/uploads":
        return this.#upload(method, repository, rest, query, headers, body);
      case "blobs":
        return this.#blob(method, repository, rest, headers);
      case "manifests":
        return this.#manifest(method, repository, rest, headers, body);
      case "referrers":
        return this.#referrers(repository, rest);
      default:
        return path === "/v2/" ? new Response(null) : refusal(404, "NAME_UNKNOWN");
    }
  }

  #upload(method: string, repository: string, id: string, query: URLSearchParams, headers: Headers, body: Bytes) {
    if (method === "POST") return this.#open(repository, query);
    const upload = this.uploads.get(id);
    if (upload?.repository !== repository) return refusal(404, "BLOB_UPLOAD_UNKNOWN");
    if (method === "DELETE") {
      this.uploads.delete(id);
      return new Response(null, { status: 204 });
    }
    const start = headers.get("Content-Range")?.split("-")[0];
    if (start !== undefined && Number(start) !== upload.offset) {
      return refusal(416, "RANGE_INVALID", { Range: rangeOf(upload), Location: pathOf(repository, id) });
    }
    if (method !== "GET") {
      upload.pieces.push(body);
      upload.offset += body.byteLength;
    }
    if (method !== "PUT") {
      const status = method === "GET" ? 204 : 202;
      return new Response(null, { status, headers: { Range: rangeOf(upload), Location: pathOf(repository, id) } });
    }
    const bytes = concatenate(upload.pieces);
    const digest = query.get("digest") ?? "";
    if (digestOf(bytes, undefined, algorithmOf(digest)) !== digest) return refusal(400, "DIGEST_INVALID");
    this.uploads.delete(id);
    this.addBlob(repository, bytes, digest);
    return new Response(null, { status: 201 });
  }

  #open(repository: string, query: URLSearchParams): Response {
    const mount = query.get("mount") ?? "";
    const found = this.#blobsOf(query.get("from") ?? "").get(mount);
    if (found) {
      this.#blobsOf(repository).set(mount, found);
      return new Response(null, { status: 201 });
    }
    const id = String(this.#nextUpload);
    this.#nextUpload += 1;
    this.uploads.set(id, { repository, pieces: [], offset: 0 });
    return new Response(null, { status: 202, headers: { Location: pathOf(repository, id), ...this.openHeaders } });
  }

  #blob(method: string, repository: string, digest: string, headers: Headers): Response {
    const bytes = this.#blobsOf(repository).get(digest);
    if (!bytes) return refusal(404, "BLOB_UNKNOWN");
    const from = /^bytes=(\d+)-$/.exec(headers.get("Range") ?? "")?.[1];
    const part = bytes.subarray(Number(from ?? 0));
    const length = { "Content-Length": String(part.byteLength) };
    if (method === "HEAD") return new Response(null, { headers: length });
    return new Response(part, { status: from === undefined ? 200 : 206, headers: length });
  }

  #manifest(method: string, repository: string, reference: string, headers: Headers, body: Bytes): Response {
    if (method === "PUT") {
      this.addManifest(repository, reference, headers.get("Content-Type") ?? "", body);
      const subject = (JSON.parse(new TextDecoder().decode(body)) as { subject?: { digest: string } }).subject;
      const answer = new Headers({ "Docker-Content-Digest": digestOf(body) });
      if (subject && this.hasReferrers) answer.set("OCI-Subject", subject.digest);
      return new Response(null, { status: 201, headers: answer });
    }
    const found = this.#manifestsOf(repository).get(reference);
    if (!found) return refusal(404, "MANIFEST_UNKNOWN");
    const answer = { "Content-Type": found.mediaType, "Docker-Content-Digest": digestOf(found.bytes) };
    return new Response(method === "HEAD" ? null : found.bytes, { headers: answer });
  }

  #referrers(repository: string, subject: string): Response {
    if (!this.hasReferrers) return refusal(404, "NOT_FOUND");
    const manifests = [...this.#manifestsOf(repository)].flatMap(([reference, { mediaType, bytes }]) => {
      const json = JSON.parse(new TextDecoder().decode(bytes)) as { subject?: { digest: string } };
      const isOne = json.subject?.digest === subject && reference.includes(":");
      return isOne ? [{ mediaType, digest: reference, size: bytes.byteLength }] : [];
    });
    return Response.json({ schemaVersion: 2, manifests });
  }

  #blobsOf(repository: string): Map<string, Bytes> {
    const blobs = this.blobs.get(repository) ?? new Map<string, Bytes>();
    this.blobs.set(repository, blobs);
    return blobs;
  }

  #manifestsOf(repository: string): Map<string, { mediaType: string; bytes: Bytes }> {
    const manifests = this.manifests.get(repository) ?? new Map<string, { mediaType: string; bytes: Bytes }>();
    this.manifests.set(repository, manifests);
    return manifests;
  }
}

async function bodyOf({ body }: FetchInit): Promise<Bytes> {
  return body === undefined ? new Uint8Array(0) : new Uint8Array(await new Response(body).arrayBuffer());
}

function pathOf(repository: string, id: string): string {
  return `/v2/${repository}/blobs/uploads/${id}`;
}

function rangeOf({ offset }: Upload): string {
  return `0-${Math.max(0, offset - 1)}`;
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ errors: [{ code, message: `refused: ${code}` }] }, { status, headers });
}

/** Retries that take no time. */
export const IMPATIENT = { attempts: 4, delayMs: 1, maxDelayMs: 1 };
