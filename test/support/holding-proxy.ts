/** A line that stops in the middle of uploads, and carries everything else. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface HoldingProxy {
  url: string;
  /** Bytes towards the server so far. */
  carried: () => number;
  /** Holds connections with large requests once so many more bytes were carried; without a number never. */
  holdAfter: (bytes?: number) => void;
  /** Whether a connection is held. */
  isHolding: () => boolean;
  close: () => void;
}

/** A connection that has carried less is of a page that loads, not of an upload. */
const LARGE_BYTES = 256 * 1024;

/** Listens before the server at a port of this machine. */
export async function startHoldingProxy(port: number): Promise<HoldingProxy> {
  const open = new Set<Socket>();
  const held = new Set<Socket>();
  let carried = 0;
  let limit = Infinity;
  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port });
    let own = 0;
    open.add(client);
    const end = () => {
      open.delete(client);
      held.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.on("data", (piece) => {
      own += piece.byteLength;
      carried += piece.byteLength;
      if (!upstream.write(piece)) {
        client.pause();
        upstream.once("drain", () => !held.has(client) && client.resume());
      }
      if (own > LARGE_BYTES && carried > limit) {
        held.add(client);
        client.pause();
      }
    });
    upstream.pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carried: () => carried,
    holdAfter: (bytes = Infinity) => {
      limit = carried + bytes;
      for (const client of held) client.resume();
      held.clear();
    },
    isHolding: () => held.size > 0,
    close: () => {
      server.close();
      for (const client of open) client.destroy();
    },
  };
}
