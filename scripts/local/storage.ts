/**
 * The storage of the registry on this machine without its Worker, for programs beside `npm start`. While no registry runs they open it
 * themselves; while one runs, its process lets them in ({@link openDoor}), since only one may write to the files.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptionsShape } from "miniflare";
import { z } from "zod";
import { algorithmOf, hexOf } from "../../src/kernel/digest.ts";
import { markLost } from "../../src/storage/content/blobs.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { type ObjectPage, PART_BYTES, partsOf, readWhole, type Store } from "../storage/store.ts";
import { startHashing } from "./hashing.ts";
import { LOOPBACK } from "./listen.ts";
import { Explained } from "./explained.ts";
import { requirePatches } from "./patched-packages.ts";
import { lockState, STATE_DIR_MARK, StateInUse } from "./state-lock.ts";
import { sweep } from "./sweep.ts";

/** Where a running registry says how to reach its storage. */
const DOOR_FILE = "storage.json";
const LIST_LIMIT = 1000;
/** Locally a batch has 2 MB of values at most, and some for JSON. */
const MAX_BODY = 32 * 1024 * 1024;

export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** A Worker beside the registry's, which has its database and bucket. */
const WORKER = "storage";
const SCRIPT = join(import.meta.dirname, "storage-worker.js");

/** What is needed of Miniflare. */
export interface Bindings {
  worker: Awaited<ReturnType<Miniflare["getWorker"]>>;
  /** That {@link worker} wants to be shown. */
  secret: string;
  bucket: Awaited<ReturnType<Miniflare["getR2Bucket"]>>;
}

/**
 * The Worker that {@link bindingsOf} uses, with the bindings of the registry's Worker.
 *
 * @param secret nobody else knows.
 */
export function storageWorker({ compatibilityDate, d1Databases, r2Buckets }: V4WorkerOptionsShape, secret: string) {
  return {
    name: WORKER,
    compatibilityDate: compatibilityDate ?? "",
    modules: [{ type: "ESModule" as const, path: "storage.mjs", contents: readFileSync(SCRIPT, "utf8") }],
    bindings: { SECRET: secret },
    ...(d1Databases && { d1Databases }),
    ...(r2Buckets && { r2Buckets }),
  };
}

/** @param miniflare has a {@link storageWorker}. */
export async function bindingsOf(miniflare: Miniflare, secret: string): Promise<Bindings> {
  const [worker, bucket] = [await miniflare.getWorker(WORKER), await miniflare.getR2Bucket("BUCKET", WORKER)];
  return { worker, bucket, secret };
}

/** The storage behind bindings of a runtime of this process. */
export function storeOf({ worker, bucket, secret }: Bindings, name: string, close: () => Promise<void>): Store {
  const post = async (path: string, body: string | Uint8Array): Promise<unknown> => {
    const headers = { "X-Berth-Storage": secret };
    const response = await worker.fetch(`http://storage/${path}`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  return {
    kind: "local",
    name,
    close,
    batch: async (statements) => Rows.parse(await post("", JSON.stringify(statements))),
    readObject: async (key) => {
      const object = await bucket.get(key);
      return object === null ? undefined : { size: object.size, body: object.body };
    },
    headObject: async (key) => {
      const object = await bucket.head(key);
      if (object === null) return undefined;
      const { sha256 } = object.checksums;
      return { size: object.size, sha256: sha256 && Buffer.from(sha256).toString("hex") };
    },
    listObjects: async (after) => {
      const options = { limit: LIST_LIMIT, ...(after !== undefined && { startAfter: after }) };
      const { objects, truncated } = await bucket.list(options);
      return {
        objects: objects.map(({ key, size, uploaded }) => ({ key, size, storedAt: uploaded.getTime() })),
        next: truncated ? objects.at(-1)?.key : undefined,
      };
    },
    deleteObject: (key) => bucket.delete(key),
    writeObject: async (key, file) => {
      const path = encodeURIComponent(key);
      if (file.size <= PART_BYTES) {
        const check = `algorithm=${algorithmOf(file.digest)}&hash=${hexOf(file.digest)}`;
        await post(`${path}?${check}`, await readWhole(file));
        return;
      }
      const upload = `${path}?upload=${encodeURIComponent(z.string().parse(await post(`${path}?parts`, "")))}`;
      try {
        const sent: unknown[] = [];
        for await (const part of partsOf(file)) sent.push(await post(`${upload}&part=${sent.length + 1}`, part));
        await post(`${upload}&done`, JSON.stringify(sent));
      } catch (error) {
        await post(`${upload}&abort`, "");
        throw error;
      }
    },
  };
}

/**
 * Opens the storage of a state folder: that of a registry that runs, or of one that does not, which cannot be started then until it
 * is closed.
 *
 * @param isNew whether the folder may be made; and whether a registry that runs is refused, because all is to be replaced.
 * @throws StateInUse, StateUnusable, Explained
 */
export async function openLocalStore(stateDir: string, configPath: string, isNew = false): Promise<Store> {
  if (!isNew && !existsSync(join(stateDir, "data"))) {
    throw new Explained(`There is no registry in ${stateDir}. Is STATE_DIR set?`);
  }
  try {
    return await openStopped(stateDir, configPath);
  } catch (error) {
    if (isNew || !(error instanceof StateInUse)) throw error;
    return knock(stateDir, error);
  }
}

async function openStopped(stateDir: string, configPath: string): Promise<Store> {
  const root = join(import.meta.dirname, "..", "..");
  requirePatches(root);
  const state = await lockState(stateDir);
  try {
    const data = join(state.path, "data");
    // As a start does: what a killed process left half done is undone.
    const { lost } = sweep(data);
    await startHashing();
    const secret = newSecret();
    const wrangler = await import("wrangler");
    const { workerOptions }: { workerOptions: V4WorkerOptionsShape } =
      wrangler.unstable_getMiniflareWorkerOptions(configPath);
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        host: LOOPBACK,
        port: 0,
        cf: { colo: "LOCAL", country: "XX", httpProtocol: "HTTP/1.1" },
        log: new Log(LogLevel.NONE),
        handleStructuredLogs: () => undefined,
        telemetry: { enabled: false },
        resourcePersistencePath: data,
        unsafeRuntimeEnv: { [STATE_DIR_MARK]: state.path },
        workers: [storageWorker(workerOptions, secret)],
      }),
    );
    const close = async () => {
      await miniflare.dispose();
      state.release();
    };
    try {
      if (lost.length > 0) await markLost(openDatabase(await miniflare.getD1Database("DB")), lost);
      return storeOf(await bindingsOf(miniflare, secret), `the registry in ${stateDir}`, close);
    } catch (error) {
      await miniflare.dispose();
      throw error;
    }
  } catch (error) {
    state.release();
    throw error;
  }
}

const Statements = z.array(z.object({ sql: z.string(), params: z.array(z.string()).default([]) }));

/**
 * Lets other programs of this user reach the storage of this process, over HTTP on this machine with a secret that is in the state
 * folder, which only this user can read.
 *
 * @returns what closes it.
 */
export async function openDoor(stateDir: string, bindings: Bindings): Promise<() => Promise<void>> {
  const store = storeOf(bindings, "the registry", () => Promise.resolve());
  const secret = newSecret();
  const expected = Buffer.from(`Bearer ${secret}`);
  const server = createServer((request, response) => {
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
      response.writeHead(401).end();
      return;
    }
    answer(store, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    });
  });
  // A connection that is closed when it is idle for seconds would be closed just when it is used again, on a busy machine.
  server.keepAliveTimeout = 0;
  server.listen(0, LOOPBACK);
  await new Promise<void>((done, failed) => server.once("listening", done).once("error", failed));
  // Nobody waits for it: a program that holds it open keeps no process alive.
  server.unref();
  const { port } = server.address() as AddressInfo;
  const file = join(stateDir, DOOR_FILE);
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, url: `http://${LOOPBACK}:${port}`, secret }), {
    mode: 0o600,
  });
  renameSync(`${file}.new`, file);
  return async () => {
    rmSync(file, { force: true });
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  };
}

async function answer(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://door");
  const key = decodeURIComponent(url.pathname.replace(/^\/objects\/?/, ""));
  const json = (value: unknown) => {
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value ?? null));
  };
  switch (`${request.method} ${url.pathname === "/batch" ? "batch" : key === "" ? "list" : "object"}`) {
    case "POST batch":
      return json(await store.batch(Statements.parse(JSON.parse(await readText(request)))));
    case "GET list":
      return json(await store.listObjects(url.searchParams.get("after") ?? undefined));
    case "DELETE object":
      return json(await store.deleteObject(key));
    case "GET object": {
      if (url.searchParams.has("head")) return json(await store.headObject(key));
      const object = await store.readObject(key);
      if (object === undefined) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "Content-Length": object.size });
      return pipeline(Readable.from(object.body), response);
    }
    default:
      response.writeHead(405).end();
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > MAX_BODY) throw new Error("the request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const Door = z.object({ pid: z.number(), url: z.string(), secret: z.string() });
const Rows = z.array(z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))));
const Head = z.object({ size: z.number(), sha256: z.string().optional() }).nullable();
const Page = z.object({
  objects: z.array(z.object({ key: z.string(), size: z.number(), storedAt: z.number() })),
  next: z.string().optional(),
});

function objectPath(key: string): string {
  return `/objects/${encodeURIComponent(key)}`;
}

/** The storage of a registry that runs in another process. */
function knock(stateDir: string, cause: StateInUse): Store {
  const file = join(stateDir, DOOR_FILE);
  const door = existsSync(file) ? Door.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
  if (door?.pid !== cause.pid) {
    throw new Explained(
      `Process ${cause.pid} uses ${stateDir}, and is no registry that lets others at its storage: it is another backup, restore or ` +
        "check, a registry that is just starting, or one of an older version. Wait for its end, or stop it, and repeat the command.",
      { cause },
    );
  }
  const { url, secret } = door;
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${secret}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Explained(`The registry (process ${cause.pid}) ended meanwhile: repeat the command.`, { cause: error });
    });
    if (response.ok || response.status === 404) return response;
    throw new Error(`the registry's storage answers ${response.status}: ${(await response.text()).slice(0, 1000)}`);
  };
  return {
    kind: "local",
    name: `the running registry in ${stateDir}`,
    close: () => Promise.resolve(),
    batch: async (statements) => Rows.parse(await (await send("POST", "/batch", statements)).json()),
    readObject: async (key) => {
      const response = await send("GET", objectPath(key));
      if (response.status === 404 || response.body === null) return undefined;
      return { size: Number(response.headers.get("Content-Length")), body: response.body };
    },
    headObject: async (key) => {
      const head = Head.parse(await (await send("GET", `${objectPath(key)}?head`)).json());
      return head === null ? undefined : { size: head.size, sha256: head.sha256 };
    },
    listObjects: async (after): Promise<ObjectPage> => {
      const from = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
      const page = Page.parse(await (await send("GET", `/objects${from}`)).json());
      return { objects: page.objects, next: page.next };
    },
    deleteObject: async (key) => {
      await (await send("DELETE", objectPath(key))).body?.cancel();
    },
    writeObject: () => Promise.reject(new Explained("A registry that runs cannot be restored: stop it first.")),
  };
}
