/** Reading an HTTP/1.1 answer from a stream of bytes (RFC 9112), where `fetch` cannot be used. */

/** The answer is not one, or too large. In words that follow "the server …". */
export class HttpError extends Error {
  override readonly name = "HttpError";
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

interface Head {
  status: number;
  headers: Headers;
  /** How the end of the body is known. */
  framing: { kind: "length"; length: number } | { kind: "chunked" } | { kind: "close" };
}

/** Takes the bytes of one answer to a request that was not HEAD. */
export class HttpAnswerReader {
  readonly #maxBodyBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  readonly #chunks: Uint8Array[] = [];
  #bodyBytes = 0;
  #isInTrailer = false;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /**
   * @returns the answer once it is complete.
   * @throws HttpError
   */
  push(bytes: Uint8Array): HttpAnswer | undefined {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    while (!this.#head) {
      const head = this.#takeHead();
      if (!head) return undefined;
      // Informational answers come before the one that counts.
      if (head.status >= 200) this.#head = head;
    }
    const { framing } = this.#head;
    if (framing.kind === "length") return this.#takeLength(this.#head, framing.length);
    if (framing.kind === "chunked") return this.#takeChunks(this.#head);
    this.#add(this.#rest);
    this.#rest = Buffer.alloc(0);
    return undefined;
  }

  /**
   * Nothing more comes, as the server has said.
   *
   * @throws HttpError when something is missing.
   */
  end(): HttpAnswer {
    if (this.#head?.framing.kind !== "close") throw new HttpError("closed the connection before the end of its answer");
    return this.#answer(this.#head);
  }

  #takeHead(): Head | undefined {
    const end = this.#rest.indexOf(HEAD_END);
    if (Math.max(end, this.#rest.length - HEAD_END.length) > MAX_HEAD_BYTES) {
      throw new HttpError("sent headers that are too long");
    }
    if (end < 0) return undefined;
    const head = readHead(this.#rest.subarray(0, end).toString("latin1"));
    this.#rest = this.#rest.subarray(end + HEAD_END.length);
    return head;
  }

  #takeLength(head: Head, length: number): HttpAnswer | undefined {
    if (length > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    if (this.#rest.length < length) return undefined;
    this.#add(this.#rest.subarray(0, length));
    return this.#answer(head);
  }

  #takeChunks(head: Head): HttpAnswer | undefined {
    for (;;) {
      const end = this.#rest.indexOf(LINE_END);
      if (end > MAX_LINE_BYTES || (end < 0 && this.#rest.length > MAX_LINE_BYTES)) {
        throw new HttpError("sent a chunk that is not valid");
      }
      if (end < 0) return undefined;
      const line = this.#rest.subarray(0, end).toString("latin1");
      const start = end + LINE_END.length;
      if (this.#isInTrailer) {
        this.#rest = this.#rest.subarray(start);
        if (line === "") return this.#answer(head);
        continue;
      }
      const size = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line)?.[1];
      if (size === undefined) throw new HttpError("sent a chunk that is not valid");
      const length = Number.parseInt(size, 16);
      if (this.#bodyBytes + length > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
      if (length === 0) {
        this.#isInTrailer = true;
        this.#rest = this.#rest.subarray(start);
        continue;
      }
      const next = start + length + LINE_END.length;
      if (this.#rest.length < next) return undefined;
      if (!this.#rest.subarray(next - LINE_END.length, next).equals(LINE_END)) {
        throw new HttpError("sent a chunk that is not valid");
      }
      this.#add(this.#rest.subarray(start, start + length));
      this.#rest = this.#rest.subarray(next);
    }
  }

  #add(bytes: Uint8Array): void {
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes);
    this.#chunks.push(bytes);
  }

  #answer({ status, headers }: Head): HttpAnswer {
    return { status, headers, body: Buffer.concat(this.#chunks) };
  }
}

function readHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]);
  if (!(status >= 100 && status <= 599)) throw new HttpError("does not speak HTTP/1.1");
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
  return new HttpError(`sent an answer of more than ${bytes} bytes`);
}
