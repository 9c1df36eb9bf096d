import { describe, it } from "vitest";
import { type HttpAnswer, HttpAnswerReader } from "./http-answer.ts";

const MAX_BYTES = 100;

/** Reads a text in pieces of so many bytes. */
function read(text: string, step = text.length): HttpAnswer | undefined {
  const reader = new HttpAnswerReader(MAX_BYTES);
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += step) {
    const answer = reader.push(bytes.subarray(at, at + step));
    if (answer) return answer;
  }
  return undefined;
}

const textOf = (answer: HttpAnswer | undefined) => answer && Buffer.from(answer.body).toString("latin1");

describe("an answer", () => {
  it.for([
    ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", "abc"],
    ["with no body", "HTTP/1.1 204 No Content\r\n\r\n", ""],
    ["without a reason", "HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n", ""],
    [
      "after others",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\nHTTP/1.1 304 Not\r\n\r\n",
      "",
    ],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
      "abc0123456789",
    ],
    ["of a full size", `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${"x".repeat(100)}`, "x".repeat(100)],
  ] as const)("%s is read, in whatever pieces it comes", ([, text, body], { expect }) => {
    for (const step of [1, 7, text.length]) expect(textOf(read(text, step))).toBe(body);
  });

  it.for([
    ["of known length", (text: string) => `Content-Length: ${text.length}\r\n\r\n${text}`],
    [
      "in one chunk",
      (text: string) => `Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    ],
    [
      "in small chunks",
      (text: string) => `Transfer-Encoding: chunked\r\n\r\n${text.replace(/.{10}/g, "a\r\n$&\r\n")}0\r\n\r\n`,
    ],
  ] as const)(
    "%s is read in one piece, and no slower than it comes in pieces of one byte",
    ([, framed], { expect }) => {
      const body = "0123456789".repeat(30_000);
      const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(60_000)}\r\n${framed(body)}`);
      const whole = new HttpAnswerReader(body.length);
      expect(textOf(whole.push(bytes))).toBe(body);
      const startedAt = Date.now();
      const reader = new HttpAnswerReader(body.length);
      let answer: HttpAnswer | undefined;
      for (let at = 0; !answer && at < bytes.length; at += 1) answer = reader.push(bytes.subarray(at, at + 1));
      expect(textOf(answer)).toBe(body);
      // Each byte once; put together anew for each they take minutes.
      expect(Date.now() - startedAt).toBeLessThan(5000);
    },
  );

  it("without a length ends with the connection", ({ expect }) => {
    const reader = new HttpAnswerReader(MAX_BYTES);
    expect(reader.push(Buffer.from("HTTP/1.1 200 OK\r\n\r\nab"))).toBeUndefined();
    expect(reader.push(Buffer.from("c"))).toBeUndefined();
    expect(textOf(reader.end())).toBe("abc");
  });

  it.for(["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"])(
    "that is cut off is none: %j",
    (text, { expect }) => {
      const reader = new HttpAnswerReader(MAX_BYTES);
      if (text) reader.push(Buffer.from(text));
      expect(() => reader.end()).toThrow("closed the connection before the end of its answer");
    },
  );

  it.for([
    ["HTTP/2 200\r\n\r\n", "does not speak HTTP/1.1"],
    ["SSH-2.0\r\n\r\n", "does not speak HTTP/1.1"],
    ["HTTP/1.1 600 No\r\n\r\n", "does not speak HTTP/1.1"],
    ["HTTP/1.1 200 OK\r\nno header\r\n\r\n", "sent a header that is not valid"],
    ["HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n", "sent a header that is not valid"],
    ["HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n", "sent a header that is not valid"],
    ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "sent a length that is not valid"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "sent a length that is not valid"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "sent a body of unknown form"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "sent a body of unknown form"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "sent a chunk that is not valid"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "sent a chunk that is not valid"],
    [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1${" ".repeat(9000)}`, "sent a chunk that is not valid"],
    [
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(3000)}\r\n`,
      "sent a chunk that is not valid",
    ],
    [`HTTP/1.1 200 OK\r\na: ${"b".repeat(70_000)}`, "sent headers that are too long"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "sent an answer of more than 100 bytes"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", "sent an answer of more than 100 bytes"],
    [`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(101)}`, "sent an answer of more than 100 bytes"],
  ] as const)("%j is refused", ([text, why], { expect }) => {
    expect(() => read(text)).toThrow(why);
  });
});
