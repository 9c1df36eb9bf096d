import { createHash, randomBytes } from "node:crypto";
import { createServer, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { freePort } from "../support/ports.ts";
import { type RunningProxy, startBerthProxy } from "./running-proxy.ts";
import { useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const CHUNK = 10 * MIB;
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

let recorder: Recorder;
let proxy: RunningProxy;

beforeAll(async () => {
  recorder = await startRecorder(registry.server.port);
  proxy = await startBerthProxy(`http://${recorder.address}`, { args: ["--chunk-size", "10MiB"] });
});
beforeEach(() => {
  recorder.exchanges.length = 0;
});
afterAll(async () => {
  await proxy.stop();
  recorder.close();
});

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Sends a request through the proxy; a body that is a list comes in chunked encoding, without a length. */
function send(
  method: string,
  path: string,
  body?: Uint8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>[],
  headers: Record<string, string> = {},
) {
  const isStream = Array.isArray(body);
  return fetch(new URL(path, proxy.url), {
    method,
    headers: { Authorization: BASIC, ...headers },
    redirect: "manual",
    ...(body !== undefined && { body: isStream ? ReadableStream.from(body) : body }),
    ...(isStream && { duplex: "half" }),
  });
}

async function open(repository: string): Promise<string> {
  const response = await send("POST", `/v2/${repository}/blobs/uploads/`);
  expect(response.status).toBe(202);
  return response.headers.get("Location") ?? "";
}

const withDigest = (location: string, digest: string) =>
  `${location}${location.includes("?") ? "&" : "?"}digest=${digest}`;

async function expectBlob(repository: string, bytes: Uint8Array): Promise<void> {
  const response = await registry.ask(`/v2/${repository}/blobs/${digestOf(bytes)}`);
  expect(response.status).toBe(200);
  expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(digestOf(bytes));
}

/** What the registry was asked, without what the proxy asks to find out. */
const methods = () => recorder.exchanges.map(({ method }) => method);

test("one PATCH without length, as docker sends it, becomes chunks of which none is too large", async () => {
  const bytes = new Uint8Array(randomBytes(33 * MIB));
  const location = await open("acme/docker");
  const pieces = Array.from({ length: 33 }, (_, at) => bytes.subarray(at * MIB, (at + 1) * MIB));
  const patched = await send("PATCH", location, pieces);
  expect(patched.status).toBe(202);
  expect(patched.headers.get("Range")).toBe(`0-${bytes.byteLength - 1}`);
  expect(patched.headers.get("Docker-Upload-UUID")).not.toBe("");
  const put = await send("PUT", withDigest(patched.headers.get("Location") ?? "", digestOf(bytes)));

  expect(put.status).toBe(201);
  expect(put.headers.get("Docker-Content-Digest")).toBe(digestOf(bytes));
  await expectBlob("acme/docker", bytes);
  const patches = methods().filter((method) => method === "PATCH");
  expect(patches.length).toBeGreaterThanOrEqual(4);
  expect(methods().filter((method) => method === "PUT")).toHaveLength(1);
});

test.for([
  ["small", 100_000, ["POST", "PUT"]],
  ["of no bytes", 0, ["POST", "PUT"]],
  ["of the size of a chunk", CHUNK, ["POST", "PATCH", "PATCH", "PUT"]],
  ["larger than a chunk", CHUNK + 1, ["POST", "PATCH", "PATCH", "PUT"]],
] as const)("one PUT with all bytes, %s, as containerd and skopeo send it, arrives", async ([name, size, expected]) => {
  const fresh = await startBerthProxy(`http://${recorder.address}`, { args: ["--chunk-size", "10MiB"] });
  const repository = `acme/put-${name.replaceAll(" ", "-")}`;
  const bytes = new Uint8Array(randomBytes(size));
  const opened = await send("POST", new URL(`/v2/${repository}/blobs/uploads/`, fresh.url).href);
  const location = new URL(opened.headers.get("Location") ?? "", fresh.url).href;
  const put = await send("PUT", withDigest(location, digestOf(bytes)), bytes);

  expect(put.status).toBe(201);
  await expectBlob(repository, bytes);
  expect(methods()).toEqual(expected);
  await fresh.stop();
});

test("a POST with all bytes arrives", async () => {
  const bytes = new Uint8Array(randomBytes(12 * MIB));
  const response = await send("POST", `/v2/acme/post/blobs/uploads/?digest=${digestOf(bytes)}`, bytes);

  expect(response.status).toBe(201);
  expect(response.headers.get("Location")).toBe(`/v2/acme/post/blobs/${digestOf(bytes)}`);
  await expectBlob("acme/post", bytes);
});

test("chunks that a client makes itself arrive, also when the proxy was started in between", async () => {
  const bytes = new Uint8Array(randomBytes(3 * MIB));
  let location = await open("acme/chunks");
  for (let at = 0; at < 3; at += 1) {
    const range = `${at * MIB}-${(at + 1) * MIB - 1}`;
    const chunk = bytes.subarray(at * MIB, (at + 1) * MIB);
    const response = await send("PATCH", location, chunk, { "Content-Range": range });
    expect(response.status).toBe(202);
    location = new URL(response.headers.get("Location") ?? "", proxy.url).href;
    const status = await send("GET", location);
    expect([status.status, status.headers.get("Range")]).toEqual([204, `0-${(at + 1) * MIB - 1}`]);
    if (at === 0) {
      await proxy.stop();
      proxy = await startBerthProxy(`http://${recorder.address}`, { args: ["--chunk-size", "10MiB"] });
      location = new URL(new URL(location).pathname, proxy.url).href;
    }
  }
  const put = await send("PUT", withDigest(location, digestOf(bytes)));
  expect(put.status).toBe(201);
  await expectBlob("acme/chunks", bytes);
});

test("a chunk out of order is refused with 416 and where the upload stands", async () => {
  const location = await open("acme/order");
  const first = await send("PATCH", location, new Uint8Array(1000), { "Content-Range": "0-999" });
  const response = await send("PATCH", first.headers.get("Location") ?? "", new Uint8Array(10), {
    "Content-Range": "5-14",
  });

  expect(response.status).toBe(416);
  expect(response.headers.get("Range")).toBe("0-999");
});

test("a wrong digest is refused in the registry's words", async () => {
  const location = await open("acme/wrong");
  const response = await send("PUT", withDigest(location, digestOf(new Uint8Array(1))), new Uint8Array(5));

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [{ code: "DIGEST_INVALID", message: expect.stringContaining("start again") }],
  });
});

test("an upload that a stranger names is unknown, and its bytes are not kept", async () => {
  const location = await open("acme/stranger");
  const response = await send("PATCH", location, new Uint8Array(1000), { Authorization: "Basic bm9ib2R5Om5vdGhpbmc=" });
  expect(response.status).toBe(401);
});

test("addresses in answers are the proxy's own, tokens come through it, and scope and service stay", async () => {
  const anonymous = await fetch(`${proxy.url}/v2/`);
  const challenge = anonymous.headers.get("WWW-Authenticate") ?? "";
  expect(anonymous.status).toBe(401);
  expect(challenge).toContain(`realm="${proxy.url}/token"`);
  expect(challenge).toContain(`service="${recorder.address}"`);

  const scope = "repository:acme/docker:pull";
  const token = await fetch(`${proxy.url}/token?service=${recorder.address}&scope=${scope}`, {
    headers: { Authorization: BASIC },
  });
  expect(await token.json()).toMatchObject({ token: expect.any(String), scope: expect.stringContaining("pull") });

  await pushTags("acme/listed", ["a", "b", "c"]);
  const page = await send("GET", "/v2/acme/listed/tags/list?n=1");
  const next = /<([^>]+)>/.exec(page.headers.get("Link") ?? "")?.[1] ?? "";
  expect(await (await send("GET", next)).json()).toMatchObject({ tags: ["b"] });

  const opened = await send("POST", "/v2/acme/listed/blobs/uploads/");
  expect(new URL(opened.headers.get("Location") ?? "", proxy.url).host).toBe(proxy.address);
});

async function pushTags(repository: string, tags: readonly string[]): Promise<void> {
  const config = new Uint8Array(
    Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } })),
  );
  await send("POST", `/v2/${repository}/blobs/uploads/?digest=${digestOf(config)}`, config);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const descriptor = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: digestOf(config),
    size: config.byteLength,
  };
  const manifest = new Uint8Array(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] })),
  );
  for (const tag of tags) {
    const response = await send("PUT", `/v2/${repository}/manifests/${tag}`, manifest, { "Content-Type": mediaType });
    expect(response.status).toBe(201);
  }
}

test("pulls pass through: whole, in parts, and as HEAD", async () => {
  const bytes = new Uint8Array(randomBytes(2 * MIB));
  const path = `/v2/acme/pulled/blobs/${digestOf(bytes)}`;
  await send("POST", `/v2/acme/pulled/blobs/uploads/?digest=${digestOf(bytes)}`, bytes);

  const whole = await send("GET", path);
  expect(digestOf(new Uint8Array(await whole.arrayBuffer()))).toBe(digestOf(bytes));
  const part = await send("GET", path, undefined, { Range: "bytes=100-199" });
  expect([part.status, part.headers.get("Content-Range")]).toEqual([206, `bytes 100-199/${bytes.byteLength}`]);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(100, 200));
  const head = await send("HEAD", path);
  expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(bytes.byteLength)]);
});

test.for([
  ["localhost", 401],
  ["localhost:5000", 401],
  ["127.0.0.1", 401],
  ["[::1]:5000", 401],
  ["registry.example.com", 421],
  ["127.0.0.1.example.com", 421],
  ["localhost.example.com:5000", 421],
  ["", 421],
] as const)("a request to the host %s gets %i", async ([host, status]) => {
  expect(await statusFor(proxy.url, host)).toBe(status);
});

/** `fetch` does not let one choose the host. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((done, reject) => {
    const request = sendRequest(`${url}/v2/`, { setHost: false, headers: { host } }, (response) => {
      response.resume();
      done(response.statusCode);
    });
    request.on("error", reject).end();
  });
}

test("a registry that is not there is told as 502, in words", async () => {
  const lonely = await startBerthProxy(`http://127.0.0.1:${await freePort()}`);
  const response = await fetch(`${lonely.url}/v2/`);

  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    errors: [{ code: "UNAVAILABLE", message: expect.stringContaining("cannot reach") }],
  });
  expect(await lonely.stop()).toBe(0);
});

test("neither credentials nor tokens nor queries are told", async () => {
  const output = proxy.output();
  expect(output).toContain("acme/");
  expect(output).not.toContain(PASSWORD);
  expect(output).not.toMatch(/Bearer|Basic|eyJ|digest=/);
});

test("the port being taken is told, with what to do", async () => {
  const result = await registry.home.berth(["proxy", registry.server.url, "--listen", proxy.address]);
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--listen") });
});

test("a token that ends in the middle of a layer is renewed, and the client need not know", async () => {
  const authority = await startShortLivedTokens(`http://${recorder.address}`);
  const through = await startBerthProxy(authority.url, { args: ["--chunk-size", "5MiB"] });
  const scope = "repository:acme/renewed:pull,push";
  const answer = await fetch(`${through.url}/token?scope=${scope}`, { headers: { Authorization: BASIC } });
  const { token } = (await answer.json()) as { token: string };
  const Authorization = `Bearer ${token}`;
  const opened = await fetch(`${through.url}/v2/acme/renewed/blobs/uploads/`, {
    method: "POST",
    headers: { Authorization },
  });
  const location = new URL(opened.headers.get("Location") ?? "", through.url);

  const bytes = new Uint8Array(randomBytes(21 * MIB));
  const pieces = Array.from({ length: 21 }, (_, at) => bytes.subarray(at * MIB, (at + 1) * MIB));
  const init = {
    method: "PATCH",
    headers: { Authorization },
    body: ReadableStream.from(pieces),
    duplex: "half" as const,
  };
  const patched = await fetch(location, init);
  expect(patched.status).toBe(202);
  expect(authority.refusals()).toBeGreaterThan(0);

  const put = await send("PUT", withDigest(location.pathname, digestOf(bytes)));
  expect(put.status).toBe(201);
  await expectBlob("acme/renewed", bytes);
  await through.stop();
  authority.close();
});

/** Stands before a registry and refuses each token once it was used for three requests that sent something. */
async function startShortLivedTokens(upstream: string) {
  const uses = new Map<string, number>();
  let refusals = 0;
  const server = createServer((incoming, outgoing) => {
    const authorization = incoming.headers.authorization ?? "";
    const used = uses.get(authorization) ?? 0;
    if (authorization.startsWith("Bearer") && incoming.method !== "GET") uses.set(authorization, used + 1);
    if (used >= 3) {
      refusals += 1;
      incoming.resume();
      const challenge = `Bearer realm="http://${incoming.headers.host}/token",error="invalid_token"`;
      outgoing.writeHead(401, { "WWW-Authenticate": challenge }).end();
      return;
    }
    const { method, url, headers } = incoming;
    const passing = sendRequest(new URL(url ?? "/", upstream), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    passing.on("error", () => outgoing.destroy());
    incoming.pipe(passing);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refusals: () => refusals,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
