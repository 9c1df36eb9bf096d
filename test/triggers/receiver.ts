/** A receiver of webhooks that behaves as badly as it is told to, and remembers what it was sent. */
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  /** The delivery's. */
  id: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** How many times this delivery has come by now, this time included. */
  attempt: number;
}

/** What a path does with a request. */
export type Behaviour = (response: ServerResponse, received: Received) => void;

export class Receiver {
  readonly received: Received[] = [];
  readonly #server: HttpServer;
  readonly #attempts = new Map<string, number>();

  /**
   * @param behaviours by path.
   * @param otherwise of any other path; default: it answers 404.
   */
  constructor(behaviours: Record<string, Behaviour>, otherwise = answer(404)) {
    this.#server = createServer((request, response) => {
      void this.#receive(request).then((received) => {
        const behave = behaviours[received.path] ?? otherwise;
        behave(response, received);
      });
    });
  }

  /** @param port 0 for any free one. @returns the port. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(port, "127.0.0.1", done));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** What came to a path. */
  at(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  async #receive(request: IncomingMessage): Promise<Received> {
    const chunks: Buffer[] = [];
    // A connection may break at any moment while workerd is killed.
    request.on("error", () => {});
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "";
    const id = String(request.headers["webhook-id"]);
    const attempt = (this.#attempts.get(`${path} ${id}`) ?? 0) + 1;
    this.#attempts.set(`${path} ${id}`, attempt);
    const received = { path, id, headers: request.headers, body: Buffer.concat(chunks).toString(), attempt };
    this.received.push(received);
    return received;
  }
}

export function answer(status: number, headers: Record<string, string> = {}, body = ""): Behaviour {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Never answers. */
export function hang(): Behaviour {
  return () => {};
}

/** Promises an answer and breaks the connection within it. */
export function breakOff(): Behaviour {
  return (response) => {
    response.writeHead(200, { "Content-Length": "1000" });
    response.write("half of", () => response.destroy());
  };
}

/** Breaks the connection without a word. */
export function slam(): Behaviour {
  return (response) => {
    response.destroy();
  };
}

/** Answers with so many bytes, as fast as they are taken, and tells how many were. */
export function flood(bytes: number, onEnd: (sent: number) => void): Behaviour {
  return (response) => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    let sent = 0;
    response.writeHead(200);
    const send = (): void => {
      while (sent < bytes && !response.destroyed) {
        sent += chunk.byteLength;
        if (!response.write(chunk)) return;
      }
      response.end();
    };
    response.on("drain", send);
    response.on("close", () => onEnd(sent));
    send();
  };
}

/** Behaves badly towards the first tries of each delivery, and well from then on. */
export function recovering(bad: Behaviour, tries = 1): Behaviour {
  return (response, received) => (received.attempt <= tries ? bad : answer(204))(response, received);
}
