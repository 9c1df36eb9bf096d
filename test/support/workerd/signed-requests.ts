/** Access keys, sessions and signed requests for tests. */
import { createHash, createHmac } from "node:crypto";
import { vi } from "vitest";
import { asUser, type Client } from "./managing-clients.ts";
import { basic, fetchAnonymously } from "./registry-requests.ts";

export interface Key {
  access: string;
  secret: string;
}

/** Makes an access key for a user. */
export async function newKey(client: Client): Promise<Key> {
  const response = await client.post("/api/access-keys");
  if (response.status !== 201) throw new Error(`making a key: ${response.status} ${await response.text()}`);
  return response.json<Key>();
}

/** The credentials of guide 4.2, by its formula. */
export function permanentLogin({ access, secret }: Key, project = "cn-north-4"): string {
  return basic(`${project}@${access}`, createHmac("sha256", secret).update(access).digest("hex"));
}

/** A client that logs in with these credentials. */
export function asKey(key: Key): Client {
  const [name = "", password = ""] = atob(permanentLogin(key).slice("Basic ".length)).split(/:(.*)/s);
  return asUser(name, password);
}

/** Runs something at another time. */
export async function at<T>(time: number, run: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ now: time, toFake: ["Date"] });
  try {
    return await run();
  } finally {
    vi.useRealTimers();
  }
}

export interface Signing {
  body?: string | undefined;
  headers?: Record<string, string>;
  /** Milliseconds since 1970. */
  date?: number;
  signed?: string[];
  /** Of a Worker with other settings. */
  fetch?: typeof fetchAnonymously;
  /** Changes the request after it was signed. */
  alter?: (request: { method: string; url: URL; headers: Headers; body: string | undefined }) => void;
}

/** Sends a request signed as Huawei's SDKs do: written anew here, so that a mistake in one place shows. */
export function sendSigned(key: Key, method: string, path: string, signing: Signing = {}): Promise<Response> {
  const { body, date = Date.now(), fetch = fetchAnonymously } = signing;
  const url = new URL(path, "http://registry.test");
  const stamp = new Date(date).toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = new Headers({ "Content-Type": "application/json", "X-Sdk-Date": stamp, ...signing.headers });
  const signed = signing.signed ?? ["content-type", "host", "x-sdk-date"];
  const escape = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].map(([name, value]) => `${escape(name)}=${escape(value)}`).sort();
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = [
    method,
    `${url.pathname
      .split("/")
      .map((part) => escape(decodeURIComponent(part)))
      .join("/")}/`,
    query.join("&"),
    signed.map((name) => `${name}:${headers.get(name) ?? url.host}\n`).join(""),
    signed.join(";"),
    headers.get("x-sdk-content-sha256") ?? sha256(body ?? ""),
  ].join("\n");
  const text = `SDK-HMAC-SHA256\n${stamp}\n${sha256(canonical)}`;
  const signature = createHmac("sha256", key.secret).update(text).digest("hex");
  headers.set(
    "Authorization",
    `SDK-HMAC-SHA256 Access=${key.access}, SignedHeaders=${signed.join(";")}, Signature=${signature}`,
  );
  const request = { method, url, headers, body };
  signing.alter?.(request);
  return fetch(request.url.href, {
    method: request.method,
    headers: request.headers,
    ...(request.body !== undefined && { body: request.body }),
  });
}

/** Logs a user in as a browser does and answers the cookie. */
export async function openSession(name: string, password: string): Promise<string> {
  const response = await fetchAnonymously("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  if (response.status !== 200) throw new Error(`logging in: ${response.status} ${await response.text()}`);
  return response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
}

/** A request of a page of the registry's own, with a session cookie. */
export function sendWithCookie(cookie: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetchAnonymously(path, {
    method,
    headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}
