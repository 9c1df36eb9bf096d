/** Requests that are passed on as they are, both ways as a stream. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { parseChallenges } from "../../kernel/challenge.ts";
import { type AddressBook, passedOn } from "./addresses.ts";
import type { TokenMemory, TokenRequest } from "./tokens.ts";
import type { Upstream } from "./upstream.ts";

/** Bodies up to here are read first, so that they can be sent again: manifests, forms, JSON. */
const REPEATABLE_BYTES = 5 * 1024 * 1024;
const MAX_TOKEN_ANSWER_BYTES = 1024 * 1024;
const REPEATABLE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "PUT"]);

export interface ForwardOptions {
  /** Where the request leads, at the registry. */
  url: URL;
  upstream: Upstream;
  addresses: AddressBook;
  /** Whether a second try does no harm, although the method does not say so. */
  isRepeatable?: boolean;
  /** Told the answer's status and headers, as they came. */
  onAnswer?: (status: number, headers: Headers) => void;
}

/** Passes a request on, and its answer back. @throws the system's error when there is no answer. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { url, upstream, addresses, isRepeatable = false, onAnswer }: ForwardOptions,
): Promise<void> {
  const { method = "GET", headers } = request;
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new Error("the client has gone"));
  });
  const isShort = Number(headers["content-length"] ?? Infinity) <= REPEATABLE_BYTES;
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  const passed = passedOn(request.rawHeaders, headers.connection).filter(([name]) => !isAboutBody(name, isShort));
  const answer = await upstream.pass({
    method,
    path: pathOf(url),
    headers: passed,
    signal: gone.signal,
    isRepeatable: isRepeatable || REPEATABLE_METHODS.has(method),
    ...(hasBody && isShort && { body: await readAll(request, REPEATABLE_BYTES) }),
    ...(hasBody && !isShort && { send: (outgoing) => request.pipe(outgoing) }),
  });
  const status = answer.statusCode ?? 502;
  onAnswer?.(status, headersOf(answer));
  const back = passedOn(answer.rawHeaders, answer.headers.connection);
  response.writeHead(
    status,
    answer.statusMessage,
    back.flatMap(([name, value]) => [name, addresses.rewrite(name, value)]),
  );
  await pipeline(answer, response);
}

/** Passes a request for a token on, and remembers which one it was. @throws as {@link forward}. */
export async function forwardTokenRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { url, upstream, tokens }: { url: URL; upstream: Upstream; tokens: TokenMemory },
): Promise<void> {
  const origin: TokenRequest = {
    method: request.method ?? "GET",
    path: pathOf(url),
    headers: Object.fromEntries(
      passedOn(request.rawHeaders, request.headers.connection).filter(([name]) => !isAboutBody(name, true)),
    ),
    body: request.method === "POST" ? await readAll(request, REPEATABLE_BYTES) : undefined,
  };
  const { answer, bytes } = await sendTokenRequest(upstream, origin);
  const token = answer.statusCode === 200 ? tokenOf(bytes) : undefined;
  if (token !== undefined) tokens.note(token, origin);
  const back = passedOn(answer.rawHeaders, answer.headers.connection);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, back.flat());
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** Repeats a request for a token. @returns undefined when it is refused now. */
export async function requestToken(upstream: Upstream, origin: TokenRequest): Promise<string | undefined> {
  const { answer, bytes } = await sendTokenRequest(upstream, origin);
  return answer.statusCode === 200 ? tokenOf(bytes) : undefined;
}

/** Where a challenge sends for tokens, if that is the registry itself: a path. */
export function tokenPathOf(headers: Headers, upstream: URL): string | undefined {
  for (const { parameters } of parseChallenges(headers.get("WWW-Authenticate"))) {
    const realm = URL.parse(parameters["realm"] ?? "");
    if (realm?.origin === upstream.origin) return realm.pathname;
  }
  return undefined;
}

/** What the request line says: path and query. */
function pathOf({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

async function sendTokenRequest(upstream: Upstream, { method, path, headers, body }: TokenRequest) {
  const answer = await upstream.pass({
    method,
    path,
    // The answer is read here.
    headers: Object.entries(headers).filter(([name]) => name.toLowerCase() !== "accept-encoding"),
    body,
    isRepeatable: true,
    signal: AbortSignal.timeout(60_000),
  });
  return { answer, bytes: await readAll(answer, MAX_TOKEN_ANSWER_BYTES) };
}

function tokenOf(bytes: Buffer): string | undefined {
  try {
    const body = JSON.parse(bytes.toString()) as Record<string, unknown> | null;
    const token = body?.["token"] ?? body?.["access_token"];
    return typeof token === "string" && token !== "" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Headers that are set again for the body, because it is sent with its length. */
function isAboutBody(name: string, isAtHand: boolean): boolean {
  const lower = name.toLowerCase();
  return lower === "expect" || (isAtHand && lower === "content-length");
}

async function readAll(message: IncomingMessage, max: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of message) {
    length += (piece as Buffer).byteLength;
    if (length > max) throw new Error(`more than ${max} bytes came`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
