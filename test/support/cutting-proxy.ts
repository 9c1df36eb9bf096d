import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A proxy that breaks connections. */
export interface CuttingProxy {
  url: string;
  /** How many connections it has broken. */
  cuts: () => number;
  /** Breaks nothing any more. */
  mend: () => void;
  close: () => void;
}

/**
 * Listens before a server, and breaks every connection in both directions at once when it has carried so many bytes
 * towards the server.
 */
export async function startCuttingProxy(port: number, everyBytes: number): Promise<CuttingProxy> {
  let cuts = 0;
  let limit = everyBytes;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port });
    let carried = 0;
    const end = () => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
    };
    sockets.add(client);
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (chunk) => {
      carried += chunk.byteLength;
      if (carried <= limit) return;
      cuts += 1;
      end();
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    mend: () => {
      limit = Infinity;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
