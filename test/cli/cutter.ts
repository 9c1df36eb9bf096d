/** A bad line: it carries connections, and cuts all of them again and again. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Cutter {
  url: string;
  port: number;
  /** How many connections were cut while they carried something. */
  cuts: () => number;
  close: () => void;
}

/** @param intervalMs between two cuts. */
export async function startCutter(upstreamPort: number, intervalMs: number): Promise<Cutter> {
  const open = new Set<{ client: Socket; upstream: Socket; carried: number }>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port: upstreamPort });
    const pair = { client, upstream, carried: 0 };
    open.add(pair);
    client.on("data", (piece) => (pair.carried += piece.length));
    client.pipe(upstream);
    upstream.pipe(client);
    const end = () => {
      open.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
  });
  const timer = setInterval(() => {
    for (const { client, upstream, carried } of open) {
      if (carried > 0) cuts += 1;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }, intervalMs);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    cuts: () => cuts,
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
