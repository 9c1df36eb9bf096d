/**
 * Cloudflare's REST API and R2's S3 API, as far as a backup uses them, as their documentation says: tokens, D1's query endpoint with its
 * limits, signatures of requests (SigV4), checksums, parts of one size, listings in pages.
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsV4Signer } from "aws4fetch";
import { unstable_splitSqlQuery as splitStatements } from "wrangler";
import { type MemoryStore, memoryStore, runBatch } from "./memory-store.ts";

const TOKEN = "a token of Cloudflare's API";
const TOKEN_ID = "0123456789abcdef";
const ACCOUNT = "account1";
const BUCKET = "berth-bucket";
const MIN_PART = 5 * 1024 * 1024;

export interface FakeCloudflare {
  store: MemoryStore;
  environment: Record<string, string>;
  /** Answers that are given in place of the next ones, by the beginning of `METHOD /path`. */
  refusals: { to: string; status: number; headers?: Record<string, string> }[];
  requests: string[];
  stop: () => Promise<void>;
}

export async function startFakeCloudflare(worker: string): Promise<FakeCloudflare> {
  const store = memoryStore("cloudflare");
  const uploads = new Map<string, Map<number, Buffer>>();
  const refusals: FakeCloudflare["refusals"] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(400);
      response.end(String(error));
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    const line = `${request.method} ${url.pathname}${url.search}`;
    requests.push(line);
    const refusal = refusals.findIndex(({ to }) => line.startsWith(to));
    if (refusal >= 0) {
      const [{ status, headers = {} } = { status: 500 }] = refusals.splice(refusal, 1);
      response.writeHead(status, headers).end("{}");
      return;
    }
    if (url.pathname.startsWith("/client/v4/")) return callApi(request, url, body, response);
    await requireSignature(request, url, body);
    return callBucket(request, url, body, response);
  }

  async function callApi(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): Promise<void> {
    const answer = (status: number, result: unknown, errors: unknown[] = []) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ success: status === 200, errors, messages: [], result }));
    };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      return answer(403, null, [{ code: 10000, message: "Authentication error" }]);
    }
    switch (`${request.method} ${url.pathname.replace("/client/v4", "")}`) {
      case `GET /accounts/${ACCOUNT}/workers/scripts/${worker}/settings`:
        return answer(200, {
          bindings: [
            { type: "d1", name: "DB", id: "database-1" },
            { type: "r2_bucket", name: "BUCKET", bucket_name: BUCKET },
            { type: "plain_text", name: "PROJECT", text: "berth" },
          ],
        });
      case `GET /accounts/${ACCOUNT}/tokens/verify`:
        return answer(200, { id: TOKEN_ID, status: "active" });
      case `POST /accounts/${ACCOUNT}/d1/database/database-1/query`: {
        const { sql, params = [] } = JSON.parse(body.toString("utf8")) as { sql: string; params?: string[] };
        const statements = splitStatements(sql);
        if (statements.length > 1 && params.length > 0) throw new Error("params for several statements");
        try {
          store.beforeBatch(statements.map((text) => ({ sql: text })));
          const rows = runBatch(
            store.database,
            statements.map((text) => ({ sql: text, params })),
          );
          return answer(
            200,
            rows.map((results) => ({ results, success: true, meta: {} })),
          );
        } catch (error) {
          return answer(400, null, [{ code: 7500, message: String(error) }]);
        }
      }
      default:
        return answer(404, null, [{ code: 7000, message: "No route for that URI" }]);
    }
  }

  async function requireSignature(request: IncomingMessage, url: URL, body: Buffer): Promise<void> {
    const { authorization = "", "x-amz-date": datetime, "x-amz-content-sha256": payload } = request.headers;
    if (payload !== createHash("sha256").update(body).digest("hex")) throw new Error("XAmzContentSHA256Mismatch");
    const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(";") ?? [];
    const headers: Record<string, string> = {};
    for (const name of signed) if (name !== "host") headers[name] = String(request.headers[name]);
    const signer = new AwsV4Signer({
      method: request.method ?? "",
      url: url.href,
      headers,
      accessKeyId: TOKEN_ID,
      secretAccessKey: createHash("sha256").update(TOKEN).digest("hex"),
      service: "s3",
      region: "auto",
      datetime: String(datetime),
    });
    const expected = await signer.authHeader();
    if (expected !== authorization) throw new Error("SignatureDoesNotMatch");
  }

  function callBucket(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): void {
    const [, bucket, ...rest] = url.pathname.split("/");
    const key = rest.map(decodeURIComponent).join("/");
    if (bucket !== BUCKET) throw new Error("NoSuchBucket");
    const upload = url.searchParams.get("uploadId");
    const object = store.contents.get(key);
    const end = (status: number, headers: Record<string, string | number> = {}, content: string | Uint8Array = "") => {
      response.writeHead(status, headers).end(content);
    };
    if (request.method === "GET" && key === "") {
      const after = url.searchParams.get("start-after") ?? "";
      const keys = [...store.contents.keys()].sort().filter((name) => name > after);
      const page = keys.slice(0, 2).map((name) => {
        const { bytes, storedAt } = store.contents.get(name) ?? { bytes: [], storedAt: 0 };
        return `<Contents><Key>${name}</Key><LastModified>${new Date(storedAt).toISOString()}</LastModified><ETag>"x"</ETag><Size>${bytes.length}</Size></Contents>`;
      });
      return end(
        200,
        {},
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>${keys.length > 2}</IsTruncated>${page.join("")}</ListBucketResult>`,
      );
    }
    if (request.method === "GET" || request.method === "HEAD") {
      if (object === undefined)
        return end(404, {}, request.method === "GET" ? "<Error><Code>NoSuchKey</Code></Error>" : "");
      const checksum =
        object.sha256 !== undefined && request.headers["x-amz-checksum-mode"] === "ENABLED"
          ? { "x-amz-checksum-sha256": Buffer.from(object.sha256, "hex").toString("base64") }
          : {};
      return end(
        200,
        { "Content-Length": object.bytes.byteLength, ...checksum },
        request.method === "GET" ? object.bytes : "",
      );
    }
    if (request.method === "POST" && url.searchParams.has("uploads")) {
      const id = randomUUID();
      uploads.set(id, new Map());
      return end(200, {}, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (request.method === "PUT" && upload !== null) {
      uploads.get(upload)?.set(Number(url.searchParams.get("partNumber")), body);
      return end(200, { ETag: `"${createHash("md5").update(body).digest("hex")}"` });
    }
    if (request.method === "POST" && upload !== null) {
      const parts = [...(uploads.get(upload) ?? new Map<number, Buffer>())]
        .sort(([a], [b]) => a - b)
        .map(([, part]) => part);
      const sizes = new Set(parts.slice(0, -1).map((part) => part.byteLength));
      if (sizes.size > 1 || [...sizes].some((size) => size < MIN_PART)) throw new Error("EntityTooSmall");
      const etags = [...body.toString("utf8").matchAll(/<ETag>"(\w+)"<\/ETag>/g)].map(([, etag]) => etag);
      const own = parts.map((part) => createHash("md5").update(part).digest("hex"));
      if (JSON.stringify(etags) !== JSON.stringify(own)) throw new Error("InvalidPart");
      store.contents.set(key, { bytes: Buffer.concat(parts), sha256: undefined, storedAt: Date.now() });
      uploads.delete(upload);
      return end(200, {}, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
    }
    if (request.method === "PUT") {
      const sha256 = createHash("sha256").update(body).digest("hex");
      const checksum = request.headers["x-amz-checksum-sha256"];
      if (checksum !== undefined && checksum !== Buffer.from(sha256, "hex").toString("base64"))
        throw new Error("BadDigest");
      store.contents.set(key, {
        bytes: body,
        sha256: checksum === undefined ? undefined : sha256,
        storedAt: Date.now(),
      });
      return end(200, { ETag: '"x"' });
    }
    if (request.method === "DELETE") {
      if (upload === null) store.contents.delete(key);
      else uploads.delete(upload);
      return end(204);
    }
    throw new Error("MethodNotAllowed");
  }

  // On a busy machine it would be closed just when it is used again.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    store,
    refusals,
    requests,
    environment: {
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      CLOUDFLARE_API_BASE_URL: `${url}/client/v4`,
      R2_ENDPOINT: url,
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
