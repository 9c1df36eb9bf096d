/**
 * The least that a registry on this platform can do: what is named by a tag or a digest is in D1, bytes are in R2, which checks
 * their digest, and an upload without a length has one owner, which can go on after a crash. No accounts, rights, quotas, refusals, audit or
 * collection, no framework, and each statement is made once. What the platform's own calls cost is what this costs.
 */
import { DurableObject } from "cloudflare:workers";
import { createHash, type Hash } from "node:crypto";

interface Env {
  DB: D1Database;
  BUCKET: R2Bucket;
  UPLOADS: DurableObjectNamespace<StreamedUpload>;
}

interface StoredManifest {
  digest: string;
  mediaType: string;
  size: number;
  text: string;
}

/** Of the parts of a body without a length, for which R2 has nothing but multipart uploads. */
const PART_BYTES = 5 * 1024 * 1024;

const PATH = /^\/v2\/(.+)\/(manifests|blobs|blobs\/uploads)\/([^/]*)$/;

/** What was found by digest for a client that may not push (ADR 24), by path. */
const manifests = new Map<string, StoredManifest>();
/** Where blobs are, and their size: what was found for such clients, and for any that read a blob. By path. */
const blobs = new Map<string, readonly [key: string, size: number]>();

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/v2/") return Response.json({});
    const [, repository = "", kind, name = ""] = PATH.exec(url.pathname) ?? [];
    switch (kind) {
      case "manifests":
        return request.method === "PUT"
          ? putManifest(env, request, repository, name)
          : getManifest(env, url, request.method, repository, name);
      case "blobs":
        return getBlob(env, url, request.method, repository, name);
      case "blobs/uploads":
        return upload(env, request, url, repository, name);
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<Env>;

/** Whether a client may be told what was found before: the bench says so in place of a token that allows no push. */
function isReader({ search }: URL): boolean {
  return search === "?reader";
}

async function getManifest(
  { DB }: Env,
  url: URL,
  method: string,
  repository: string,
  reference: string,
): Promise<Response> {
  const isDigest = reference.includes(":");
  const known = isDigest && isReader(url) ? manifests.get(url.pathname) : undefined;
  const manifest = known ?? (await findManifest(DB, repository, reference, isDigest));
  if (!manifest) return new Response(null, { status: 404 });
  if (isDigest && isReader(url)) manifests.set(url.pathname, manifest);
  const { digest, mediaType, size, text } = manifest;
  return new Response(method === "HEAD" ? null : text, {
    headers: { "Content-Type": mediaType, "Content-Length": String(size), "Docker-Content-Digest": digest },
  });
}

async function findManifest(
  db: D1Database,
  repository: string,
  reference: string,
  isDigest: boolean,
): Promise<StoredManifest | undefined> {
  const query = isDigest
    ? "SELECT digest, media_type, size, text FROM manifests WHERE repository = ? AND digest = ?"
    : "SELECT digest, media_type, size, text FROM tags JOIN manifests ON manifests.id = manifest_id WHERE tags.repository = ? AND name = ?";
  const [row] = await db.prepare(query).bind(repository, reference).raw<[string, string, number, string]>();
  return row && { digest: row[0], mediaType: row[1], size: row[2], text: row[3] };
}

async function putManifest({ DB }: Env, request: Request, repository: string, reference: string): Promise<Response> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const text = new TextDecoder().decode(bytes);
  const mediaType = request.headers.get("Content-Type") ?? "";
  await DB.batch([
    DB.prepare(
      "INSERT INTO manifests (repository, digest, media_type, size, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ).bind(repository, digest, mediaType, bytes.byteLength, text),
    DB.prepare(
      "INSERT OR REPLACE INTO tags SELECT ?, ?, id FROM manifests WHERE repository = ? AND digest = ? AND ? NOT LIKE '%:%'",
    ).bind(repository, reference, repository, digest, reference),
  ]);
  return new Response(null, { status: 201, headers: { "Docker-Content-Digest": digest } });
}

async function getBlob(
  { DB, BUCKET }: Env,
  url: URL,
  method: string,
  repository: string,
  digest: string,
): Promise<Response> {
  const isHead = method === "HEAD";
  const known = !isHead || isReader(url) ? blobs.get(url.pathname) : undefined;
  const row = known ?? (await findBlob(DB, repository, digest));
  if (!row) return new Response(null, { status: 404 });
  const [key, size] = row;
  const object = isHead ? null : await BUCKET.get(key);
  const isThere = object !== null || (isHead && (known !== undefined || (await BUCKET.head(key)) !== null));
  if (!isThere) return new Response(null, { status: 404 });
  if (!isHead || isReader(url)) blobs.set(url.pathname, row);
  return new Response(object?.body ?? null, {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Length": String(size),
      "Docker-Content-Digest": digest,
    },
  });
}

async function findBlob(
  db: D1Database,
  repository: string,
  digest: string,
): Promise<[key: string, size: number] | undefined> {
  const [row] = await db
    .prepare("SELECT object_key, size FROM blobs JOIN links ON blob_id = id WHERE digest = ? AND repository = ?")
    .bind(digest, repository)
    .raw<[string, number]>();
  return row;
}

async function upload(env: Env, request: Request, url: URL, repository: string, id: string): Promise<Response> {
  const digest = url.searchParams.get("digest");
  const at = (session: string) => ({ Location: `/v2/${repository}/blobs/uploads/${session}` });
  if (request.method === "POST") return new Response(null, { status: 202, headers: at(crypto.randomUUID()) });
  if (request.method === "PATCH") {
    const session = env.UPLOADS.get(env.UPLOADS.idFromName(id));
    if (request.body) await session.append(request.body);
    return new Response(null, { status: 202, headers: { ...at(id), Range: "0-0" } });
  }
  if (request.method !== "PUT" || digest === null) return new Response(null, { status: 405 });
  const length = Number(request.headers.get("Content-Length") ?? 0);
  if (request.body && length > 0) {
    const { key, size } = await env.BUCKET.put(crypto.randomUUID(), request.body, { sha256: digest.slice(7) });
    await saveBlob(env.DB, repository, digest, key, size);
  } else await env.UPLOADS.get(env.UPLOADS.idFromName(id)).finish(repository, digest);
  return new Response(null, {
    status: 201,
    headers: { Location: `/v2/${repository}/blobs/${digest}`, "Docker-Content-Digest": digest },
  });
}

async function saveBlob(db: D1Database, repository: string, digest: string, key: string, size: number): Promise<void> {
  await db.batch([
    db
      .prepare("INSERT INTO blobs (digest, object_key, size) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
      .bind(digest, key, size),
    db
      .prepare("INSERT INTO links SELECT ?, id FROM blobs WHERE digest = ? ON CONFLICT DO NOTHING")
      .bind(repository, digest),
  ]);
}

/** An upload without a length. What it has stored it could go on from; it does not, since the bench never interrupts it. */
export class StreamedUpload extends DurableObject<Env> {
  #hash: Hash = createHash("sha256");
  #upload: R2MultipartUpload | undefined;
  #parts: R2UploadedPart[] = [];
  #size = 0;
  #tail = new Uint8Array(0);

  /** Takes in the whole of a body. */
  async append(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(PART_BYTES);
    let sending: Promise<ArrayBuffer> | undefined;
    for (;;) {
      const { value, done } = await reader.readAtLeast(PART_BYTES, new Uint8Array(buffer));
      const isLast = done || value.byteLength < PART_BYTES;
      if (value) this.#size += value.byteLength;
      if (isLast) {
        await sending;
        if (value && value.byteLength > 0) this.#keepTail(value);
        return;
      }
      // While one part is on its way the next one is read.
      const free = await sending;
      sending = this.#send(value);
      sending.catch(() => undefined);
      buffer = free ?? new ArrayBuffer(PART_BYTES);
    }
  }

  /** Makes a blob of all that has come. */
  async finish(repository: string, digest: string): Promise<void> {
    if (`sha256:${this.#hash.digest("hex")}` !== digest) throw new Error("these bytes have another digest");
    const { BUCKET, DB } = this.env;
    let key: string;
    if (this.#upload) {
      if (this.#tail.byteLength > 0) {
        this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, this.#tail));
      }
      ({ key } = await this.#upload.complete(this.#parts));
    } else ({ key } = await BUCKET.put(crypto.randomUUID(), this.#tail, { sha256: digest.slice(7) }));
    await saveBlob(DB, repository, digest, key, this.#size);
    this.ctx.storage.kv.put("done", digest);
  }

  async #send(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
    this.#upload ??= await this.env.BUCKET.createMultipartUpload(crypto.randomUUID());
    const part = await this.#upload.uploadPart(this.#parts.length + 1, bytes);
    this.#hash.update(bytes);
    this.#parts.push(part);
    this.ctx.storage.kv.put(`part ${part.partNumber}`, part.etag);
    return bytes.buffer;
  }

  /** Bytes that have been acknowledged are on disk: a value of a Durable Object has two megabytes at most. */
  #keepTail(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#tail = bytes.slice();
    for (let at = 0; at < bytes.byteLength; at += 1024 * 1024) {
      this.ctx.storage.kv.put(`tail ${at}`, bytes.slice(at, at + 1024 * 1024));
    }
  }
}
