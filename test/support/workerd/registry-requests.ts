/** A registry client for tests: requests to the Worker's own fetch, as the administrator unless told otherwise. */
import { env, exports } from "cloudflare:workers";
import { createHash, randomBytes, scryptSync } from "node:crypto";
import type { Role } from "../../../src/model/rights/access.ts";

export const ADMINISTRATOR = { name: "admin", password: "correct horse" };
const ORIGIN = "http://registry.test";

/** Makes a user, and the account if there is none of that name. */
export async function addUser(
  name: string,
  password: string,
  { role = "member", account = "admin" }: { role?: Role; account?: string } = {},
): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("INSERT OR IGNORE INTO accounts (name, created_at) VALUES (?, 0)").bind(account),
    env.DB.prepare(
      "INSERT OR IGNORE INTO users (account_id, name, role, password_hash, created_at) " +
        "SELECT id, ?, ?, ?, 0 FROM accounts WHERE name = ?",
    ).bind(name, role, quickHash(password), account),
  ]);
}

/** A hash as `model/logins/passwords.ts` stores it, at the least cost there is: tests log in thousands of times. */
function quickHash(password: string): string {
  const salt = randomBytes(16);
  const key = scryptSync(password, salt, 32, { N: 2, r: 1, p: 1 });
  return `$scrypt$ln=1,r=1,p=1$${salt.toString("base64")}$${key.toString("base64")}`;
}

export function basic(name: string, password: string): string {
  return `Basic ${btoa(`${name}:${password}`)}`;
}

/** Sends a request without credentials. */
export function fetchAnonymously(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(new URL(path, ORIGIN), { redirect: "manual", ...init }));
}

/** Sends a request as the administrator. */
export function send(
  method: string,
  path: string,
  { headers, body }: { headers?: Record<string, string>; body?: BodyInit } = {},
): Promise<Response> {
  const credentials = { Authorization: basic(ADMINISTRATOR.name, ADMINISTRATOR.password) };
  return fetchAnonymously(path, {
    method,
    headers: { ...credentials, ...headers },
    ...(body !== undefined && { body }),
  });
}

/** The codes of an OCI error answer. */
export async function errorCodes(response: Response): Promise<string[]> {
  return (await errorsOf(response)).map((error) => error.code);
}

/** The errors of an answer, whose particulars are shown without the id of the request (request-log.test.ts). */
export async function errorsOf(response: Response): Promise<{ code: string; message: string; detail?: unknown }[]> {
  const body = await response.json<{
    errors: { code: string; message: string; detail?: Record<string, unknown> }[];
  }>();
  return body.errors.map(({ detail = {}, ...error }) => {
    const particulars = Object.entries(detail).filter(([name]) => name !== "requestId");
    return { ...error, ...(particulars.length > 0 && { detail: Object.fromEntries(particulars) }) };
  });
}

/** The text of an answer without the id of its request: what two refusals that are to look the same have in common. */
export async function textWithoutId(response: Response): Promise<string> {
  return (await response.text()).replaceAll(response.headers.get("X-Request-Id") ?? "none", "");
}

let counter = 0;
/** A name that no other test uses. */
export function newRepository(): string {
  counter += 1;
  return `test-${randomBytes(4).toString("hex")}/image-${counter}`.replace(/^test-/, "t");
}

export function digestOf(bytes: Uint8Array | string, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Bytes that nothing else in the registry has. */
export function someBytes(length = 100): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export async function pushBlob(
  repository: string,
  bytes: Uint8Array<ArrayBuffer> = someBytes(),
  mediaType = "application/vnd.oci.image.layer.v1.tar",
): Promise<Descriptor> {
  const digest = digestOf(bytes);
  const response = await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    body: bytes,
    headers: { "Content-Length": String(bytes.byteLength) },
  });
  if (response.status !== 201) throw new Error(`pushing a blob: ${response.status} ${await response.text()}`);
  return { mediaType, digest, size: bytes.byteLength };
}

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

export function putManifest(repository: string, reference: string, manifest: unknown, contentType?: string) {
  const body = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  const type = contentType ?? (JSON.parse(body) as { mediaType?: string }).mediaType ?? OCI_MANIFEST;
  return send("PUT", `/v2/${repository}/manifests/${reference}`, { body, headers: { "Content-Type": type } });
}

export async function imageManifest(repository: string, extra: Record<string, unknown> = {}) {
  const config = await pushBlob(repository, someBytes(), "application/vnd.oci.image.config.v1+json");
  const layers = [await pushBlob(repository)];
  return { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers, ...extra };
}

/** Pushes an image of one layer and answers its descriptor. */
export async function pushImage(
  repository: string,
  reference = "latest",
  extra: Record<string, unknown> = {},
): Promise<Descriptor> {
  const manifest = await imageManifest(repository, extra);
  const text = JSON.stringify(manifest);
  const digest = digestOf(text);
  const response = await putManifest(repository, reference === "" ? digest : reference, manifest);
  if (response.status !== 201) throw new Error(`pushing a manifest: ${response.status} ${await response.text()}`);
  return { mediaType: OCI_MANIFEST, digest, size: text.length };
}

export interface UploadHandle {
  location: string;
  session: string;
}

export async function openUpload(repository: string, query = ""): Promise<UploadHandle> {
  const response = await send("POST", `/v2/${repository}/blobs/uploads/${query}`);
  const location = response.headers.get("Location");
  const session = response.headers.get("Docker-Upload-UUID");
  if (response.status !== 202 || !location || !session) throw new Error(`opening an upload: ${response.status}`);
  return { location, session };
}

/** A body of unknown length in pieces, as docker sends it. */
export function streamOf(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const writeAll = async () => {
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  };
  writeAll().catch(() => undefined); // the reader may give up early: that is what some tests are about
  return readable;
}
