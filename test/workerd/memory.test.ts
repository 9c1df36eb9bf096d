/** What requests take of an isolate's 128 MB (ADR 19): bounded in sum, refused beyond it, and given back in every way to end. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_STRANGERS, MAX_WAITING_BODIES, strangerPlaces } from "../../src/http/limit-bodies.ts";
import { DOCUMENT_BUDGET_BYTES, documents, SMALL_DOCUMENT_BYTES, writeDocument } from "../../src/documents.ts";
import { networkOf } from "../../src/model/client-network.ts";
import { UPLOAD_PART_BYTES } from "../../src/kernel/limits.ts";
import { PART_BUDGET_BYTES, parts, SMALLEST_PART_BYTES } from "../../src/storage/content/part-buffer.ts";
import {
  beginVisit,
  bodies,
  BODY_BUDGET_BYTES,
  bodyPlaces,
  MAX_BODIES,
  MAX_BODIES_OF_NETWORK,
  readSmallBody,
  SCARCE_STEP_BYTES,
} from "../../src/streams.ts";
import {
  digestOf,
  errorCodes,
  newRepository,
  OCI_MANIFEST,
  openUpload,
  pushImage,
  send,
  someBytes,
  type UploadHandle,
} from "../support/workerd/registry-requests.ts";
import { waitUntil } from "../support/workerd/waiting.ts";

const MIB = 1024 * 1024;
const MODULES = import.meta.glob<string>("../../src/{model,storage,registry,http}/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** A manifest that is too large for what every request takes. */
async function pushLarge(repository: string): Promise<{ digest: string; text: string }> {
  const { digest } = await pushImage(repository, "small");
  const small = await (await send("GET", `/v2/${repository}/manifests/${digest}`)).json<object>();
  const text = JSON.stringify({ ...small, annotations: { long: "ä".repeat(300_000) } });
  const headers = { "Content-Type": OCI_MANIFEST };
  expect((await send("PUT", `/v2/${repository}/manifests/large`, { body: text, headers })).status).toBe(201);
  return { digest: digestOf(text), text };
}

const undo: (() => void)[] = [];
// What the test before gave back late would be room that this one believes to have taken.
beforeEach(nothingIsTaken);
afterEach(() => {
  for (const step of undo.splice(0)) step();
  vi.restoreAllMocks();
});

/** Takes all that is left of a budget, until the end of the test. */
function exhaust(budget: typeof bodies, left = 0): void {
  const lease = budget.open();
  expect(lease.resize(budget.bytes - budget.used - left, true)).toBe(true);
  undo.push(() => lease.release());
}

/** Lets waits pass faster: holders give signs of life by another clock, so it may not run too fast for these. */
function hurry(): void {
  const now = Date.now.bind(Date);
  const since = now();
  vi.spyOn(Date, "now").mockImplementation(() => since + 4 * (now() - since));
}

/** Takes places until the end of the test, each in the name of another network if none is given. */
function occupy(count: number, network?: string): void {
  const holders = Array.from({ length: count }, () => crypto.randomUUID());
  for (const holder of holders) {
    expect(bodyPlaces.tryTake(holder, network ?? holder)).toBe(true);
    undo.push(bodyPlaces.keep(holder, network ?? holder));
  }
  undo.push(() => {
    for (const holder of holders) bodyPlaces.leave(holder);
  });
}

interface Slow {
  writer: WritableStreamDefaultWriter<Uint8Array>;
  response: Promise<Response>;
}

/** A request whose body comes as the test wants it to. */
function sendSlowly(method: string, path: string, type = "application/octet-stream"): Slow {
  const { readable, writable } = new IdentityTransformStream();
  const response = send(method, path, { body: readable, headers: { "Content-Type": type } });
  response.catch(() => undefined);
  return { writer: writable.getWriter(), response };
}

async function nothingIsTaken(): Promise<void> {
  const taken = () => parts.used + bodies.used + documents.used + bodyPlaces.taken + strangerPlaces.taken;
  await waitUntil(() => taken() === 0);
}

async function rangeOf({ location }: UploadHandle): Promise<string | null> {
  return (await send("GET", location)).headers.get("Range");
}

async function expectOverloaded(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
  expect(await errorCodes(response)).toEqual(["TOOMANYREQUESTS"]);
}

it("all that budgets allow is within an isolate's memory, with room for code and what runs", () => {
  const remembered = Object.values(MODULES)
    .flatMap((source) => [...source.matchAll(/new BoundedMemory<.*>\(([\d_* ]+)\)/g)])
    .map(([, product = ""]) =>
      product.split("*").reduce((bytes, factor) => bytes * Number(factor.replaceAll("_", "")), 1),
    );
  expect(remembered.length).toBeGreaterThan(5);
  const taken = {
    parts: PART_BUDGET_BYTES,
    smallBodies: BODY_BUDGET_BYTES,
    documents: DOCUMENT_BUDGET_BYTES,
    // What no budget counts: a read's buffer, and the beginning of a part.
    readers: (MAX_BODIES + MAX_STRANGERS) * (SMALLEST_PART_BYTES + SCARCE_STEP_BYTES),
    remembered: remembered.reduce((sum, bytes) => sum + bytes, 0),
    // One at a time: model/logins/passwords.ts.
    scrypt: 16 * MIB,
  };
  const sum = Object.values(taken).reduce((all, bytes) => all + bytes, 0);
  expect(sum).toBeLessThan(128_000_000 - 16_000_000);
});

describe("a request for which there is no memory", () => {
  it("is refused with 503 when it is a small body, and takes none", async () => {
    const repository = newRepository();
    exhaust(bodies);
    hurry();
    const [manifest, json] = await Promise.all([
      send("PUT", `/v2/${repository}/manifests/latest`, { body: "{}", headers: { "Content-Type": OCI_MANIFEST } }),
      send("PATCH", "/api/quotas", { body: "{}", headers: { "Content-Type": "application/json" } }),
    ]);
    await expectOverloaded(manifest);
    expect(json.status).toBe(503);
    expect(Number(json.headers.get("Retry-After"))).toBeGreaterThan(0);
    for (const step of undo.splice(0)) step();
    await nothingIsTaken();
    const after = await send("PATCH", "/api/quotas", { body: "{}", headers: { "Content-Type": "application/json" } });
    expect(after.status).not.toBe(503);
  });

  it("goes to the tail when it is a chunk, and is refused for a whole part, of which nothing is lost", async () => {
    const upload = await openUpload(newRepository());
    const bytes = someBytes(UPLOAD_PART_BYTES + 1000);
    const most = UPLOAD_PART_BYTES - 100_000;
    expect((await send("PATCH", upload.location, { body: bytes.subarray(0, most) })).status).toBe(202);
    exhaust(parts);
    hurry();
    expect((await send("PATCH", upload.location, { body: bytes.subarray(most, most + 90_000) })).status).toBe(202);
    const second = await send("PATCH", upload.location, { body: bytes.subarray(most + 90_000) });
    await expectOverloaded(second);
    const [, end = "0"] = (await rangeOf(upload))?.split("-") ?? [];
    const stored = Number(end) + 1;
    expect(stored).toBeGreaterThanOrEqual(most + 90_000);
    for (const step of undo.splice(0)) step();
    const third = await send("PATCH", upload.location, { body: bytes.subarray(stored) });
    expect(third.status).toBe(202);
    expect((await send("PUT", `${upload.location}?digest=${digestOf(bytes)}`)).status).toBe(201);
    await nothingIsTaken();
  });

  it("goes to the tail where it stands when others have taken the memory meanwhile", async () => {
    const upload = await openUpload(newRepository());
    const bytes = someBytes(2 * MIB + 300_000);
    const { writer, response } = sendSlowly("PATCH", upload.location);
    // Large steps: what comes after them does not fit into what every upload has.
    await writer.write(bytes.subarray(0, 2 * MIB));
    await waitUntil(() => parts.used >= MIB);
    exhaust(parts);
    await writer.write(bytes.subarray(2 * MIB));
    await writer.close();
    expect((await response).status).toBe(202);
    expect(await rangeOf(upload)).toBe(`0-${bytes.byteLength - 1}`);
    for (const step of undo.splice(0)) step();
    expect((await send("PUT", `${upload.location}?digest=${digestOf(bytes)}`)).status).toBe(201);
    await nothingIsTaken();
  });

  it("waits for its turn when too many are under way, and is refused at once when too many wait", async () => {
    occupy(MAX_BODIES - bodyPlaces.taken);
    const ask = (address: string) => {
      const headers = { "Content-Type": "application/json", "CF-Connecting-IP": address };
      return send("PATCH", "/api/quotas", { body: "{}", headers });
    };
    const waiting = Array.from({ length: MAX_WAITING_BODIES }, (_, at) => ask(`192.0.2.${at}`));
    const refused = await ask("198.51.100.1");
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    // What has no body waits for nothing.
    expect((await send("GET", "/v2/")).status).toBe(200);
    for (const step of undo.splice(0)) step();
    for (const response of await Promise.all(waiting)) expect(response.status).not.toBe(503);
    await nothingIsTaken();
  });

  it("is of the network that takes much: others have places left", async () => {
    const [greedy, other] = ["192.0.2.1", "198.51.100.1"];
    occupy(MAX_BODIES_OF_NETWORK, networkOf(greedy));
    const ask = (address: string) =>
      send("POST", "/v2/none/none/blobs/uploads/", { body: "{}", headers: { "CF-Connecting-IP": address } });
    const waiting = ask(greedy);
    expect((await ask(other)).status).not.toBe(503);
    expect(bodyPlaces.taken).toBe(MAX_BODIES_OF_NETWORK);
    for (const step of undo.splice(0)) step();
    expect((await waiting).status).not.toBe(503);
    await nothingIsTaken();
  });
});

describe("bodies of strangers", () => {
  const signature = `SDK-HMAC-SHA256 Access=X, SignedHeaders=x-sdk-date, Signature=${"0".repeat(64)}`;
  const LOGINS = [
    ["POST", "/token", { "Content-Type": "application/x-www-form-urlencoded", Authorization: "Basic eDp4" }],
    ["POST", "/v3/auth/tokens", { "Content-Type": "application/json", "X-Auth-Token": "x" }],
    ["POST", "/api/session", { "Content-Type": "application/json", Cookie: "berth_session=x" }],
    ["PATCH", "/api/quotas", { "X-Sdk-Date": "20260101T000000Z", Authorization: signature }],
  ] as const;

  it.for(LOGINS)(
    "do not hold up those who are known, however slowly they come: %s %s",
    async ([method, path, headers]) => {
      const slow = Array.from({ length: MAX_STRANGERS }, (_, at) => {
        const { readable, writable } = new IdentityTransformStream();
        const from = { ...headers, "CF-Connecting-IP": `192.0.2.${at}` };
        return {
          writer: writable.getWriter(),
          response: exports.default.fetch(
            new Request(`https://registry.test${path}`, { method, body: readable, headers: from }),
          ),
        };
      });
      await waitUntil(() => strangerPlaces.taken === MAX_STRANGERS);
      expect(bodyPlaces.taken).toBe(0);
      const known = await send("PATCH", "/api/quotas", { body: "{}", headers: { "Content-Type": "application/json" } });
      expect(known.status).not.toBe(503);
      for (const { writer } of slow) await writer.close();
      for (const { response } of slow) expect((await response).status).toBeLessThan(500);
      await waitUntil(() => strangerPlaces.taken === 0);
    },
  );

  it("have to come within seconds", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const response = exports.default.fetch(
      new Request("https://registry.test/token", { method: "POST", body: readable }),
    );
    await writable.getWriter().write(someBytes(10));
    const now = Date.now.bind(Date);
    const since = now();
    vi.spyOn(Date, "now").mockImplementation(() => since + 11 * (now() - since));
    expect((await response).status).toBe(408);
    vi.restoreAllMocks();
    await waitUntil(() => strangerPlaces.taken === 0);
  });
});

describe("a large manifest", () => {
  const PATHS = {
    manifest: (repository: string) => `/v2/${repository}/manifests/large`,
    text: (repository: string) => `/api/organizations/${repository.replace("/", "/images/")}/manifests/large/text`,
    detail: (repository: string) => `/api/organizations/${repository.replace("/", "/images/")}/manifests/large`,
    archive: (repository: string) =>
      `/api/organizations/${repository.replace("/", "/images/")}/manifests/large/archive`,
    "SWR's tag": (repository: string) => `/v2/manage/namespaces/${repository.replace("/", "/repos/")}/tags/large`,
  };

  it("comes whole, and its memory is given back when it has been read", async () => {
    const repository = newRepository();
    const { text } = await pushLarge(repository);
    for (const name of ["manifest", "text"] as const) {
      const answer = await send("GET", PATHS[name](repository));
      expect([name, documents.used]).toEqual([name, text.length + 300_000]);
      expect(await answer.text()).toBe(text);
      await waitUntil(() => documents.used === 0);
    }
  });

  it.for(Object.entries(PATHS))("is refused while there is no memory for it, as %s", async ([name, pathOf]) => {
    const repository = newRepository();
    const { digest } = await pushLarge(repository);
    exhaust(documents);
    hurry();
    const [large, small, head] = await Promise.all([
      send("GET", pathOf(repository)),
      send("GET", pathOf(repository).replace(/large/, "small")),
      send("HEAD", `/v2/${repository}/manifests/large`),
    ]);
    expect(large.status).toBe(503);
    expect(Number(large.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await large.text()).toContain("too many large documents are under way");
    expect(small.status).toBe(200);
    await small.body?.cancel();
    expect([head.status, head.headers.get("Docker-Content-Digest")]).toEqual([200, digest]);
    for (const step of undo.splice(0)) step();
    const after = await send("GET", pathOf(repository));
    expect([name, after.status]).toEqual([name, 200]);
    expect((await after.arrayBuffer()).byteLength).toBeGreaterThan(0);
    await waitUntil(() => documents.used === 0);
  });

  it("is not alone: any large answer takes memory until it has been read", async () => {
    exhaust(documents);
    hurry();
    const refused = await send("GET", "/openapi.json");
    expect([refused.status, refused.headers.has("Retry-After")]).toEqual([503, true]);
    for (const step of undo.splice(0)) step();
    const answer = await send("GET", "/openapi.json");
    expect(documents.used).toBeGreaterThan(SMALL_DOCUMENT_BYTES);
    await answer.arrayBuffer();
    await waitUntil(() => documents.used === 0);
  });

  it("takes no memory of a client that has gone, or reads nothing for a minute", async () => {
    const repository = newRepository();
    await pushLarge(repository);
    const gone = await send("GET", PATHS.manifest(repository));
    await gone.body?.cancel();
    await waitUntil(() => documents.used === 0);
    const { readable, writable } = new FixedLengthStream(600_000);
    const memory = documents.open();
    memory.resize(600_000);
    const since = performance.now();
    await writeDocument(new Uint8Array(600_000), writable, memory, { stallMs: 2000 });
    expect(performance.now() - since).toBeGreaterThan(1900);
    expect(documents.used).toBe(0);
    await expect(new Response(readable).arrayBuffer()).rejects.toThrow("connection lost");
  });
});

describe("memory is counted", () => {
  it("for a small body until its request is answered, with what is made of it", async () => {
    const body = new Blob([someBytes(100_000)]).stream();
    const giveBack = beginVisit(body, { places: bodyPlaces, bodyMs: () => 10_000, onAdmission: () => undefined });
    expect((await readSmallBody(body, MIB, () => new Error("too large"))).byteLength).toBe(100_000);
    expect(bodies.used).toBe(300_000);
    giveBack();
    expect(bodies.used).toBe(0);
  });

  it("again when a holder that was silent too long is there after all", () => {
    const [silent, other] = [bodies.open(), bodies.open()];
    undo.push(
      () => silent.release(),
      () => other.release(),
    );
    silent.resize(bodies.bytes);
    const late = Date.now() + 60_000;
    vi.spyOn(Date, "now").mockImplementation(() => late);
    expect(bodies.used).toBe(0);
    silent.resize(bodies.bytes);
    expect(bodies.used).toBe(bodies.bytes);
    expect(other.resize(1)).toBe(false);
  });

  it("for as long as it is held, however long nothing happens to it", async () => {
    const lease = bodies.open();
    undo.push(() => lease.release());
    lease.resize(1000);
    hurry();
    await scheduler.wait(4000);
    expect(bodies.used).toBe(1000);
  });
});

describe("memory is given back", () => {
  const ROUTES = {
    chunk: async () => ["PATCH", (await openUpload(newRepository())).location],
    blob: async () => ["POST", `/v2/${newRepository()}/blobs/uploads/?digest=${digestOf(someBytes())}`],
    manifest: async () => ["PUT", `/v2/${newRepository()}/manifests/latest`],
    json: async () => ["PATCH", "/api/quotas"],
    form: async () => ["POST", "/token"],
  } as const;
  const TYPES: Partial<Record<keyof typeof ROUTES, string>> = {
    manifest: OCI_MANIFEST,
    json: "application/json",
    form: "application/x-www-form-urlencoded",
  };
  const start = async (route: keyof typeof ROUTES): Promise<Slow> => {
    const [method = "", path = ""] = await ROUTES[route]();
    const slow = sendSlowly(method, path, TYPES[route]);
    await slow.writer.write(someBytes(200_000));
    await waitUntil(() => parts.used + bodies.used > 0);
    expect(bodyPlaces.taken + strangerPlaces.taken).toBe(1);
    return slow;
  };
  const names = Object.keys(ROUTES) as (keyof typeof ROUTES)[];

  it.for(names)("at the end of a %s", async (route) => {
    const { writer, response } = await start(route);
    await writer.close();
    expect((await response).status).toBeLessThan(500);
    await nothingIsTaken();
  });

  it.for(names)("when a %s breaks off", async (route) => {
    const { writer, response } = await start(route);
    await writer.abort(new Error("connection lost"));
    // 400 for a connection that breaks: test/runtime/hostile-clients.test.ts. Within one process it can look like an end.
    expect((await response).status).toBeLessThan(500);
    await nothingIsTaken();
  });

  it.for(names)("when nothing more of a %s comes, after a minute", async (route) => {
    const { response } = await start(route);
    const now = Date.now.bind(Date);
    const since = now();
    // A minute a second: the last read may have yet to begin.
    vi.spyOn(Date, "now").mockImplementation(() => since + 61 * (now() - since));
    expect((await response).status).toBe(408);
    vi.restoreAllMocks();
    await nothingIsTaken();
  });

  it("by an upload that is cancelled meanwhile", async () => {
    const upload = await openUpload(newRepository());
    const { writer, response } = sendSlowly("PATCH", upload.location);
    await writer.write(someBytes(200_000));
    await waitUntil(() => parts.used > 0);
    // It is busy, so it is not cancelled under the bytes; once they have come, it is.
    expect((await send("DELETE", upload.location)).status).toBe(416);
    await writer.close();
    expect((await response).status).toBe(202);
    expect((await send("DELETE", upload.location)).status).toBe(204);
    await nothingIsTaken();
    expect(
      await env.DB.prepare("SELECT count(*) AS open FROM open_uploads WHERE id = ?")
        .bind(env.UPLOADS.idFromName(upload.session).toString())
        .first(),
    ).toEqual({
      open: 0,
    });
  });
});
