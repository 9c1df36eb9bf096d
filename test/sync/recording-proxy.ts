/** A proxy before a registry that notes what reaches it, and checks that nothing there names what is not there. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the registry has answered. */
export interface Seen {
  method: string;
  path: string;
  status: number;
  /** Bytes of the request's body. */
  sent: number;
}

export interface RecordingProxy {
  url: string;
  seen: Seen[];
  /** Requests of a method to paths that match, which the registry has taken. */
  taken: (method: string, path: RegExp) => Seen[];
  close: () => void;
}

/**
 * Starts one.
 *
 * @param options.limitBytes of a request's body: a larger one is refused with 413, as an edge does.
 * @param options.headers are added to each answer.
 */
export async function startRecordingProxy(
  port: number,
  { limitBytes = Infinity, headers = {} }: { limitBytes?: number; headers?: Record<string, string> } = {},
): Promise<RecordingProxy> {
  const seen: Seen[] = [];
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "", url: path = "" } = incoming;
    if (Number(incoming.headers["content-length"] ?? 0) > limitBytes) {
      seen.push({ method, path, status: 413, sent: 0 });
      incoming.resume();
      outgoing.writeHead(413, { Connection: "close" }).end();
      return;
    }
    let sent = 0;
    incoming.on("data", (piece: Buffer) => (sent += piece.byteLength));
    const upstream = request(
      // The registry is to answer with addresses that lead here.
      { host: "127.0.0.1", port, method, path, headers: incoming.headers },
      (answer) => {
        seen.push({ method, path, status: answer.statusCode ?? 0, sent });
        outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...headers });
        answer.pipe(outgoing);
      },
    );
    const end = () => {
      upstream.destroy();
      outgoing.destroy();
    };
    upstream.on("error", end);
    // What has come whole takes effect, also when nobody waits for the answer.
    outgoing.on("close", () => {
      if (!incoming.complete) upstream.destroy();
    });
    incoming.on("error", end);
    incoming.pipe(upstream);
  };
  const server = createServer(forward);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    taken: (method, path) => {
      return seen.filter(
        (one) => one.method === method && path.test(one.path) && one.status >= 200 && one.status < 300,
      );
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
