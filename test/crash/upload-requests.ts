/** A client that can stop in the middle of a request. */
import { createHash } from "node:crypto";
import { request, type ClientRequest, type OutgoingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { randomBytes } from "../support/image-layouts.ts";
import { PASSWORD, USER, type Server } from "../support/server.ts";

/** What came back, or undefined when the connection broke first. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request whose body is not at its end yet. */
export interface Unfinished {
  request: ClientRequest;
  answer: Promise<Answer | undefined>;
}

/** What the administrator sends with every request. */
export const AUTHORIZATION = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

/** The bytes of a blob, made from a seed, and their digest. */
export function makeBlob(seed: string, size: number): { bytes: Buffer; digest: string } {
  const bytes = Buffer.concat([...randomBytes(size, seed)]);
  return { bytes, digest: digestOf(bytes) };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Sends the head of a request, and what there is of its body so far. Nothing has its length unless `headers` say so. */
export function begin(
  server: Server,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  start: Buffer,
): Unfinished {
  const outgoing = request(`${server.url}${path}`, {
    method,
    agent: false,
    headers: { authorization: AUTHORIZATION, ...headers },
  });
  const answer = new Promise<Answer | undefined>((done) => {
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => done(undefined));
      response.on("end", () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on("error", () => done(undefined));
    outgoing.on("close", () => done(undefined));
  });
  outgoing.write(start);
  return { request: outgoing, answer };
}

/** Sends a request to its end. @throws Error when the connection breaks. */
export async function send(
  server: Server,
  method: string,
  path: string,
  body: Buffer = Buffer.alloc(0),
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  const { request: outgoing, answer } = begin(
    server,
    method,
    path,
    "transfer-encoding" in headers ? headers : { "content-length": body.byteLength, ...headers },
    body,
  );
  outgoing.end();
  const received = await answer;
  if (received === undefined) throw new Error(`the connection broke during ${method} ${path}`);
  return received;
}

/** Opens an upload and answers its path. */
export async function openUpload(server: Server, repository: string): Promise<string> {
  const { status, headers } = await send(server, "POST", `/v2/${repository}/blobs/uploads/`);
  if (status !== 202 || typeof headers.location !== "string") throw new Error(`POST answered ${status}`);
  return headers.location;
}

/** How many bytes the registry says that it has. */
export async function offsetOf(server: Server, upload: string): Promise<number> {
  const { status, headers } = await send(server, "GET", upload);
  const range = /^0-(\d+)$/.exec(String(headers.range));
  if (status !== 204 || range === null) throw new Error(`GET answered ${status}, Range ${String(headers.range)}`);
  // One byte and none look the same; no test here has an upload of one byte.
  return range[1] === "0" ? 0 : Number(range[1]) + 1;
}

/** Waits until the registry has at least so many bytes, and answers how many. */
export async function offsetOfAtLeast(server: Server, upload: string, bytes: number): Promise<number> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    const offset = await offsetOf(server, upload);
    if (offset >= bytes) return offset;
    if (performance.now() > deadline) throw new Error(`the upload stays at ${offset} bytes`);
  }
}

/** Waits until the registry takes chunks of this upload again, as it does once it has noticed that a client is gone. */
export async function settledOffsetOf(server: Server, upload: string): Promise<number> {
  for (const deadline = performance.now() + 20_000; ; await sleep(50)) {
    const offset = await offsetOf(server, upload);
    const { status } = await send(server, "PATCH", upload);
    if (status === 202) return offsetOf(server, upload);
    if (performance.now() > deadline) throw new Error(`an empty chunk is answered ${status}, offset ${offset}`);
  }
}

/** The end of a path, with a digest as its parameter. */
export function withDigest(upload: string, digest: string): string {
  return `${upload}?digest=${encodeURIComponent(digest)}`;
}
