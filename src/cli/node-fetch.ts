/**
 * What stands in for `fetch` in this tool: Node's own HTTP client, which sends large bodies faster, tells how much of
 * them has left, and goes on using a connection after an answer that nobody reads. With undici an upload
 * takes twice the memory and three times the processor time, because it does not tell when a buffer can be used again.
 */
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Bytes } from "../client/bytes.ts";
import type { Fetch, FetchInit } from "../client/http.ts";
import { RangeBlob } from "./range-blob.ts";

/** A body is handed to the connection in pieces of this size, so that progress shows. */
const PIECE_BYTES = 256 * 1024;
/** Answers up to here are read at once: their connection is free again, whether somebody reads them or not. */
const SMALL_ANSWER_BYTES = 64 * 1024;

/** Connections that stay open for the next request. */
export interface Connections {
  http: HttpAgent;
  https: HttpsAgent;
  /** Closes all of them. */
  close: () => void;
}

/** @param environment HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, in either case, where this Node knows them. */
export function openConnections(environment: NodeJS.ProcessEnv = process.env): Connections {
  // Node's types have no word of `proxyEnv` yet; a Node without it ignores it.
  const options = {
    keepAlive: true,
    scheduling: "lifo" as const,
    ...(usesProxy(environment) && { proxyEnv: environment }),
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    http,
    https,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

function usesProxy(environment: NodeJS.ProcessEnv): boolean {
  return ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => environment[name]);
}

/** Headers that say who asks. */
const CREDENTIALS = ["Authorization", "Cookie", "X-Auth-Token"];

/** As many as browsers follow without wondering. */
const MAX_REDIRECTS = 5;

/**
 * Makes a `fetch` that uses these connections.
 *
 * @param maxRedirects how many redirects it follows, of GET and HEAD only; of one more it answers the redirect itself.
 */
export function nodeFetch(connections: Connections, maxRedirects = MAX_REDIRECTS): Fetch {
  return (url, init) => send(connections, new URL(url), init, maxRedirects);
}

async function send(connections: Connections, url: URL, init: FetchInit, redirects: number): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = Object.fromEntries(init.headers);
  const body = init.body === undefined ? undefined : bodyOf(init.body);
  if (body) {
    // Without a length the body goes in pieces that say their own.
    if (body.length !== undefined) headers["content-length"] = String(body.length);
    headers["content-type"] ??= body.type ?? "application/octet-stream";
  } else if (init.method !== "GET" && init.method !== "HEAD") {
    headers["content-length"] = "0";
  }
  const options = { method: init.method, headers, signal: init.signal };
  const request =
    url.protocol === "http:"
      ? requestHttp(url, { ...options, agent: connections.http })
      : requestHttps(url, { ...options, agent: connections.https });
  request.on("error", reject);
  request.on("response", resolve);
  const sending = body ? sendBody(request, body, init.onSent) : undefined;
  if (!body) request.end();
  // Whatever breaks the body breaks the request.
  sending?.catch((error: unknown) => request.destroy(error as Error));

  const answer = await promise;
  const next = redirectOf(url, init.method, answer);
  if (next && redirects > 0) {
    answer.resume();
    if (next.origin === url.origin) return send(connections, next, init, redirects - 1);
    // Credentials are for the registry, and not for another server that keeps its bytes; nor has that a say in where
    // tokens are to be had.
    const kept = new Headers(init.headers);
    for (const name of CREDENTIALS) kept.delete(name);
    const response = await send(connections, next, { ...init, headers: kept }, redirects - 1);
    response.headers.delete("WWW-Authenticate");
    return response;
  }
  return responseOf(init.method, answer);
}

function redirectOf(url: URL, method: string, { statusCode = 0, headers }: IncomingMessage): URL | undefined {
  if (method !== "GET" && method !== "HEAD") return undefined;
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  return URL.parse(headers.location ?? "", url) ?? undefined;
}

/** A piece of a body; `release` is to be called once the connection has taken it. */
interface Piece {
  bytes: Uint8Array;
  release?: () => void;
}

interface SizedBody {
  length: number | undefined;
  type?: string;
  pieces: () => AsyncIterable<Piece> | Iterable<Piece>;
}

function bodyOf(body: NonNullable<FetchInit["body"]>): SizedBody {
  if (body instanceof RangeBlob) return { length: body.size, pieces: () => reusingBuffers(body) };
  if (body instanceof Blob) return { length: body.size, pieces: () => streamed(body) };
  if (body instanceof ReadableStream) return { length: undefined, pieces: () => streamed({ stream: () => body }) };
  if (body instanceof Uint8Array) return { length: body.byteLength, pieces: () => piecesOf(body) };
  const bytes = Buffer.from(String(body));
  const isForm = body instanceof URLSearchParams;
  return {
    length: bytes.byteLength,
    type: isForm ? "application/x-www-form-urlencoded;charset=UTF-8" : "text/plain;charset=UTF-8",
    pieces: () => [{ bytes }],
  };
}

function* piecesOf(bytes: Uint8Array): Generator<Piece> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield { bytes: bytes.subarray(at, at + PIECE_BYTES) };
}

async function* streamed(blob: { stream: () => ReadableStream<Uint8Array> }): AsyncGenerator<Piece> {
  for await (const bytes of blob.stream()) yield { bytes };
}

/** Reads into a few buffers in turn: new ones for gigabytes would keep the garbage collector busier than anything else. */
async function* reusingBuffers(blob: RangeBlob): AsyncGenerator<Piece> {
  const free = Array.from({ length: 3 }, () => new Uint8Array(Math.min(PIECE_BYTES, blob.size)));
  let wake: (() => void) | undefined;
  for (let at = 0; at < blob.size;) {
    const buffer = free.shift();
    if (!buffer) {
      await new Promise<void>((done) => (wake = done));
      continue;
    }
    const bytes = await blob.readInto(buffer, at);
    at += bytes.byteLength;
    const release = () => {
      free.push(buffer);
      wake?.();
    };
    yield { bytes, release };
  }
}

/** Sends the body until it ends or an answer arrives: a server that answers early reads no further. */
async function sendBody(request: ClientRequest, body: SizedBody, onSent?: (bytes: number) => void): Promise<void> {
  let isOver = false;
  let wake: (() => void) | undefined;
  const end = () => {
    isOver = true;
    wake?.();
  };
  request.on("drain", () => wake?.());
  request.once("close", end);
  request.once("response", (answer) => {
    end();
    // What is left of the body will never come, so that the connection cannot be used again.
    answer.once("end", () => {
      if (!request.writableEnded) request.destroy();
    });
  });
  let sent = 0;
  for await (const { bytes, release } of body.pieces()) {
    if (isOver) return;
    if (!request.write(bytes, release)) {
      await new Promise<void>((done) => {
        wake = done;
        if (isOver) done();
      });
    }
    sent += bytes.byteLength;
    onSent?.(sent);
  }
  if (sent !== body.length) throw new Error(`the body has ${sent} bytes in place of ${body.length}`);
  request.end();
}

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const NULL_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

async function responseOf(method: string, answer: IncomingMessage): Promise<Response> {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    headers.append(answer.rawHeaders[at] ?? "", answer.rawHeaders[at + 1] ?? "");
  }
  const init = { status, statusText: answer.statusMessage ?? "", headers };
  if (method === "HEAD" || NULL_BODY.has(status)) {
    answer.resume();
    return new Response(null, init);
  }
  if (Number(answer.headers["content-length"] ?? Infinity) > SMALL_ANSWER_BYTES) {
    return new Response(streamOf(answer), init);
  }
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return new Response(Buffer.concat(pieces), init);
}

/** The body as a stream. One that is cancelled takes its connection with it. */
function streamOf(answer: IncomingMessage): ReadableStream<Bytes> {
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Bytes>;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        answer.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
