/** Sending one request, again when that may help: below authentication and above `fetch`. */
import { RegistryError } from "../kernel/errors.ts";
import type { Bytes } from "./bytes.ts";
import { NetworkLost, ProtocolViolation, readRefusal, RegistryRefusal, ContentMismatch } from "./errors.ts";
import { StreamedBody } from "./streamed-body.ts";
import { isTransient, Patience, retryAfterOf, type RetryPolicy } from "./retry.ts";

/** Bodies that can be sent a second time as they are. Streams cannot, and browsers do not send them over HTTP/1.1. */
export type Body = Blob | Bytes | string | URLSearchParams;

export interface FetchInit {
  method: string;
  headers: Headers;
  /** A stream is that of one try of a {@link StreamedBody}. */
  body?: Body | ReadableStream<Uint8Array>;
  signal: AbortSignal;
  /** Told how many bytes of the body have left so far, by a `fetch` that knows it; the platforms' own do not. */
  onSent?: (bytes: number) => void;
}

/** `fetch`, or what stands in for it. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface HttpRequest {
  method: string;
  url: URL;
  headers?: Record<string, string>;
  body?: Body | StreamedBody | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer must have begun. */
  timeoutMs?: number;
  /** Tries; the policy's when it is not given. */
  attempts?: number | undefined;
  /** Statuses beside 2xx that `read` wants to see. */
  expected?: readonly number[];
  onSent?: (bytes: number) => void;
}

/** For requests whose answer needs no work on the other side. */
export const DEFAULT_TIMEOUT_MS = 60_000;

export class HttpSender {
  readonly #fetch: Fetch;
  readonly #policy: RetryPolicy;

  constructor(fetch: Fetch, policy: RetryPolicy) {
    this.#fetch = fetch;
    this.#policy = policy;
  }

  /**
   * Sends a request and reads the answer; both count as one try, so that a connection that breaks off in the middle of
   * the answer is tried again as well.
   *
   * @throws RegistryRefusal for a status that is neither 2xx nor expected; NetworkLost when no try got an answer; the
   * signal's reason when it is aborted; whatever `read` throws of this module's errors.
   */
  async send<T>(request: HttpRequest, read: (response: Response) => Promise<T> | T): Promise<T> {
    const policy = request.attempts === undefined ? this.#policy : { ...this.#policy, attempts: request.attempts };
    const patience = new Patience(policy);
    for (;;) {
      let failure: Error;
      let askedMs: number | undefined;
      try {
        const response = await this.#attempt(request);
        if (response.ok || request.expected?.includes(response.status)) return await read(response);
        const refusal = await readRefusal(response, request.url);
        if (!isTransient(refusal.status)) throw refusal;
        failure = refusal;
        askedMs = retryAfterOf(refusal.headers);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (isFinal(error)) throw error;
        failure = error instanceof NetworkLost ? error : new NetworkLost(describe(request, error), { cause: error });
      }
      if (!patience.hasMore()) throw failure;
      await patience.wait(request.signal, askedMs);
    }
  }

  async #attempt(request: HttpRequest): Promise<Response> {
    const { method, url, headers, body, signal, timeoutMs = DEFAULT_TIMEOUT_MS, onSent } = request;
    signal?.throwIfAborted();
    const timeout = new AbortController();
    const seconds = Math.round(timeoutMs / 1000);
    const timer = setTimeout(() => {
      timeout.abort(new NetworkLost(`${method} ${nameOf(url)}: no answer within ${seconds} s`));
    }, timeoutMs);
    try {
      return await this.#fetch(url.href, {
        method,
        headers: new Headers(headers),
        ...(body !== undefined && { body: body instanceof StreamedBody ? await body.open() : body }),
        signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
        ...(onSent && { onSent }),
      });
    } catch (error) {
      throw timeout.signal.aborted ? (timeout.signal.reason as Error) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether an error says something that another try would only say again. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof RegistryRefusal ||
    error instanceof ContentMismatch ||
    error instanceof ProtocolViolation ||
    // What a Worker's `fetch` refuses to call.
    error instanceof RegistryError ||
    error instanceof SyntaxError
  );
}

function describe({ method, url }: HttpRequest, error: unknown): string {
  return `${method} ${nameOf(url)}: the connection failed (${reasonOf(error)})`;
}

/** Node wraps what happened into errors that say no more than "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ("code" in cause ? String(cause.code) : error.message);
}

/** The URL without its query, which may contain secrets. */
function nameOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
