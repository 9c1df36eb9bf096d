/**
 * Requests over TLS to a server whose certificate is signed by an authority of its own, which a Worker's `fetch` cannot
 * be told to trust: over a plain socket, with TLS done here (docs/decisions/0009).
 */
import { connect } from "cloudflare:sockets";
import { reason } from "../../kernel/reasons.ts";
import { type HttpAnswer, HttpAnswerReader, HttpError } from "../../model/triggers/http-answer.ts";
import { type Certificate, TlsClient, TlsError } from "../../tls/index.ts";

export interface PrivateRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string | undefined;
  /** The only authorities whose certificates are accepted for the server. */
  authorities: readonly Certificate[];
  /** Bytes of the answer's body. */
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Sends one request on a connection of its own.
 *
 * @throws CertificateRefused, TlsError, HttpError; or another Error when there is no connection.
 */
export async function fetchPrivately(request: PrivateRequest): Promise<HttpAnswer> {
  const { url, signal } = request;
  signal.throwIfAborted();
  const socket = connect(
    { hostname: url.hostname, port: Number(url.port || 443) },
    { secureTransport: "off", allowHalfOpen: false },
  );
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  // It is heard of by the reader.
  socket.closed.catch(() => undefined);
  socket.opened.catch(() => undefined);
  try {
    return await Promise.race([exchange(socket, request), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    aborted.promise.catch(() => undefined);
    // What becomes of the connection after the answer, or the failure, is of no concern.
    socket.close().catch(() => undefined);
  }
}

async function exchange(socket: Socket, request: PrivateRequest): Promise<HttpAnswer> {
  const { authorities, maxBytes, url } = request;
  const tls = new TlsClient({ host: url.hostname.replace(/^\[(.*)\]$/, "$1"), authorities });
  const answer = new HttpAnswerReader(maxBytes);
  const writer = (socket.writable as WritableStream<Uint8Array>).getWriter();
  const reader = (socket.readable as ReadableStream<Uint8Array>).getReader();
  let isSent = false;
  await writer.write(tls.start());
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      // Without the server's word nobody knows who closed it.
      if (!tls.isConnected) throw new TlsError(reason("TLS_CLOSED"));
      throw new HttpError(reason("HTTP_CLOSED"));
    }
    const { send, data } = await tls.receive(value);
    for (const bytes of send) await writer.write(bytes);
    if (tls.isConnected && !isSent) {
      await writer.write(tls.seal(encodeRequest(request)));
      isSent = true;
    }
    for (const bytes of data) {
      const complete = answer.push(bytes);
      if (complete) return complete;
    }
    if (tls.isClosed) return answer.end();
  }
}

function encodeRequest({ method, url, headers, body }: PrivateRequest): Uint8Array {
  const content = Buffer.from(body ?? "");
  const all = new Headers({
    ...headers,
    Host: url.host,
    Connection: "close",
    ...(body !== undefined && { "Content-Length": String(content.length) }),
  });
  // Headers refuses line breaks in names and values.
  const lines = [...all].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines}\r\n`), content]);
}
