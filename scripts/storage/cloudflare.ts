/**
 * The storage of a deployed registry: D1 over Cloudflare's REST API, R2 over its S3 API. Facts are from
 * https://developers.cloudflare.com/api/resources/d1/subresources/database/methods/query and https://developers.cloudflare.com/r2/api/s3/api
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { z } from "zod";
import { hexOf } from "../../src/kernel/digest.ts";
import { Explained } from "../local/explained.ts";
import {
  type BlobFile,
  type ObjectPage,
  PART_BYTES,
  partsOf,
  readWhole,
  type Row,
  type Statement,
  type Store,
} from "./store.ts";

const API = "https://api.cloudflare.com/client/v4";
const MAX_TRIES = 6;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
const LIST_LIMIT = 1000;

/** What it is called with: the variables that wrangler reads as well, and credentials for R2 where the token has no rights on it. */
export interface CloudflareEnvironment {
  CLOUDFLARE_API_TOKEN?: string | undefined;
  CLOUDFLARE_ACCOUNT_ID?: string | undefined;
  CLOUDFLARE_API_BASE_URL?: string | undefined;
  R2_ACCESS_KEY_ID?: string | undefined;
  R2_SECRET_ACCESS_KEY?: string | undefined;
  /** Where the bucket is when it has a jurisdiction, or in tests. */
  R2_ENDPOINT?: string | undefined;
}

const Answer = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number().optional(), message: z.string() })).optional(),
  result: z.unknown(),
});
const Settings = z.object({
  bindings: z.array(
    z.object({
      name: z.string().optional(),
      type: z.string(),
      id: z.string().optional(),
      bucket_name: z.string().optional(),
      jurisdiction: z.string().optional(),
    }),
  ),
});
const Token = z.object({ id: z.string() });
const Results = z.array(
  z.object({ results: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))).optional() }),
);

/**
 * Opens the storage of a deployed Worker, whose bindings say which database and bucket it is.
 *
 * @param worker the Worker's name.
 * @throws Explained when the environment lacks something, there is no such Worker, or the token may not do what is needed.
 */
export async function openCloudflareStore(worker: string, environment: CloudflareEnvironment): Promise<Store> {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_ACCOUNT_ID: account } = environment;
  if (!token || !account) {
    throw new Explained("Set CLOUDFLARE_API_TOKEN (Workers Scripts: read, D1 and R2: edit) and CLOUDFLARE_ACCOUNT_ID.");
  }
  const api = new Api(environment.CLOUDFLARE_API_BASE_URL || API, token);
  const path = `/accounts/${encodeURIComponent(account)}`;
  const { bindings } = Settings.parse(
    await api.call("GET", `${path}/workers/scripts/${encodeURIComponent(worker)}/settings`),
  );
  const database = bindings.find(({ name, type }) => name === "DB" && type === "d1")?.id;
  const bucket = bindings.find(({ name, type }) => name === "BUCKET" && type === "r2_bucket");
  if (database === undefined || bucket?.bucket_name === undefined) {
    throw new Explained(`The Worker ${worker} has no database or no bucket. Was it deployed by npm run deploy?`);
  }
  const host = [
    account,
    ...(bucket.jurisdiction && bucket.jurisdiction !== "default" ? [bucket.jurisdiction] : []),
  ].join(".");
  const endpoint = environment.R2_ENDPOINT || `https://${host}.r2.cloudflarestorage.com`;
  const objects = new Bucket(`${endpoint}/${bucket.bucket_name}`, await credentials(api, path, token, environment));
  return {
    kind: "cloudflare",
    name: `the Worker ${worker} on Cloudflare`,
    close: () => Promise.resolve(),
    batch: (statements) => api.batch(`${path}/d1/database/${encodeURIComponent(database)}/query`, statements),
    readObject: (key) => objects.read(key),
    headObject: (key) => objects.head(key),
    listObjects: (after) => objects.list(after),
    deleteObject: (key) => objects.delete(key),
    writeObject: (key, file) => objects.write(key, file),
  };
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** An API token is a pair of S3 credentials as well: its id, and its SHA-256 (https://developers.cloudflare.com/r2/api/tokens). */
async function credentials(
  api: Api,
  account: string,
  token: string,
  { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey }: CloudflareEnvironment,
): Promise<Credentials> {
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  const id = await api
    .call("GET", "/user/tokens/verify")
    // A token of the account, and of no user.
    .catch(() => api.call("GET", `${account}/tokens/verify`));
  return { accessKeyId: Token.parse(id).id, secretAccessKey: createHash("sha256").update(token).digest("hex") };
}

/** Cloudflare's REST API. */
class Api {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /**
   * Several statements go as one text, which D1 runs as a batch, and so in one transaction.
   *
   * @returns the rows of each.
   */
  async batch(path: string, statements: readonly Statement[]): Promise<Row[][]> {
    const [first, ...others] = statements;
    if (first === undefined) return [];
    if (others.length > 0 && statements.some(({ params = [] }) => params.length > 0)) {
      throw new Error("D1's API takes parameters for one statement only");
    }
    // A comment at the end of a statement must not reach into the next one.
    const sql = statements.map((statement) => statement.sql.trim().replace(/;$/, "")).join("\n;\n");
    const isRead = statements.every((statement) => /^\s*(SELECT|WITH)\b/i.test(statement.sql));
    const body = { sql, ...(first.params && first.params.length > 0 && { params: first.params }) };
    const results = Results.parse(await this.call("POST", path, body, isRead));
    return results.map((result) => result.results ?? []);
  }

  /**
   * @param isRepeatable whether it may be sent again when it is not known what became of it.
   * @throws Explained with what Cloudflare says.
   */
  async call(method: string, path: string, body?: unknown, isRepeatable = method === "GET"): Promise<unknown> {
    for (let tried = 1; ; tried += 1) {
      const response = await fetch(`${this.#base}${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      const isBroken = response instanceof Error || response.status >= 500;
      // A request that was refused for its pace was not run.
      const isSentAgain = (isBroken && isRepeatable) || (!isBroken && response.status === 429);
      if (isSentAgain && tried < MAX_TRIES) {
        const asked = response instanceof Error ? 0 : Number(response.headers.get("Retry-After") ?? 0) * 1000;
        await sleep(Math.min(MAX_WAIT_MS, asked || FIRST_WAIT_MS * 2 ** (tried - 1)));
        continue;
      }
      if (response instanceof Error) {
        throw new Explained(`Cloudflare's API does not answer: ${response.message}. Repeat the command.`, {
          cause: response,
        });
      }
      const text = await response.text();
      const answer = Answer.safeParse(parseJson(text)).data;
      if (response.ok && answer?.success === true) return answer.result;
      const why = answer?.errors?.map(({ code, message }) => `${message} (${code ?? "no code"})`).join("; ");
      throw new Explained(
        `Cloudflare's API answers ${response.status} to ${method} ${path}: ${why || text.slice(0, 500)}`,
      );
    }
  }
}

/** An R2 bucket over the S3 API. */
class Bucket {
  readonly #url: string;
  readonly #client: AwsClient;

  constructor(url: string, keys: Credentials) {
    this.#url = url;
    // It repeats what was answered with 429 or 5xx.
    this.#client = new AwsClient({ ...keys, service: "s3", region: "auto", retries: MAX_TRIES, initRetryMs: 200 });
  }

  async read(key: string): ReturnType<Store["readObject"]> {
    const response = await this.#send("GET", key);
    if (response.status === 404 || response.body === null) return undefined;
    return { size: Number(response.headers.get("Content-Length")), body: response.body };
  }

  async head(key: string): ReturnType<Store["headObject"]> {
    const response = await this.#send("HEAD", key, { headers: { "x-amz-checksum-mode": "ENABLED" } });
    if (response.status === 404) return undefined;
    const checksum = response.headers.get("x-amz-checksum-sha256");
    // That of an object in parts ends with their number, and is no checksum of its bytes.
    const sha256 =
      checksum === null || checksum.includes("-") ? undefined : Buffer.from(checksum, "base64").toString("hex");
    return { size: Number(response.headers.get("Content-Length")), sha256 };
  }

  async list(after: string | undefined): Promise<ObjectPage> {
    const parameters = new URLSearchParams({ "list-type": "2", "max-keys": String(LIST_LIMIT) });
    if (after !== undefined) parameters.set("start-after", after);
    const xml = await (await this.#send("GET", "", { query: `?${parameters}` })).text();
    const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = ""]) => ({
      key: element(entry, "Key"),
      size: Number(element(entry, "Size")),
      storedAt: Date.parse(element(entry, "LastModified")),
    }));
    return { objects, next: element(xml, "IsTruncated") === "true" ? objects.at(-1)?.key : undefined };
  }

  async delete(key: string): Promise<void> {
    await (await this.#send("DELETE", key)).body?.cancel();
  }

  async write(key: string, file: BlobFile): Promise<void> {
    if (file.size <= PART_BYTES) {
      const checksum = file.digest.startsWith("sha256:")
        ? { "x-amz-checksum-sha256": Buffer.from(hexOf(file.digest), "hex").toString("base64") }
        : {};
      await (await this.#send("PUT", key, { body: await readWhole(file), headers: checksum })).body?.cancel();
      return;
    }
    const begun = await (await this.#send("POST", key, { query: "?uploads" })).text();
    const upload = `uploadId=${encodeURIComponent(element(begun, "UploadId"))}`;
    try {
      const etags: string[] = [];
      for await (const part of partsOf(file)) {
        const response = await this.#send("PUT", key, {
          query: `?partNumber=${etags.length + 1}&${upload}`,
          body: part,
        });
        await response.body?.cancel();
        etags.push(response.headers.get("ETag") ?? "");
      }
      const parts = etags.map(
        (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
      );
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
      const completed = await (await this.#send("POST", key, { query: `?${upload}`, body })).text();
      // S3 may have begun to answer with 200 before it failed.
      if (completed.includes("<Error>"))
        throw new Error(`R2 could not put ${key} together: ${completed.slice(0, 500)}`);
    } catch (error) {
      await this.#send("DELETE", key, { query: `?${upload}` }).catch(() => undefined);
      throw error;
    }
  }

  /** @throws Explained for any answer but success and 404. */
  async #send(
    method: string,
    key: string,
    { query = "", body, headers = {} }: { query?: string; body?: Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const path = key === "" ? "" : `/${key.split("/").map(encodeURIComponent).join("/")}`;
    // Signed, so that R2 refuses bytes that changed on the way.
    const sha256 = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const response = await this.#client
      .fetch(`${this.#url}${path}${query}`, {
        method,
        headers: { ...headers, "x-amz-content-sha256": sha256 },
        ...(body !== undefined && { body: new Uint8Array(body) }),
      })
      .catch((error: unknown) => {
        throw new Error(`R2 does not answer: ${String(error)}`, { cause: error });
      });
    if (response.ok || (response.status === 404 && key !== "")) return response;
    throw new Explained(`R2 answers ${response.status} to ${method} ${key}: ${(await response.text()).slice(0, 500)}`);
  }
}

function element(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
