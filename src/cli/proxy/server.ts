/** `berth proxy`: a registry on this machine that is another one, behind a limit on the size of requests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isLoopbackName } from "../../kernel/loopback.ts";
import { nodeFetch, openConnections } from "../node-fetch.ts";
import { AddressBook } from "./addresses.ts";
import { forward, forwardTokenRequest, requestToken, tokenPathOf } from "./forward.ts";
import { refusalFor, refuse } from "./refusals.ts";
import type { WriteLine } from "./report.ts";
import { hostnameOf, isFromForeignPage, resolveTarget, TargetRefused } from "./target.ts";
import { TokenMemory } from "./tokens.ts";
import { Uploads } from "./uploads.ts";
import { Upstream } from "./upstream.ts";

export interface ProxyOptions {
  /** The registry. */
  upstream: URL;
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Most bytes of a request to the registry. */
  maxChunkBytes: number;
  /** A folder for what may have to be sent again: twice a chunk for each layer on its way. */
  spoolDirectory: string;
  /** Names besides those of this machine that clients may call the proxy by. */
  allowedHosts: readonly string[];
  write: WriteLine;
}

export interface Proxy {
  port: number;
  /** Drops all connections. */
  stop: () => Promise<void>;
}

const UPLOADS_PATH = /^\/v2\/(.+)\/blobs\/uploads\/?$/;
const MANIFEST_PATH = /^\/v2\/.+\/manifests\/[^/]+$/;

const CONNECT_REFUSAL =
  "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" +
  "Content-Length: 0\r\nConnection: close\r\n\r\n";

/** Starts the proxy. @throws the system's error when it cannot listen. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const connections = openConnections();
  const upstream = new Upstream(options.upstream, connections);
  const handler = new Handler(upstream, options, nodeFetch(connections));
  const server = createServer(
    // A layer takes as long as it takes.
    { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 75_000, noDelay: true },
    (request, response) => void handler.handle(request, response),
  );
  // Without a listener Node closes the connection without a word.
  server.on("connect", (_request, socket) => socket.end(CONNECT_REFUSAL));
  await listen(server, options.host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      connections.close();
      await closed;
    },
  };
}

class Handler {
  readonly #upstream: Upstream;
  readonly #options: ProxyOptions;
  readonly #tokens: TokenMemory;
  readonly #uploads: Uploads;
  readonly #tokenPaths = new Set(["/token"]);

  constructor(upstream: Upstream, options: ProxyOptions, fetch: ReturnType<typeof nodeFetch>) {
    this.#upstream = upstream;
    this.#options = options;
    this.#tokens = new TokenMemory((origin) => requestToken(upstream, origin));
    this.#uploads = new Uploads({ ...options, fetch, tokens: this.#tokens });
  }

  /** Answers a request, whatever happens. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = "" } = request.headers;
    if (!this.#isOwnName(host)) {
      const message = `berth proxy is not called ${host.slice(0, 200)}: see --allow-host`;
      refuse(response, { status: 421, code: "DENIED", message });
      return;
    }
    if (isFromForeignPage(request.headers)) {
      const message = "berth proxy does not answer pages of other servers";
      refuse(response, { status: 403, code: "DENIED", message });
      return;
    }
    const addresses = new AddressBook(this.#upstream.url, host);
    try {
      await this.#route(request, response, addresses);
    } catch (error) {
      if (error instanceof TargetRefused) {
        refuse(response, { status: 400, code: "UNSUPPORTED", message: error.message });
        return;
      }
      // The client has disconnected and needs no answer.
      if (response.destroyed) return;
      const refusal = refusalFor(error, this.#upstream.url, addresses);
      if (refusal.status === 502) this.#options.write(`${request.method} ${pathOf(request)}: ${refusal.message}`);
      refuse(response, refusal);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, addresses: AddressBook): Promise<void> {
    const { method, headers } = request;
    const url = resolveTarget(request.url ?? "", this.#upstream.url);
    const path = url.pathname;
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    const hasDigest = url.searchParams.has("digest");
    const repository = UPLOADS_PATH.exec(path)?.[1];

    if (this.#tokenPaths.has(path)) {
      await forwardTokenRequest(request, response, { url, upstream: this.#upstream, tokens: this.#tokens });
    } else if (method === "POST" && repository !== undefined && hasBody && hasDigest) {
      await this.#uploads.store(request, response, { url, repository });
    } else if (method === "PATCH" && path.startsWith("/v2/") && !path.startsWith("/v2/manage/")) {
      await this.#uploads.append(request, response, { url, addresses });
    } else if (method === "PUT" && hasDigest && !MANIFEST_PATH.test(path)) {
      await this.#uploads.finish(request, response, url);
    } else {
      await forward(request, response, {
        url,
        upstream: this.#upstream,
        addresses,
        // To open an upload twice leaves one that expires by itself.
        isRepeatable: repository !== undefined,
        onAnswer: (status, answer) => {
          if (status === 202 && repository !== undefined) {
            this.#uploads.opened(repository, answer.get("Location") ?? "", answer);
          }
          const tokenPath = status === 401 ? tokenPathOf(answer, this.#upstream.url) : undefined;
          if (tokenPath !== undefined) this.#tokenPaths.add(tokenPath);
        },
      });
    }
  }

  /**
   * A page of the web can make its own name lead to this machine, and ask the proxy as if it were its server (DNS
   * rebinding): what it cannot do is call the proxy by a name of this machine.
   */
  #isOwnName(host: string): boolean {
    const hostname = hostnameOf(host);
    if (hostname === undefined) return false;
    return isLoopbackName(hostname) || hostname === this.#options.host || this.#options.allowedHosts.includes(hostname);
  }
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.replace(/[?#].*$/, "");
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      done();
    });
  });
}
