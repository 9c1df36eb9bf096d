/**
 * Where the requests of a connection begin and end (RFC 9112). What a server before another one must never do is to see
 * other requests than that one does ("request smuggling"). So nothing is passed on as it came: a head is read into its
 * parts and written anew from them, and so is the frame of a chunked body; what can be read in two ways is refused.
 */

/** The beginning of a request. */
export interface RequestHead {
  method: string;
  /** Path and query, or what else the request line has in their place. */
  target: string;
  /** HTTP/1.0 or HTTP/1.1. */
  version: string;
  /** Name, in lower case, and value of each header, in their order. */
  headers: [name: string, value: string][];
  /** Bytes of its body; undefined for a chunked one. */
  bodyBytes: number | undefined;
}

/** Is told the number of bytes that the server gets next of a body. @throws HttpRefusal to end the request there. */
export type BodyWatch = (bytes: number) => void;

/** A request as the server gets it. */
export interface AdmittedRequest extends RequestHead {
  onBody?: BodyWatch | undefined;
}

/** An answer in place of the server's. The connection ends with it. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";
  readonly status: number;
  /** One of OCI distribution-spec, "Error Codes", so that container tools show the message. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** What became of some bytes of a client. */
export interface Reading {
  /** What the server is to be sent. */
  passed: Buffer[];
  /** Why nothing more is read from this connection. */
  refusal?: HttpRefusal;
}

/** Bytes of a request's line and headers: what Cloudflare takes. */
export const MAX_HEAD_BYTES = 128 * 1024;
/** Bytes of the line before a chunk, and of all lines after the last one. */
const MAX_CHUNK_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 16 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const CRLF = Buffer.from("\r\n");
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
const TOKEN = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]+`;
const REQUEST_LINE = new RegExp(String.raw`^(${TOKEN}) ([\x21-\x7e\x80-\xff]+) (HTTP\/1\.[01])$`);
const HEADER_LINE = new RegExp(String.raw`^(${TOKEN}):[\t ]*((?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[\t ]*$`);
const CHUNK_LINE = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
/** Headers that are between two neighbours only (RFC 9110, 7.6.1): the server gets those of the front. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

type State = "head" | "body" | "chunk line" | "chunk" | "chunk end" | "trailer";

/** Reads what one client sends, in pieces of any size. */
export class RequestReader {
  readonly #admit: (head: RequestHead) => AdmittedRequest;
  #onBody: BodyWatch | undefined;
  #state: State = "head";
  /** Bytes of the body, or of its current chunk, that are still to come. */
  #left = 0;
  /** What has come of the lines that are being read. */
  #lines = new LineBuffer();
  #requests = 0;
  #method = "";

  /** @param admit looks at each request, and answers the one that takes its place. @throws HttpRefusal */
  constructor(admit: (head: RequestHead) => AdmittedRequest) {
    this.#admit = admit;
  }

  /** How many requests have been passed on, the one under way included. */
  get requests(): number {
    return this.#requests;
  }

  /** The method of the last request whose line could be read. */
  get method(): string {
    return this.#method;
  }

  /** Whether the last request that was passed on has all its bytes. */
  get isBetweenRequests(): boolean {
    return this.#state === "head";
  }

  /** Takes the next bytes. After a refusal it must not be called any more. */
  read(bytes: Buffer): Reading {
    const passed: Buffer[] = [];
    try {
      for (let at = 0; at < bytes.byteLength;) at = this.#step(bytes, at, passed);
      return { passed };
    } catch (error) {
      if (error instanceof HttpRefusal) return { passed, refusal: error };
      throw error;
    }
  }

  /** Takes some bytes from a position on, and answers where the next ones begin. */
  #step(bytes: Buffer, at: number, passed: Buffer[]): number {
    switch (this.#state) {
      case "head":
        if (this.#lines.byteLength === 0) {
          // Most heads come in one piece.
          const end = bytes.indexOf(END_OF_HEAD, at);
          if (end > at && end - at < MAX_HEAD_BYTES) {
            const lines = bytes.toString("latin1", at, end).split("\r\n");
            if (lines[0] !== "") {
              passed.push(this.#begin(lines));
              return end + END_OF_HEAD.byteLength;
            }
          }
        }
        return this.#readLine(bytes, at, MAX_HEAD_BYTES, (line) => {
          if (line !== "") this.#lines.keep(line);
          // RFC 9112, 2.2: empty lines before a request are passed over.
          else if (this.#lines.kept.length > 0) passed.push(this.#begin(this.#lines.takeKept()));
        });
      case "body":
      case "chunk": {
        const end = Math.min(bytes.byteLength, at + this.#left);
        this.#onBody?.(end - at);
        passed.push(bytes.subarray(at, end));
        this.#left -= end - at;
        if (this.#left === 0) this.#state = this.#state === "body" ? "head" : "chunk end";
        return end;
      }
      case "chunk line":
        return this.#readLine(bytes, at, MAX_CHUNK_LINE_BYTES, (line) => {
          const size = CHUNK_LINE.exec(line)?.[1];
          if (size === undefined) throw malformed("a chunk of the body begins with no size");
          this.#left = Number.parseInt(size, 16);
          this.#state = this.#left === 0 ? "trailer" : "chunk";
          if (this.#left > 0) passed.push(Buffer.from(`${this.#left.toString(16)}\r\n`, "latin1"));
        });
      case "chunk end":
        return this.#readLine(bytes, at, 2, (line) => {
          if (line !== "") throw malformed("a chunk of the body is longer than it says");
          this.#state = "chunk line";
          passed.push(CRLF);
        });
      default:
        // The trailer. Nothing here reads trailers, so they end here.
        return this.#readLine(bytes, at, MAX_TRAILER_BYTES, (line) => {
          if (line === "") {
            this.#lines.takeKept();
            this.#state = "head";
            passed.push(LAST_CHUNK);
          } else {
            readHeader(line);
            this.#lines.keep(line);
          }
        });
    }
  }

  #readLine(bytes: Buffer, at: number, maxBytes: number, use: (line: string) => void): number {
    const end = bytes.indexOf(LF, at);
    const next = end < 0 ? bytes.byteLength : end + 1;
    if (this.#lines.byteLength + next - at > maxBytes) throw this.#tooLong();
    this.#lines.append(bytes.subarray(at, next));
    if (end >= 0) use(this.#lines.takeLine());
    return next;
  }

  #tooLong(): HttpRefusal {
    if (this.#state === "head") {
      return new HttpRefusal(431, "UNSUPPORTED", `the request's headers have more than ${MAX_HEAD_BYTES} bytes`);
    }
    return malformed("a line in the chunked body is too long");
  }

  /** Answers the head to send on, and gets ready for its body. */
  #begin(lines: readonly string[]): Buffer {
    const head = readHead(lines);
    this.#method = head.method;
    const framing = framingOf(head);
    const admitted = this.#admit({
      ...head,
      headers: head.headers.filter(([name]) => !HOP_BY_HOP.has(name)),
      bodyBytes: framing.length,
    });
    this.#onBody = admitted.onBody;
    const written = [
      `${admitted.method} ${admitted.target} ${admitted.version}`,
      ...admitted.headers.map(([name, value]) => `${name}: ${value}`),
      ...framing.headers,
    ];
    this.#requests += 1;
    this.#left = framing.length ?? 0;
    if (framing.length === undefined) this.#state = "chunk line";
    else if (framing.length > 0) this.#state = "body";
    return Buffer.from(`${written.join("\r\n")}\r\n\r\n`, "latin1");
  }
}

/** Lines as they come in, in one buffer that grows. */
class LineBuffer {
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #keptBytes = 0;
  #kept: string[] = [];

  /** Of the line under way and all that are kept. */
  get byteLength(): number {
    return this.#pieceBytes + this.#keptBytes;
  }

  get kept(): readonly string[] {
    return this.#kept;
  }

  append(piece: Buffer): void {
    // A piece is a view of a large buffer that is not to live for as long as a slow line takes.
    this.#pieces.push(piece.at(-1) === LF ? piece : Buffer.from(piece));
    this.#pieceBytes += piece.byteLength;
    if (this.#pieces.length > 256) this.#pieces = [Buffer.concat(this.#pieces)];
  }

  /** The line that has just ended, without its end. */
  takeLine(): string {
    const [first = CRLF] = this.#pieces;
    const line = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pieceBytes = 0;
    // Some servers take a bare LF for the end of a line, and some do not.
    if (line.at(-2) !== CR) throw malformed("a line does not end with CR LF");
    return line.toString("latin1", 0, line.byteLength - 2);
  }

  keep(line: string): void {
    this.#kept.push(line);
    this.#keptBytes += line.length + 2;
  }

  takeKept(): string[] {
    const kept = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    return kept;
  }
}

function readHead([first = "", ...rest]: readonly string[]): Omit<RequestHead, "bodyBytes"> {
  const [, method, target, version] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined || version === undefined) {
    if (/ HTTP\/[2-9]/.test(first)) throw new HttpRefusal(505, "UNSUPPORTED", "this port speaks HTTP/1.1");
    throw malformed("the request line cannot be read");
  }
  return { method, target, version, headers: rest.map(readHeader) };
}

function readHeader(line: string): [string, string] {
  const [, name, value] = HEADER_LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw malformed("a header cannot be read");
  return [name.toLowerCase(), value];
}

/** How long the body is, undefined for a chunked one (RFC 9112, 6.3), and the headers that tell the server. */
function framingOf({ version, headers }: Pick<RequestHead, "version" | "headers">): {
  length: number | undefined;
  headers: string[];
} {
  const lengths: string[] = [];
  const encodings: string[] = [];
  let asked = "";
  for (const [name, value] of headers) {
    if (name === "content-length") lengths.push(value);
    else if (name === "transfer-encoding") encodings.push(value);
    else if (name === "connection") asked += `,${value.toLowerCase()},`;
  }
  const isKept = version === "HTTP/1.1" ? !/,[\t ]*close[\t ]*,/.test(asked) : /,[\t ]*keep-alive[\t ]*,/.test(asked);
  const connection = `connection: ${isKept ? "keep-alive" : "close"}`;
  const [length] = lengths;
  const [encoding] = encodings;
  if (encoding !== undefined) {
    if (length !== undefined) throw malformed("the request has both Content-Length and Transfer-Encoding");
    if (version !== "HTTP/1.1" || encodings.length > 1) {
      throw malformed("the request's Transfer-Encoding cannot be understood");
    }
    if (encoding.toLowerCase() !== "chunked") {
      throw new HttpRefusal(501, "UNSUPPORTED", "the only Transfer-Encoding here is chunked");
    }
    return { length: undefined, headers: [connection, "transfer-encoding: chunked"] };
  }
  if (length === undefined) return { length: 0, headers: [connection] };
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) throw malformed("the request's Content-Length is no number");
  return { length: Number(length), headers: [connection, `content-length: ${Number(length)}`] };
}

function malformed(what: string): HttpRefusal {
  return new HttpRefusal(400, "UNSUPPORTED", `this is no HTTP request that can be answered: ${what}`);
}
