import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { type Proxy, startProxy } from "./server.ts";

const AUTHORIZATION = "Basic bWlhOnNlY3JldA==";

/** A server that notes what it is asked. */
async function server(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const listening = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { asked, origin: `http://127.0.0.1:${(listening.address() as AddressInfo).port}` };
}

/** A proxy before a registry, and another server that nothing may reach. */
async function setting(
  answer?: (request: IncomingMessage, response: ServerResponse, other: string) => void,
  { isOtherRegistry = false } = {},
) {
  const other = await server((request, response) => {
    if (isOtherRegistry && answer) answer(request, response, `http://${request.headers.host}`);
    else response.end("other");
  });
  const registry = await server((request, response) => {
    if (answer) answer(request, response, other.origin);
    else response.end("registry");
  });
  const proxy: Proxy = await startProxy({
    upstream: new URL(registry.origin),
    host: "127.0.0.1",
    port: 0,
    maxChunkBytes: 1024 * 1024,
    spoolDirectory: tmpdir(),
    allowedHosts: [],
    write: () => undefined,
  });
  onTestFinished(() => proxy.stop());
  /** Sends a request as it is written, and answers what comes back. */
  const exchange = async (method: string, target: string, headers: Record<string, string> = {}, body = "") => {
    const all = { Host: "localhost", Authorization: AUTHORIZATION, "Content-Length": String(body.length), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(proxy.port, "127.0.0.1");
    socket.write([`${method} ${target} HTTP/1.1`, ...lines, "Connection: close", "", body].join("\r\n"), "latin1");
    let text = "";
    socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
    await new Promise<void>((done) => socket.on("error", () => undefined).on("close", () => done()));
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
  };
  return { exchange, registry, other, port: proxy.port };
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const UPLOAD = "/v2/a/b/blobs/uploads/1";

test.for(METHODS)("%s reaches the registry alone, whatever the request line names", async (method) => {
  const { exchange, registry, other } = await setting();
  const { host } = new URL(other.origin);
  for (const target of [
    `//${host}/token`,
    `//${host}${UPLOAD}`,
    `//${host}${UPLOAD}?digest=sha256:00`,
    `//${host}/v2/a/b/blobs/uploads/?digest=sha256:00`,
    `///${host}${UPLOAD}`,
    `/\\${host}${UPLOAD}`,
    `\\\\${host}${UPLOAD}`,
    `/\\/${host}${UPLOAD}`,
    `http://${host}${UPLOAD}`,
    `HTTP://${host}/token`,
    `http://localhost@${host}${UPLOAD}`,
    `@${host}${UPLOAD}`,
    `/.//${host}${UPLOAD}`,
    `/%2f${host}${UPLOAD}`,
    `/v2/..//${host}${UPLOAD}`,
    host,
    "*",
  ]) {
    const { status } = await exchange(method, target, {}, method === "GET" || method === "HEAD" ? "" : "body");
    expect([target, status]).toEqual([target, 400]);
  }
  expect(other.asked).toEqual([]);
  expect(registry.asked).toEqual([]);
});

test("CONNECT is refused in HTTP", async () => {
  const { exchange, registry, other } = await setting();
  expect(await exchange("CONNECT", new URL(other.origin).host)).toMatchObject({ status: 405 });
  expect([...registry.asked, ...other.asked]).toEqual([]);
});

test("what is no trick reaches the registry as it was written", async () => {
  const { exchange, registry } = await setting();
  await exchange("GET", "/v2/a/b/manifests/1.0?ns=a//b");
  expect(registry.asked).toEqual([`GET /v2/a/b/manifests/1.0?ns=a//b ${AUTHORIZATION}`]);
});

test.for([
  [{ "Sec-Fetch-Site": "cross-site" }, 403],
  [{ "Sec-Fetch-Site": "same-site" }, 403],
  [{ Origin: "https://evil.example.com" }, 403],
  [{ Origin: "null" }, 403],
  [{ Host: "evil.example.com" }, 421],
  [{ Host: "localhost@evil.example.com" }, 421],
  [{ Host: "localhost/evil.example.com" }, 421],
  [{ Origin: "http://localhost", "Sec-Fetch-Site": "same-origin" }, 200],
  [{}, 200],
] as const)("a request with %j gets %i, and the registry hears of it only then", async ([headers, status]) => {
  const { exchange, registry } = await setting();
  expect((await exchange("POST", "/v2/a/b/blobs/uploads/", headers)).status).toBe(status);
  expect(registry.asked).toHaveLength(status === 200 ? 1 : 0);
});

test("an upload that the registry sends elsewhere goes on there, without the client's credentials", async () => {
  const { exchange, registry, other } = await setting(
    (request, response, elsewhere) => {
      const end = /-(\d+)$/.exec(request.headers["content-range"] ?? "")?.[1] ?? "0";
      response.writeHead(request.method === "PATCH" ? 202 : 204, { Range: `0-${end}`, Location: `${elsewhere}/there` });
      request.on("end", () => response.end());
    },
    { isOtherRegistry: true },
  );
  const { status } = await exchange("PATCH", UPLOAD, {}, "x".repeat(3 * 1024 * 1024));
  expect(status).toBe(202);
  expect(registry.asked.every((line) => line.endsWith(AUTHORIZATION))).toBe(true);
  expect(other.asked.length).toBeGreaterThan(0);
  expect(other.asked.every((line) => line.endsWith(" undefined"))).toBe(true);
});

test("addresses in answers become the proxy's where they are the registry's, and are no others' by accident", async () => {
  let location = "";
  const { exchange, registry, port } = await setting((_, response) => {
    response.writeHead(307, { Location: location, "WWW-Authenticate": `Bearer realm="${location}"` }).end();
  });
  const { host } = new URL(registry.origin);
  const own = { Host: `localhost:${port}` };
  for (const [given, expected] of [
    [`${registry.origin}/x?y`, `http://localhost:${port}/x?y`],
    [`//${host}/x`, `http://localhost:${port}/x`],
    ["/x", "/x"],
    ["x/y?z=http://a", "x/y?z=http://a"],
    ["https://cdn.example.com/x", "https://cdn.example.com/x"],
    ["//cdn.example.com/x", "http://cdn.example.com/x"],
  ] as const) {
    location = given;
    const { text } = await exchange("GET", "/v2/", own);
    expect(text).toContain(`Location: ${expected}\r\n`);
    expect(text).toContain(`realm="${expected}"`);
  }
});
