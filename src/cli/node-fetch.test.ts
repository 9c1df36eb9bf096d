import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { RegistryClient } from "../client/registry-client.ts";
import { nodeFetch, openConnections } from "./node-fetch.ts";

async function server(answer: (response: ServerResponse, url: string) => void) {
  const asked: IncomingHttpHeaders[] = [];
  const listening = createServer((request, response) => {
    asked.push(request.headers);
    answer(response, request.url ?? "");
  });
  await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return { asked, origin: `http://127.0.0.1:${(listening.address() as AddressInfo).port}` };
}

function fetchHere() {
  const connections = openConnections({});
  onTestFinished(() => connections.close());
  return nodeFetch(connections);
}

const credentials = { Authorization: "Basic bWlhOnNlY3JldA==", Cookie: "session=secret", "X-Auth-Token": "secret" };
const ALL = ["authorization", "cookie", "x-auth-token"];
const sent = (headers: IncomingHttpHeaders | undefined) => ALL.filter((name) => headers?.[name] !== undefined);

test("a redirect takes credentials along on the same server, and to no other", async () => {
  const other = await server((response) => response.end());
  const registry = await server((response, url) => {
    const location = url === "/a" ? "/b" : other.origin;
    response.writeHead(307, { Location: location }).end();
  });
  const init = { method: "GET", headers: new Headers(credentials), signal: AbortSignal.timeout(5000) };
  expect((await fetchHere()(`${registry.origin}/a`, init)).status).toBe(200);

  expect(registry.asked.map(sent)).toEqual([ALL, ALL]);
  expect(other.asked.map(sent)).toEqual([[]]);
});

test("a server that a request was redirected to has no say in where the password goes", async () => {
  const evil = await server((response) => {
    response.writeHead(401, { "WWW-Authenticate": `Bearer realm="${evil.origin}/token"` }).end();
  });
  const registry = await server((response) => {
    response.writeHead(307, { Location: `${evil.origin}/blob` }).end();
  });
  const client = new RegistryClient({
    url: registry.origin,
    credentials: { kind: "password", name: "mia", password: "secret" },
    fetch: fetchHere(),
  });

  await expect(client.findBlob("a/b", "sha256:00")).rejects.toMatchObject({ status: 401 });
  expect(evil.asked.map(sent)).toEqual([[]]);
});
