import { STATUS_CODES } from "node:http";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Admit, admission } from "./admission.ts";
import type { KeyPair } from "./certificates.ts";
import { HANDSHAKE_LIMITS, type HandshakeLimits, takeHandshakes, TLS_HANDSHAKE } from "./handshakes.ts";
import { HttpRefusal, type Reading, RequestReader } from "./request-reader.ts";
import { READER_LIMITS, type ReaderLimits, watchReaders } from "./slow-readers.ts";

/**
 * What a TLS handshake gets: clients written in Go (docker, skopeo, crane …) know by the first bytes that the server
 * speaks plain HTTP, and fall back to it at once; after a connection that was just closed some of them try again first.
 */
const PLAIN_HTTP_ONLY = wrongProtocol("This port speaks plain http, and no https");

/** What a plain request gets where TLS is spoken. */
const TLS_ONLY = wrongProtocol("This port speaks https, and no plain http");

/**
 * Bytes per read of an answer. Large reads make a pull through the front as fast as one without it: Node's own 64 KiB halve
 * it. But a connection keeps the buffer of its next read, also while it is quiet: so it begins with the smallest, and gets a
 * larger one only after a read that filled a good part of its buffer.
 */
const BUFFER_SIZES = [4 * 1024, 64 * 1024, 1024 * 1024] as const;
/** How many reads of an answer may wait for a slow client, the next one included. */
const READS = 4;
/** From this many connections on, none gets buffers of the largest size. */
const CROWD = 64;
/** Bytes of buffers that are kept for the next reads of any connection. */
const MAX_POOLED_BYTES = 16 * 1024 * 1024;

/**
 * What a client hears when workerd has closed the connection in the middle of a request. Mostly it has answered early, and
 * what it had not read made that a reset, which has taken the answer along; it may also have ended. What it has stored of a
 * chunk by then counts.
 */
const LOST_ANSWER = new HttpRefusal(503, "UNAVAILABLE", "the request ended before all of it was sent: repeat it", {
  "Retry-After": "2",
});

/** For how long a client may go on sending after its answer, and how long it may pause meanwhile. */
const LINGER_MS = 30_000;
const LINGER_QUIET_MS = 2000;

/** A port on which Berth listens. Clients that connect before the front starts wait for it. */
export interface HeldPort {
  port: number;
  /** Hands over each client, those that waited first. */
  serve: (take: (client: Socket) => void) => void;
  /** Stops listening, and closes the connections of clients that still wait. Idempotent. */
  close: () => void;
}

/** What a front listens on, and what it passes on. */
export interface FrontOptions {
  held: HeldPort;
  /** Of workerd, at 127.0.0.1. */
  upstreamPort: number;
  admit?: Admit;
  /** Of clients that do not read. */
  readers?: ReaderLimits | undefined;
  /** With it the front speaks TLS, and nothing else. */
  certificate?: KeyPair | undefined;
  handshakes?: HandshakeLimits;
}

/** A TCP server that passes connections on to workerd. */
export interface Front {
  port: number;
  /** Takes another certificate for connections that begin from now on. Nothing happens where the front speaks no TLS. */
  use: (certificate: KeyPair) => void;
  /** Stops taking connections, lets requests in flight end for at most `grace` milliseconds, then drops the rest. */
  close: (grace: number) => Promise<void>;
}

/** A client's connection and the one to workerd that carries it on. */
interface Pair {
  client: Socket;
  upstream: Socket;
  /** Whether the client has sent something that has had no answer yet. */
  awaitsAnswer: boolean;
}

/**
 * Listens on a port. The Worker has to know its address seconds before it can answer. Until then any program on this machine, or
 * any connection, could take a port that Berth had only looked up.
 *
 * @param port 0 for any free one.
 * @throws the system's error when it cannot listen.
 */
export async function holdPort(host: string, port: number): Promise<HeldPort> {
  let take: ((client: Socket) => void) | undefined;
  const waiting = new Set<Socket>();
  const onClient = (client: Socket) => {
    if (take) return take(client);
    waiting.add(client);
    client.on("error", () => client.destroy()).once("close", () => waiting.delete(client));
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, onClient);
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    serve: (taker) => {
      take = taker;
      for (const client of waiting) taker(client);
      waiting.clear();
    },
    close: () => {
      server.close();
      for (const client of waiting) client.destroy();
    },
  };
}

/**
 * Passes requests on to workerd: answers as the bytes that they are, requests as `admit` lets them through.
 * Without a certificate, a connection that opens with a TLS handshake is told at once that this port speaks http only:
 * container tools try https first, on any port, and workerd leaves them waiting for 10-15 s before they fall back. The
 * server sees a connection only when the first request's head is there.
 */
export function startFront(options: FrontOptions): Front {
  const { held, upstreamPort, admit = admission(), readers = READER_LIMITS } = options;
  const pairs = new Set<Pair>();
  const buffers = new ReadBuffers();
  const clients = () => [...pairs].map(({ client }) => client);
  const waiting = new Set<Socket>();
  const serve = (client: Socket, isSecured: boolean) => {
    const peer = client.remoteAddress ?? "";
    const reader = new RequestReader((head) => admit(head, peer));
    const onEnd = () => client.destroy();
    const onFirst = (bytes: Buffer) => {
      const isTls = !isSecured && client.bytesRead === bytes.byteLength && bytes[0] === TLS_HANDSHAKE;
      const reading: Reading = isTls ? { passed: [] } : reader.read(bytes);
      if (!isTls && reading.refusal === undefined && reading.passed.length === 0) return;
      waiting.delete(client);
      client.off("data", onFirst).off("end", onEnd);
      if (isTls) endWith(client, PLAIN_HTTP_ONLY);
      else if (reading.refusal && reading.passed.length === 0) endWith(client, written(reading.refusal, reader.method));
      else passOn(client, { reader, reading, upstreamPort, pairs, buffers });
    };
    waiting.add(client);
    client.on("error", () => client.destroy());
    client.once("close", () => waiting.delete(client));
    client.on("data", onFirst).once("end", onEnd);
    client.resume();
  };
  const handshakes =
    options.certificate &&
    takeHandshakes(
      options.certificate,
      { secured: (client) => serve(client, true), isPlain: (client) => endWith(client, TLS_ONLY) },
      options.handshakes ?? HANDSHAKE_LIMITS,
    );
  held.serve((client) => {
    if (handshakes) handshakes.begin(client);
    else serve(client, false);
  });
  const stopWatching = watchReaders(clients, readers);
  return {
    port: held.port,
    use: (certificate) => handshakes?.use(certificate),
    close: async (grace) => {
      stopWatching();
      held.close();
      handshakes?.close();
      for (const client of waiting) client.destroy();
      await drain(pairs, grace);
    },
  };
}

/** An answer in plain HTTP to a client that has chosen the wrong one of http and https. */
function wrongProtocol(sentence: string): string {
  return [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: text/plain",
    `Content-Length: ${sentence.length + 1}`,
    "Connection: close",
    "",
    `${sentence}\n`,
  ].join("\r\n");
}

/** A refusal as an answer: an error as OCI distribution-spec has it ("Error Codes"), which ends the connection. */
function written({ status, code, message, headers }: HttpRefusal, method: string): string {
  const body = `${JSON.stringify({ errors: [{ code, message }] })}\n`;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    method === "HEAD" ? "" : body,
  ].join("\r\n");
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      done();
    });
  });
}

/** What the passing on of a connection begins with. */
interface Beginning {
  reader: RequestReader;
  /** What came with the first request. */
  reading: Reading;
  upstreamPort: number;
  pairs: Set<Pair>;
  buffers: ReadBuffers;
}

function passOn(client: Socket, { reader, reading, upstreamPort, pairs, buffers }: Beginning): void {
  /** What the next read fills; no write uses it. */
  let next = buffers.take(0, 0, false);
  /** Reads whose bytes the client has not taken. */
  let unwritten = 0;
  let paused = false;
  const upstream = connect({
    host: "127.0.0.1",
    port: upstreamPort,
    allowHalfOpen: true,
    noDelay: true,
    onread: {
      // Asked for right after each callback, also one that pauses: reading goes on with it later.
      buffer: () => next,
      callback: (length) => {
        const filled = next;
        pair.awaitsAnswer = false;
        unwritten += 1;
        client.write(filled.subarray(0, length), () => {
          unwritten -= 1;
          buffers.giveBack(filled);
          if (paused) upstream.resume();
          paused = false;
        });
        next = buffers.take(length, filled.byteLength, pairs.size > CROWD);
        paused = unwritten >= READS - 1;
        return !paused;
      },
    },
  });
  const pair: Pair = { client, upstream, awaitsAnswer: true };
  pairs.add(pair);

  let refusal: HttpRefusal | undefined;
  /** How much workerd had answered when the last request began: what comes after it answers that one. */
  let readBefore = 0;
  let begun = 0;
  /** Whether those before the last request had their answers when it began. */
  let isAlone = true;
  const take = ({ passed, refusal: refused }: Reading, wasQuiet: boolean) => {
    if (reader.requests > begun) {
      readBefore = upstream.bytesRead;
      isAlone = wasQuiet && reader.requests === begun + 1;
    }
    begun = reader.requests;
    upstream.cork();
    let hasRoom = true;
    for (const bytes of passed) hasRoom = upstream.write(bytes);
    upstream.uncork();
    if (refused === undefined) {
      if (!hasRoom) client.pause();
      return;
    }
    refusal = refused;
    client.off("data", onData).resume();
    // Requests before it get their answers first; the server is not to answer half a request.
    if (reader.isBetweenRequests) upstream.end();
    else upstream.destroy();
  };
  const onData = (bytes: Buffer) => {
    const wasQuiet = !pair.awaitsAnswer;
    pair.awaitsAnswer = true;
    take(reader.read(bytes), wasQuiet);
  };
  client.on("data", onData);
  client.on("end", () => upstream.end());
  upstream.on("drain", () => client.resume());
  upstream.on("end", () => {
    if (refusal === undefined) client.end();
    else client.end(written(refusal, reader.method));
  });
  take(reading, true);
  client.resume();

  const drop = () => {
    pairs.delete(pair);
    client.destroy();
    upstream.destroy();
  };
  client.on("error", drop).on("close", drop);
  let isCutOff = false;
  // It shows at a write or at a read, whichever comes first.
  upstream.on("error", () => {
    isCutOff = upstream.bytesRead === readBefore && !reader.isBetweenRequests;
    upstream.destroy();
  });
  upstream.on("close", () => {
    client.off("data", onData);
    const isUnanswered = isAlone && upstream.bytesRead === readBefore && !client.writableEnded;
    if (isCutOff && refusal === undefined) endWith(client, written(LOST_ANSWER, reader.method));
    else if (refusal !== undefined && isUnanswered) endWith(client, written(refusal, reader.method));
    else if (upstream.bytesRead > 0) linger(client);
    else drop();
  });
}

/** The buffers that answers are read into, of all connections of a front. */
class ReadBuffers {
  readonly #pool = new Map<number, Buffer[]>(BUFFER_SIZES.map((size) => [size, []]));
  #pooledBytes = 0;

  /**
   * @param lastRead bytes of the connection's last read.
   * @param lastSize bytes of the buffer that it could have filled.
   */
  take(lastRead: number, lastSize: number, isCrowded: boolean): Buffer {
    const size = sizeAfter(lastRead, lastSize, isCrowded);
    const buffer = this.#pool.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#pooledBytes -= size;
    return buffer;
  }

  giveBack(buffer: Buffer): void {
    if (this.#pooledBytes + buffer.byteLength > MAX_POOLED_BYTES) return;
    this.#pool.get(buffer.byteLength)?.push(buffer);
    this.#pooledBytes += buffer.byteLength;
  }
}

function sizeAfter(lastRead: number, lastSize: number, isCrowded: boolean): number {
  const [small, medium, large] = BUFFER_SIZES;
  const isLarge = lastRead === lastSize ? lastRead >= medium : lastRead >= large / 4;
  if (isLarge && !isCrowded) return large;
  return lastRead < small ? small : medium;
}

/** Answers, and takes no more from a client. */
function endWith(client: Socket, answer: string): void {
  client.end(answer);
  linger(client);
}

/**
 * Lets a client read an answer that came before it had sent all: workerd refuses a request without reading its body and
 * then closes the connection, and a client that is still sending would get a reset in place of the answer. So what it
 * sends is thrown away for a while, as servers do that face the internet ("lingering close").
 */
function linger(client: Socket): void {
  client.end();
  client.resume();
  client.setTimeout(LINGER_QUIET_MS, () => client.destroy());
  const end = setTimeout(() => client.destroy(), LINGER_MS);
  client.once("close", () => clearTimeout(end));
}

/** Ends each connection as soon as it is quiet between two requests, and after `grace` milliseconds all of them. */
async function drain(pairs: Set<Pair>, grace: number): Promise<void> {
  const deadline = performance.now() + grace;
  const seen = new Map<Pair, number>();
  while (pairs.size > 0 && performance.now() < deadline) {
    for (const pair of pairs) {
      const bytes = pair.upstream.bytesRead + pair.upstream.bytesWritten + pair.client.bytesWritten;
      if (seen.get(pair) === bytes && !pair.awaitsAnswer) pair.client.destroy();
      seen.set(pair, bytes);
    }
    await sleep(100);
  }
  for (const pair of pairs) pair.client.destroy();
}
