/** A bad line: a proxy that breaks connections. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** When connections are broken, both ways at once. */
export interface Cuts {
  /** One that has carried so many bytes towards the server. */
  afterBytes?: number;
  /** All of them, each time that so many milliseconds have passed. */
  everyMs?: number;
}

export interface CuttingProxy {
  url: string;
  /** How many connections it has broken that carried something. */
  cuts: () => number;
  /** Breaks nothing any more. */
  mend: () => void;
  close: () => void;
}

interface Connection {
  client: Socket;
  upstream: Socket;
  /** Bytes towards the server. */
  carried: number;
}

/** Listens before the server at a port of this machine. */
export async function startCuttingProxy(port: number, { afterBytes = Infinity, everyMs }: Cuts): Promise<CuttingProxy> {
  const open = new Set<Connection>();
  let cuts = 0;
  let limit = afterBytes;
  const cut = ({ client, upstream, carried }: Connection) => {
    if (carried > 0) cuts += 1;
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };
  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port });
    const connection = { client, upstream, carried: 0 };
    open.add(connection);
    const end = () => {
      open.delete(connection);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (piece) => {
      connection.carried += piece.byteLength;
      if (connection.carried > limit) cut(connection);
    });
    client.pipe(upstream).pipe(client);
  });
  const timer = everyMs === undefined ? undefined : setInterval(() => open.forEach(cut), everyMs);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    mend: () => {
      limit = Infinity;
      clearInterval(timer);
    },
    close: () => {
      clearInterval(timer);
      server.close();
      for (const { client, upstream } of open) {
        client.destroy();
        upstream.destroy();
      }
    },
  };
}
