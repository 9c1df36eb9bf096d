/** Reading an HTTP/1.1 answer from a stream of bytes (RFC 9112), where `fetch` cannot be used. */
import { ByteQueue } from "../../kernel/bytes.ts";
import { describeReason } from "../../kernel/reason-sentences.ts";
import { type Reason, reason } from "../../kernel/reasons.ts";

/** The answer is not one, or too large. In words that follow "the server …". */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly reason: Reason;

  /** @param why a text for what breaks the protocol, which only those who wrote the server can do something about. */
  constructor(why: string | Reason, options?: ErrorOptions) {
    const whole = typeof why === "string" ? reason("HTTP_VIOLATED", { message: why }) : why;
    super(describeReason(whole), options);
    this.reason = whole;
  }
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

const MAX_HEAD_BYTES = 65_536;
/** Of a chunk's line, and of all that may follow the last chunk. */
const MAX_LINE_BYTES = 8192;
const LINE_END = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const INVALID_CHUNK = "sent a chunk that is not valid";

interface Head {
  status: number;
  headers: Headers;
  /** How the end of the body is known. */
  framing: { kind: "length"; length: number } | { kind: "chunked" } | { kind: "close" };
}

/** Where the body stands. */
type Part = "data" | "chunkSize" | "chunkEnd" | "trailer";

/** Takes the bytes of one answer to a request that was not HEAD. */
export class HttpAnswerReader {
  readonly #maxBodyBytes: number;
  readonly #rest = new ByteQueue();
  /** How much of the rest is known to hold no end of a line, or of the head. */
  #searched = 0;
  #head: Head | undefined;
  readonly #body = new ByteQueue();
  #part: Part = "chunkSize";
  /** Of the chunk, or of a body of known length. */
  #left = 0;
  #trailerBytes = 0;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /**
   * @returns the answer once it is complete.
   * @throws HttpError
   */
  push(bytes: Uint8Array): HttpAnswer | undefined {
    this.#rest.push(bytes);
    while (!this.#head) {
      const head = this.#takeHead();
      if (!head) return undefined;
      // Informational answers come before the one that counts.
      if (head.status >= 200) this.#begin(head);
    }
    const { framing } = this.#head;
    if (framing.kind === "chunked") return this.#takeChunks(this.#head);
    this.#takeData(framing.kind === "length" ? this.#left : Infinity);
    return framing.kind === "length" && this.#left === 0 ? this.#answer(this.#head) : undefined;
  }

  /**
   * Nothing more comes, as the server has said.
   *
   * @throws HttpError when something is missing.
   */
  end(): HttpAnswer {
    if (this.#head?.framing.kind !== "close") throw new HttpError(reason("HTTP_CLOSED"));
    return this.#answer(this.#head);
  }

  #begin(head: Head): void {
    this.#head = head;
    if (head.framing.kind === "length") this.#expect(head.framing.length);
  }

  #takeHead(): Head | undefined {
    const text = this.#takeUntil(HEAD_END, MAX_HEAD_BYTES, "sent headers that are too long");
    return text === undefined ? undefined : readHead(text);
  }

  #takeChunks(head: Head): HttpAnswer | undefined {
    for (;;) {
      if (this.#part === "data") {
        this.#takeData(this.#left);
        if (this.#left > 0) return undefined;
        this.#part = "chunkEnd";
      }
      const line = this.#takeUntil(LINE_END, this.#part === "chunkEnd" ? 0 : MAX_LINE_BYTES, INVALID_CHUNK);
      if (line === undefined) return undefined;
      if (this.#part === "trailer") {
        if (line === "") return this.#answer(head);
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > MAX_LINE_BYTES) throw new HttpError(INVALID_CHUNK);
      } else if (this.#part === "chunkEnd") {
        this.#part = "chunkSize";
      } else {
        const size = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line)?.[1];
        if (size === undefined) throw new HttpError(INVALID_CHUNK);
        this.#expect(Number.parseInt(size, 16));
        this.#part = this.#left === 0 ? "trailer" : "data";
      }
    }
  }

  /** The text up to some bytes, which are taken as well; undefined until they are there. */
  #takeUntil(end: Uint8Array, maxBytes: number, refusal: string): string | undefined {
    const bytes = this.#rest.peek();
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = rest.indexOf(end, this.#searched);
    if ((at < 0 ? rest.length - end.length : at) > maxBytes) throw new HttpError(refusal);
    // The bytes may have come in part.
    this.#searched = at < 0 ? Math.max(0, rest.length - end.length + 1) : 0;
    if (at < 0) return undefined;
    const text = rest.subarray(0, at).toString("latin1");
    this.#rest.take(at + end.length);
    return text;
  }

  #expect(bytes: number): void {
    if (this.#body.length + bytes > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    this.#left = bytes;
  }

  #takeData(maxBytes: number): void {
    const data = this.#rest.take(maxBytes);
    if (this.#body.length + data.byteLength > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    this.#body.push(data);
    this.#left -= data.byteLength;
  }

  #answer({ status, headers }: Head): HttpAnswer {
    return { status, headers, body: this.#body.take(Infinity) };
  }
}

function readHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]);
  if (!(status >= 100 && status <= 599)) throw new HttpError(reason("HTTP_ABSENT"));
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new HttpError("sent a header that is not valid");
    try {
      headers.append(name, value.trimEnd());
    } catch (cause) {
      throw new HttpError("sent a header that is not valid", { cause });
    }
  }
  return { status, headers, framing: framingOf(status, headers) };
}

function framingOf(status: number, headers: Headers): Head["framing"] {
  if (status < 200 || status === 204 || status === 304) return { kind: "length", length: 0 };
  const coding = headers.get("Transfer-Encoding");
  const length = headers.get("Content-Length");
  if (coding !== null) {
    if (coding.toLowerCase() !== "chunked" || length !== null) throw new HttpError("sent a body of unknown form");
    return { kind: "chunked" };
  }
  if (length === null) return { kind: "close" };
  if (!/^\d{1,15}$/.test(length)) throw new HttpError("sent a length that is not valid");
  return { kind: "length", length: Number(length) };
}

function tooLarge(bytes: number): HttpError {
  return new HttpError(reason("HTTP_TOO_LARGE", { bytes }));
}
