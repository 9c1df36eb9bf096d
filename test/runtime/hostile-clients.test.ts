/** Clients that are refused, that send slowly, or break off, against `npm start`. */
import { createHash, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { describeUsage, watchMemory } from "../support/memory.ts";
import {
  makeTemporaryDirectory,
  PASSWORD,
  removeDirectory,
  startServer,
  USER,
  type Server,
} from "../support/server.ts";

const CREDENTIALS = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
const AUTHORIZATION = `Authorization: ${CREDENTIALS}\r\n`;
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const DIGEST = `sha256:${"0".repeat(64)}`;

const stateDir = makeTemporaryDirectory();
const clients: Client[] = [];
let server: Server;

beforeAll(async () => {
  server = await startServer(stateDir);
  // What the first requests of a process take is not what is measured.
  for (let warmUp = 0; warmUp < 50; warmUp += 1) await fetch(`${server.url}/v2/`);
  for (let pushed = 0; pushed < 40; pushed += 1) await pushBlob("warm", randomBytes(300 * 1024));
});
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
});
afterAll(async () => {
  await server.stop();
  removeDirectory(stateDir);
});

/** A connection, and what has come back on it. */
interface Client {
  socket: Socket;
  received: () => string;
  /** Resolves once an answer has come, or the connection is over. */
  answered: Promise<void>;
}

async function open(): Promise<Client> {
  const socket = connect({ host: "127.0.0.1", port: server.port, allowHalfOpen: true });
  let received = "";
  const answered = new Promise<void>((done) => {
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      if (received.includes("\r\n\r\n")) done();
    });
    socket.on("error", () => done()).on("close", () => done());
  });
  await new Promise<void>((done, reject) => socket.once("connect", done).once("error", reject));
  const client = { socket, received: () => received, answered };
  clients.push(client);
  return client;
}

function head(method: string, path: string, headers: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
}

function statusOf({ received }: Client): number | undefined {
  const status = /^HTTP\/1\.1 (\d+)/.exec(received())?.[1];
  return status === undefined ? undefined : Number(status);
}

function countStatuses(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const client of clients) {
    const status = String(statusOf(client) ?? "none");
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Pushes a blob as a client does that means well. */
async function pushBlob(repository: string, bytes: Buffer): Promise<void> {
  const response = await fetch(`${server.url}/v2/hostile/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, {
    method: "POST",
    body: new Uint8Array(bytes),
    headers: { Authorization: CREDENTIALS, "Content-Type": "application/octet-stream" },
  });
  if (response.status !== 201) throw new Error(`POST answered ${response.status}: ${await response.text()}`);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function openUpload(): Promise<string> {
  const response = await fetch(`${server.url}/v2/hostile/uploads/blobs/uploads/`, {
    method: "POST",
    headers: { Authorization: CREDENTIALS },
  });
  const location = response.headers.get("Location");
  if (location === null) throw new Error(`POST answered ${response.status}`);
  return location;
}

/** Sends the same to the registry on many connections, and answers how many milliseconds it took for all to be answered. */
async function sendToAll(count: number, request: string): Promise<number> {
  const opened = await Promise.all(Array.from({ length: count }, open));
  const start = performance.now();
  for (const { socket } of opened) socket.write(request);
  await Promise.all(opened.map(({ answered }) => answered));
  return performance.now() - start;
}

describe("400 pushes without credentials", () => {
  const POST = "/v2/hostile/refused/blobs/uploads/";

  test.for([
    ["of 100 bytes", "Content-Length: 100\r\n"],
    ["of 100 MB", "Content-Length: 100000000\r\n"],
    ["of a length that is not known", "Transfer-Encoding: chunked\r\n"],
  ])("%s, of which two come, are refused at once and take no memory", async ([, framing]) => {
    const withoutBody = await sendToAll(400, head("POST", POST, ""));
    const start = framing?.includes("chunked") ? "2\r\nab\r\n" : "ab";
    let took = 0;
    const use = await watchMemory({ workerd: server.workerdPid, front: server.pid }, async () => {
      took = await sendToAll(400, head("POST", POST, framing ?? "") + start);
    });
    console.log(
      `400 answers in ${took.toFixed(0)} ms, ${withoutBody.toFixed(0)} ms without bodies; ${describeUsage(use)}`,
    );
    expect(countStatuses()).toEqual({ 401: 800 });
    // On a machine that has something else to do, all takes longer.
    expect(took).toBeLessThan(5000 + 3 * withoutBody);
    expect(use.all.peak - use.all.before).toBeLessThan(40);
  });

  test("hear why, also while they are still sending", async () => {
    const piece = Buffer.alloc(64 * 1024);
    for (const framing of ["Content-Length: 30000000\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const isChunked = framing.startsWith("Transfer");
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const client = await open();
        client.socket.write(head("PATCH", `${POST}${"0".repeat(64)}`, framing));
        for (let sent = 0; sent < 30_000_000 && !client.socket.destroyed && statusOf(client) === undefined;) {
          const bytes = isChunked ? Buffer.concat([Buffer.from("10000\r\n"), piece, Buffer.from("\r\n")]) : piece;
          client.socket.write(bytes);
          sent += piece.byteLength;
          if (client.socket.writableNeedDrain) await new Promise((done) => setTimeout(done, 1));
        }
        await client.answered;
      }
    }
    expect(countStatuses()).toEqual({ 401: 20 });
  });
});

test("3,000 connections with half a request take no memory to speak of, and hold up nobody", async () => {
  let longest = 0;
  const use = await watchMemory({ workerd: server.workerdPid, front: server.pid }, async () => {
    for (let at = 0; at < 3000; at += 1) {
      const { socket } = await open();
      socket.write(
        at % 2 === 0
          ? "POST /v2/hostile/half/blobs/uploads/ HTTP/1.1\r\nHost: local"
          : head("GET", "/v2/", "").slice(0, -2),
      );
    }
    for (let probe = 0; probe < 20; probe += 1) {
      const start = performance.now();
      expect((await fetch(`${server.url}/v2/`)).status).toBe(401);
      longest = Math.max(longest, performance.now() - start);
    }
  });
  console.log(`3,000 halves: ${describeUsage(use)}; a probe took ${longest.toFixed(0)} ms at most`);
  expect(longest).toBeLessThan(2000);
  expect(use.all.peak - use.all.before).toBeLessThan(60);
});

test("60 clients that have pulled a large blob, and stay, keep no memory to speak of", async () => {
  const bytes = Buffer.alloc(20 * MIB, "z");
  const digest = digestOf(bytes);
  await pushBlob("pulled", bytes);
  const use = await watchMemory({ front: server.pid }, async () => {
    for (let at = 0; at < 60; at += 1) {
      const socket = connect({ host: "127.0.0.1", port: server.port });
      clients.push({ socket, received: () => "", answered: Promise.resolve() });
      let read = 0;
      await new Promise<void>((done, reject) => {
        socket.on("error", reject).on("data", (piece) => {
          read += piece.byteLength;
          if (read > bytes.byteLength) done();
        });
        socket.write(head("GET", `/v2/hostile/pulled/blobs/${digest}`, AUTHORIZATION));
      });
    }
    await sleep(1000);
  });
  console.log(`60 clients after a pull: ${describeUsage(use)}`);
  expect(use.all.peak - use.all.before).toBeLessThan(120);
});

/** How many slow clients there are: `BERTH_SLOW_CLIENTS` for another number of them. */
const SLOW_UPLOADS = Number(process.env.BERTH_SLOW_CLIENTS ?? 2000);
const SLOW_MANIFESTS = SLOW_UPLOADS / 4;
/** 200 MB. */
const MAX_GROWTH_MIB = 190;

test(
  `${SLOW_UPLOADS} slow uploads and ${SLOW_MANIFESTS} slow manifests take no more than 200 MB, and are all answered`,
  { timeout: 300_000 },
  async () => {
    const bytes = Buffer.alloc(300 * 1024, "x");
    const chunk = Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
    const whole = head(
      "POST",
      `/v2/hostile/slow/blobs/uploads/?digest=${DIGEST}`,
      `${AUTHORIZATION}Transfer-Encoding: chunked\r\n`,
    );
    const manifest = head(
      "PUT",
      "/v2/hostile/slow/manifests/latest",
      `${AUTHORIZATION}Content-Type: ${MANIFEST_TYPE}\r\nContent-Length: 4000000\r\n`,
    );
    const session = head("PATCH", await openUpload(), `${AUTHORIZATION}Transfer-Encoding: chunked\r\n`);
    let longest = 0;
    const use = await watchMemory({ workerd: server.workerdPid, front: server.pid }, async () => {
      const send = async (request: string, body: Buffer) => {
        const { socket } = await open();
        socket.write(request);
        socket.write(body);
      };
      await send(session, chunk);
      for (let sent = 1; sent < SLOW_UPLOADS; sent += 1) await send(whole, chunk);
      for (let sent = 0; sent < SLOW_MANIFESTS; sent += 1) await send(manifest, bytes);
      for (const end = performance.now() + 12_000; performance.now() < end; await sleep(1000)) {
        const start = performance.now();
        expect((await fetch(`${server.url}/v2/`)).status).toBe(401);
        longest = Math.max(longest, performance.now() - start);
      }
      // Uploads end as they should, manifests break off.
      for (const { socket } of clients) if (socket.writable) socket.end("0\r\n\r\n");
      await Promise.race([Promise.all(clients.map(({ answered }) => answered)), sleep(40_000)]);
    });
    console.log(
      `${describeUsage(use)}; a probe took ${longest.toFixed(0)} ms at most; ${JSON.stringify(countStatuses())}`,
    );
    expect(use.all.peak - use.all.before).toBeLessThan(MAX_GROWTH_MIB);
    // Wrong digests, those that held up others or came too late, and more uploads under way than a user may have.
    const {
      400: wrong = 0,
      202: stored = 0,
      408: stalled = 0,
      503: refused = 0,
      403: tooMany = 0,
      ...others
    } = countStatuses();
    expect(others).toEqual({});
    expect(wrong + stored + stalled + refused + tooMany).toBe(SLOW_UPLOADS + SLOW_MANIFESTS);
    const unexplained = clients.filter(
      (client) => statusOf(client) === 503 && !/^Retry-After: \d+/im.test(client.received()),
    );
    expect(unexplained).toHaveLength(0);

    for (const { socket } of clients) socket.destroy();
    await sleep(1000);
    const after = await watchMemory({ workerd: server.workerdPid, front: server.pid }, () => sleep(5000));
    console.log(`afterwards: ${describeUsage(after)}`);
    const response = await fetch(`${server.url}${await openUpload()}`, {
      method: "PATCH",
      body: new Uint8Array(6 * MIB),
      headers: { Authorization: CREDENTIALS },
    });
    expect(response.status).toBe(202);
  },
);

describe("a body that breaks off or is not framed as it should", () => {
  const ROUTES: { name: string; method: string; path: () => Promise<string>; type: string }[] = [
    { name: "a manifest", method: "PUT", path: async () => "/v2/hostile/broken/manifests/1", type: MANIFEST_TYPE },
    { name: "a chunk", method: "PATCH", path: openUpload, type: "application/octet-stream" },
    {
      name: "a closing chunk",
      method: "PUT",
      path: async () => `${await openUpload()}?digest=${DIGEST}`,
      type: "application/octet-stream",
    },
    {
      name: "a whole blob",
      method: "POST",
      path: async () => `/v2/hostile/broken/blobs/uploads/?digest=${DIGEST}`,
      type: "application/octet-stream",
    },
    { name: "a token request", method: "POST", path: async () => "/token", type: "application/x-www-form-urlencoded" },
    { name: "JSON for /api", method: "POST", path: async () => "/api/session", type: "application/json" },
    { name: "JSON for SWR", method: "POST", path: async () => "/v2/manage/namespaces", type: "application/json" },
    { name: "JSON for IAM", method: "POST", path: async () => "/v3/auth/tokens", type: "application/json" },
  ];
  const CHUNKED = "Transfer-Encoding: chunked\r\n";
  const KNOWN = "Content-Length: 100\r\n";
  const WAYS = [
    { way: "a chunk size that is none", framing: CHUNKED, body: "zz\r\nabc\r\n", after: "waits" },
    { way: "a chunk longer than it says", framing: CHUNKED, body: "3\r\nabcdef\r\n0\r\n\r\n", after: "waits" },
    { way: "half a chunk, and an end", framing: CHUNKED, body: "50\r\nabc", after: "ends" },
    { way: "half its length, and an end", framing: KNOWN, body: "abc", after: "ends" },
    { way: "half a chunk, and a reset", framing: CHUNKED, body: "50\r\nabc", after: "resets" },
    { way: "half its length, and a reset", framing: KNOWN, body: "abc", after: "resets" },
  ] as const;

  test.for(WAYS)(
    "by $way is the client's fault on every route, and no line of the log",
    async ({ framing, body, after }) => {
      const before = server.output().length;
      for (const { name, method, path, type } of ROUTES) {
        const client = await open();
        client.socket.write(head(method, await path(), `${AUTHORIZATION}Content-Type: ${type}\r\n${framing}`) + body);
        if (after !== "waits") await sleep(200);
        if (after === "resets") {
          client.socket.resetAndDestroy();
          continue;
        }
        if (after === "ends") client.socket.end();
        await client.answered;
        expect({ name, status: statusOf(client) }).toEqual({ name, status: 400 });
      }
      await sleep(500);
      expect(server.output().slice(before)).toBe("");
    },
  );

  test("does not lose what came before of a chunk of an upload, and the upload goes on", async () => {
    const location = await openUpload();
    const client = await open();
    client.socket.write(head("PATCH", location, `${AUTHORIZATION}${CHUNKED}`));
    const bytes = Buffer.alloc(6 * MIB, "y");
    client.socket.write(`${bytes.byteLength.toString(16)}\r\n`);
    client.socket.write(bytes);
    // What has not reached the registry when the framing breaks is lost with the connection.
    await sleep(3000);
    client.socket.write("\r\nzz\r\n");
    await client.answered;
    expect(statusOf(client)).toBe(400);
    const status = await fetch(`${server.url}${location}`, { headers: { Authorization: CREDENTIALS } });
    expect(status.headers.get("Range")).toMatch(/^0-\d{7}$/);
  });
});

test("a request without a meaning for its body is answered as one without a body", async () => {
  for (const path of ["/api/session", "/v2/manage/namespaces", "/token", "/v3/projects", "/v2/"]) {
    const statuses: (number | undefined)[] = [];
    for (const body of ["", "abc"]) {
      const client = await open();
      client.socket.write(head("GET", path, `${AUTHORIZATION}Content-Length: ${body.length}\r\n`) + body);
      await client.answered;
      statuses.push(statusOf(client));
    }
    expect({ path, statuses }).toEqual({ path, statuses: [statuses[0], statuses[0]] });
    expect(statuses[0]).toBeLessThan(500);
  }
});
