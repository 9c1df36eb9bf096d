/** Requests to the registry that are passed on as they are. */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connections } from "../node-fetch.ts";

/** Pauses before further tries, in milliseconds. */
const PAUSES_MS = [250, 1000, 4000];

export interface PassedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: [string, string][];
  /** All of the body, when it is at hand and may be sent again. */
  body?: Buffer | undefined;
  /** Sends a body that is not at hand. */
  send?: (request: ClientRequest) => void;
  /** Whether a second try does no harm when the first one's answer was lost. */
  isRepeatable: boolean;
  signal: AbortSignal;
}

export class Upstream {
  readonly url: URL;
  readonly connections: Connections;

  constructor(url: URL, connections: Connections) {
    this.url = url;
    this.connections = connections;
  }

  /**
   * Sends a request and resolves to the beginning of its answer.
   *
   * @throws the system's error when there is none; then the body may have been sent in part.
   */
  async pass(request: PassedRequest): Promise<IncomingMessage> {
    for (const pause of PAUSES_MS) {
      const attempt = this.#start(request);
      try {
        return await attempt.answer;
      } catch (error) {
        if (request.signal.aborted) throw error;
        // A connection that was closed just as it was used again has carried nothing.
        const isStale = attempt.request.reusedSocket && request.send === undefined && isReset(error);
        if (!isStale && !(request.isRepeatable && request.send === undefined && isPassing(error))) throw error;
        await sleep(pause, undefined, { signal: request.signal });
      }
    }
    return this.#start(request).answer;
  }

  #start({ method, path, headers, body, send, signal }: PassedRequest) {
    const { hostname, port, protocol, host } = this.url;
    const isPlain = protocol === "http:";
    const options = {
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port,
      method,
      path,
      signal,
      headers: ["Host", host, ...headers.flat(), ...(body ? ["Content-Length", String(body.byteLength)] : [])],
    };
    const request = isPlain
      ? requestHttp({ ...options, agent: this.connections.http })
      : requestHttps({ ...options, agent: this.connections.https, servername: hostname });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.on("response", resolve);
      request.on("error", reject);
    });
    if (send) send(request);
    else request.end(body);
    return { request, answer };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(codeOf(error));
}

/** Whether a connection that failed like this may work a moment later. */
function isPassing(error: unknown): boolean {
  return (
    isReset(error) || ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"].includes(codeOf(error))
  );
}
