/** Requests signed by hand, so that a test can alter them: "Signing algorithm" of Huawei's API gateway. */
import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import type { AccessKey } from "../support/server-people.ts";

/** A request as it goes over the wire, down to the Host header. */
export interface WireRequest {
  method: string;
  /** Path and query as they are sent. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Unsigned {
  method?: string;
  path?: string;
  body?: unknown;
  /** Signed as well. */
  headers?: Record<string, string>;
  /** Lower-case names of headers that are sent and not signed. */
  unsigned?: readonly string[];
  /** What follows the body's JSON: an encoder of Go's ends it with a line break. */
  end?: string;
  date?: Date;
}

/** Signs a request as the Node SDK does, with all headers that it has. */
export function sign(host: string, { access, secret }: AccessKey, options: Unsigned = {}): WireRequest {
  const { method = "GET", path = "/v2/manage/namespaces", body, date = new Date(), unsigned = [], end = "" } = options;
  const text = body === undefined ? "" : `${JSON.stringify(body)}${end}`;
  const time = `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  const headers: Record<string, string> = {
    host,
    "content-type": "application/json",
    "x-sdk-date": time,
    ...options.headers,
  };
  const names = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .sort();
  const [pathname = "", query = ""] = path.split("?");
  const canonical = [
    method,
    `${pathname.split("/").map(encode).join("/")}/`,
    canonicalQuery(query),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    sha256(text),
  ].join("\n");
  const signature = createHmac("sha256", secret)
    .update(["SDK-HMAC-SHA256", time, sha256(canonical)].join("\n"))
    .digest("hex");
  const authorization = `SDK-HMAC-SHA256 Access=${access}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { method, path, headers: { ...headers, authorization }, body: text };
}

/** Sends a request exactly so, which `fetch` would not. */
export function sendAsIs(port: number, { method, path, headers, body }: WireRequest) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((done, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("error", reject);
      answer.on("end", () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function canonicalQuery(query: string): string {
  const pairs = query.split("&").filter(Boolean).sort();
  return pairs
    .map((pair) => {
      const [name = "", value = ""] = pair.split("=");
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`;
    })
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
