/**
 * HTTP/1.1 over one connection, the same for everything that is measured. Written on sockets because Node's own client
 * takes answers in pieces of 64 KiB and spends more on them than the servers do: here an answer is read into one buffer
 * over and over and counted, not kept.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const READ_BUFFER = 1024 * 1024;
/** Milliseconds without a byte in either direction after which a request counts as failed. */
const SILENCE = 60_000;
const END_OF_HEAD = Buffer.from("\r\n\r\n");

export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: {
    /** Bytes; without it the pieces are already in chunked encoding. */
    length?: number;
    pieces: () => Iterable<Buffer>;
  };
  /** Whether the answer's body is wanted, not only its size. */
  keepsBody?: boolean;
}

export interface Answer {
  status: number;
  /** By lower-case name. */
  headers: Map<string, string>;
  /** Bytes of the body. */
  size: number;
  /** Empty unless asked for. */
  body: Buffer;
}

/** One connection to a server, for one request at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #reader: AnswerReader | undefined;
  #pending: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on("error", (error) => this.#fail(error));
    socket.setTimeout(SILENCE, () => socket.destroy(new Error(`nothing came for ${SILENCE / 1000} s`)));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** Connects to the server of a URL. */
  static async open(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          connection.#read(buffer.subarray(0, length));
          return true;
        },
      },
    });
    const connection = new Connection(socket, host);
    await once(socket, "connect");
    return connection;
  }

  /** Sends a request and reads its answer to the end. Rejects when the connection breaks, or has been closed meanwhile. */
  async request(request: Request): Promise<Answer> {
    if (this.#socket.destroyed) throw new Error("the server has closed the connection");
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#reader = new AnswerReader(request.method, request.keepsBody === true);
    this.#pending = { resolve, reject };
    this.#socket.write(headOf(request, this.#host));
    if (request.body) await this.#send(request.body.pieces());
    return promise;
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  /** Stops when the answer is there already: then it is a refusal. */
  async #send(pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of pieces) {
      if (!this.#pending) return;
      if (!this.#socket.write(piece)) await drained(this.#socket);
    }
  }

  #read(bytes: Buffer): void {
    try {
      const answer = this.#reader?.read(bytes);
      if (!answer) return;
      this.#pending?.resolve(answer);
      this.#pending = undefined;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}

/** Also resolves when the connection ends: those who wait for the answer learn about that. */
function drained(socket: Socket): Promise<void> {
  return new Promise((done) => {
    if (socket.destroyed) {
      done();
      return;
    }
    const settle = () => {
      socket.off("drain", settle);
      socket.off("close", settle);
      done();
    };
    socket.on("drain", settle);
    socket.on("close", settle);
  });
}

function headOf({ method, path, headers, body }: Request, host: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  if (body && body.length === undefined) lines.push("Transfer-Encoding: chunked");
  else if (body || method === "POST" || method === "PUT") lines.push(`Content-Length: ${body?.length ?? 0}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Reads one answer, in whatever pieces it comes. */
class AnswerReader {
  readonly #method: string;
  readonly #keepsBody: boolean;
  readonly #kept: Buffer[] = [];
  #head = Buffer.alloc(0);
  #answer: Answer | undefined;
  /** Bytes still to come of the body, or of the current chunk with its line end. */
  #left = 0;
  #isChunked = false;
  #isLastChunk = false;
  #chunkHead = "";

  constructor(method: string, keepsBody: boolean) {
    this.#method = method;
    this.#keepsBody = keepsBody;
  }

  /** @returns the answer once it is complete. */
  read(bytes: Buffer): Answer | undefined {
    let body = bytes;
    if (!this.#answer) {
      const all = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const end = all.indexOf(END_OF_HEAD);
      if (end === -1) {
        this.#head = Buffer.from(all);
        return undefined;
      }
      this.#answer = parseHead(all.toString("latin1", 0, end));
      this.#expectBody(this.#answer);
      body = all.subarray(end + END_OF_HEAD.length);
    }
    const isComplete = this.#isChunked ? this.#takeChunks(this.#answer, body) : this.#take(this.#answer, body);
    if (!isComplete) return undefined;
    this.#answer.body = Buffer.concat(this.#kept);
    return this.#answer;
  }

  #expectBody({ status, headers }: Answer): void {
    if (this.#method === "HEAD" || status === 204 || status === 304) return;
    this.#isChunked = headers.get("transfer-encoding") === "chunked";
    if (this.#isChunked) return;
    const length = headers.get("content-length");
    if (length === undefined) throw new Error("an answer without a length");
    this.#left = Number(length);
  }

  #take(answer: Answer, bytes: Buffer): boolean {
    if (bytes.length > this.#left) throw new Error("an answer longer than announced");
    this.#left -= bytes.length;
    this.#count(answer, bytes);
    return this.#left === 0;
  }

  #takeChunks(answer: Answer, bytes: Buffer): boolean {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const end = rest.indexOf("\n");
        this.#chunkHead += rest.toString("latin1", 0, end === -1 ? undefined : end + 1);
        if (end === -1) return false;
        rest = rest.subarray(end + 1);
        const line = this.#chunkHead.trim();
        this.#chunkHead = "";
        // The line end after a chunk's bytes, and the last one after the closing chunk.
        if (line === "") {
          if (this.#isLastChunk) return true;
          continue;
        }
        this.#left = Number.parseInt(line, 16);
        this.#isLastChunk = this.#left === 0;
      } else {
        const taken = rest.subarray(0, this.#left);
        this.#left -= taken.length;
        this.#count(answer, taken);
        rest = rest.subarray(taken.length);
      }
    }
    return false;
  }

  #count(answer: Answer, bytes: Buffer): void {
    answer.size += bytes.length;
    // The buffer is read into again, so what is kept is a copy.
    if (this.#keepsBody) this.#kept.push(Buffer.from(bytes));
  }
}

function parseHead(text: string): Answer {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(first.split(" ")[1]);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status, headers, size: 0, body: Buffer.alloc(0) };
}
