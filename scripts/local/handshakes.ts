/** TLS before the front: of each new connection it makes one that can be read and written, or ends it. */
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { KeyPair } from "./certificates.ts";

/** The content type of a TLS record that opens a handshake (RFC 8446, 5.1). */
export const TLS_HANDSHAKE = 0x16;

export interface HandshakeLimits {
  /** Milliseconds from the connection's beginning to the end of its handshake. */
  patienceMs: number;
  /** How many handshakes may be under way at once. Beyond that the oldest has to go, since those that mean well take milliseconds. */
  most: number;
}

export const HANDSHAKE_LIMITS: HandshakeLimits = { patienceMs: 10_000, most: 256 };

/** What becomes of a connection. */
export interface Outcomes {
  /** The handshake is done. */
  secured: (client: TLSSocket) => void;
  /** The client speaks, and not TLS. Nothing reads what it has sent. */
  isPlain: (client: Socket) => void;
}

/** Handshakes of all clients of a front. */
export interface Handshakes {
  /** Takes a connection that has just come and that nobody reads yet; it allows half-open ones. */
  begin: (client: Socket) => void;
  /** New connections get this certificate. */
  use: (pair: KeyPair) => void;
  /** Drops all that are under way. */
  close: () => void;
}

/**
 * Starts to take handshakes: TLS 1.2 and 1.3, HTTP/1.1 only.
 *
 * @param pair a certificate that has been checked with its key.
 */
export function takeHandshakes(pair: KeyPair, { secured, isPlain }: Outcomes, limits: HandshakeLimits): Handshakes {
  /** By what tells a connection from all others of a port, the oldest first. */
  const underWay = new Map<string, { client: Socket; timer: NodeJS.Timeout }>();
  const forget = (key: string) => {
    clearTimeout(underWay.get(key)?.timer);
    underWay.delete(key);
  };
  // It does not listen: it is given connections, so that plain requests can be told from handshakes first.
  const server = createServer({ ...pair, ALPNProtocols: ["http/1.1"], handshakeTimeout: limits.patienceMs });
  server.on("secureConnection", (client) => {
    forget(keyOf(client));
    client.on("error", () => client.destroy());
    secured(client);
  });
  server.on("tlsClientError", (_, client) => client.destroy());

  return {
    begin: (client) => {
      const key = keyOf(client);
      underWay.set(key, { client, timer: setTimeout(() => client.destroy(), limits.patienceMs) });
      client.on("error", () => client.destroy());
      client.once("close", () => {
        // A later connection may have the same ends.
        if (underWay.get(key)?.client === client) forget(key);
      });
      const onEnd = () => client.destroy();
      client.once("end", onEnd);
      client.once("data", (bytes: Buffer) => {
        client.pause().off("end", onEnd);
        if (bytes[0] === TLS_HANDSHAKE) {
          client.unshift(bytes);
          server.emit("connection", client);
        } else {
          forget(key);
          isPlain(client);
        }
      });
      client.resume();
      const [oldest] = underWay.values();
      if (underWay.size > limits.most) oldest?.client.destroy();
    },
    use: (next) => server.setSecureContext({ ...next }),
    close: () => {
      for (const { client } of underWay.values()) client.destroy();
    },
  };
}

/** A handshake ends with a socket that is not the one it began with, but has the same ends. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
