import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request and its answer. */
export interface Exchange {
  method: string;
  /** Path and query. */
  url: string;
  status: number;
}

/** A proxy that notes what clients ask. */
export interface Recorder {
  /** Host and port, as image names begin. */
  address: string;
  exchanges: Exchange[];
  /** Breaks off the next answer that is longer than so many bytes, once it has passed them on. */
  cutNextAnswerAfter: (bytes: number) => void;
  close: () => void;
}

/**
 * Listens before a registry and notes every exchange: what a client says that it did is one thing, what it sent is
 * another. The Host header stays, so the registry names this proxy as the place to get tokens.
 *
 * @param port where it listens; default: any free one.
 */
export async function startRecorder(upstreamPort: number, port = 0): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  let cutAfter = Infinity;
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    const upstream = forward({ host: "127.0.0.1", port: upstreamPort, method, path: url, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      exchanges.push({ method, url, status });
      outgoing.writeHead(status, answer.headers);
      if (Number(answer.headers["content-length"]) > cutAfter) {
        const limit = cutAfter;
        cutAfter = Infinity;
        cut(answer, outgoing, limit);
      } else {
        answer.pipe(outgoing);
      }
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.on("error", () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    cutNextAnswerAfter: (bytes) => {
      cutAfter = bytes;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function cut(answer: IncomingMessage, outgoing: ServerResponse, limit: number): void {
  let passed = 0;
  answer.on("data", (chunk: Buffer) => {
    passed += chunk.byteLength;
    outgoing.write(chunk);
    if (passed < limit) return;
    answer.destroy();
    outgoing.destroy();
  });
}

/** Those exchanges that opened an upload or sent bytes of a blob. */
export function uploadsAmong(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.filter(({ method, url, status }) => {
    if (!url.includes("/blobs/uploads/") || status === 401) return false;
    // A POST that mounted answers 201.
    return method === "PATCH" || method === "PUT" || (method === "POST" && status === 202);
  });
}

/** Those exchanges that mounted a blob from another repository. */
export function mountsAmong(exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.filter(({ method, url, status }) => method === "POST" && /[?&]mount=/.test(url) && status === 201);
}
