/** A registry for other machines: what `LISTEN` takes, and what the addresses of this machine answer. */
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isReadableByOthers, publicUrls, readListen } from "../../scripts/local/listen.ts";
import { eventually } from "./programs.ts";
import { makeTemporaryDirectory, PASSWORD, removeDirectory, startServer, USER } from "../support/server.ts";

test("LISTEN is an address of the machine", () => {
  expect(["", undefined, "0.0.0.0", "::", "[::1]", "192.0.2.7"].map((text) => readListen(text))).toEqual([
    "127.0.0.1",
    "127.0.0.1",
    "0.0.0.0",
    "::",
    "::1",
    "192.0.2.7",
  ]);
  for (const wrong of ["localhost", "0.0.0.0:80", "fe80::1%eth0", "256.1.1.1", "*"]) {
    expect(() => readListen(wrong)).toThrow(`not "${wrong}"`);
  }
});

test("without PUBLIC_URL the registry is called as its addresses, those for other machines first", () => {
  const address = { netmask: "", mac: "", cidr: null, scopeid: 0 };
  const interfaces = {
    lo: [{ ...address, address: "127.0.0.1", family: "IPv4" as const, internal: true }],
    eth0: [
      { ...address, address: "fe80::1", family: "IPv6" as const, internal: false },
      { ...address, address: "2001:db8::7", family: "IPv6" as const, internal: false },
      { ...address, address: "192.0.2.7", family: "IPv4" as const, internal: false },
    ],
  };
  const own = ["http://127.0.0.1:80", "http://localhost:80"].map((url) => url.replace(":80", ":5000"));
  expect(publicUrls("127.0.0.1", 5000, { interfaces })).toEqual(own);
  expect(publicUrls("192.0.2.9", 5000, { interfaces })).toEqual(["http://192.0.2.9:5000", ...own]);
  expect(publicUrls("0.0.0.0", 5000, { interfaces })).toEqual(["http://192.0.2.7:5000", ...own]);
  expect(publicUrls("::", 5000, { interfaces })).toEqual([
    "http://192.0.2.7:5000",
    "http://[2001:db8::7]:5000",
    ...own,
    "http://[::1]:5000",
  ]);
});

test("with TLS the addresses are those of https, and names of the certificate come first, once each", () => {
  const names = ["registry.example.com", "localhost", "[::1]"];
  expect(publicUrls("192.0.2.9", 8443, { scheme: "https", names })).toEqual([
    "https://registry.example.com:8443",
    "https://localhost:8443",
    "https://[::1]:8443",
    "https://192.0.2.9:8443",
    "https://127.0.0.1:8443",
  ]);
  // PUBLIC_URL takes twenty.
  const many = Array.from({ length: 40 }, (_, at) => `n${at}.example.com`);
  expect(publicUrls("::", 8443, { scheme: "https", names: many })).toHaveLength(20);
});

test.for([
  ["127.0.0.1", "http", [], false],
  ["127.9.9.9", "http", [], false],
  ["::1", "http", [], false],
  ["0.0.0.0", "http", [], true],
  ["192.0.2.7", "http", ["http://192.0.2.7:8787"], true],
  ["::", "https", [], false],
  ["0.0.0.0", "http", ["https://registry.example.com"], false],
] as const)("LISTEN=%s by %s with PUBLIC_URL %j is readable by others: %s", ([listen, scheme, urls, expected]) => {
  expect(isReadableByOthers(listen, scheme, urls)).toBe(expected);
});

test("LISTEN=:: answers at every address, and sends clients to log in where they are", async () => {
  const directory = makeTemporaryDirectory();
  const server = await startServer(join(directory, "state"), 0, { LISTEN: "::" });
  onTestFinished(async () => {
    await server.stop();
    removeDirectory(directory);
  });
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !address.startsWith("fe80:"))
    .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  for (const host of new Set(["127.0.0.1", "[::1]", ...others])) {
    const url = `http://${host}:${server.port}`;
    const ping = await fetch(`${url}/v2/`);
    expect([url, ping.status]).toEqual([url, 401]);
    expect(ping.headers.get("WWW-Authenticate")).toContain(`realm="${url}/token"`);
    const Authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    expect((await fetch(`${url}/v2/`, { headers: { Authorization } })).status).toBe(200);
  }
  expect((await fetch(`${server.url}/v2/`)).status).toBe(401);
  await eventually(() => server.output().includes("stops it") || undefined);
  expect(server.output()).toContain("others on the network can read passwords and images");
});

test("by default nothing but the machine itself reaches it", async () => {
  const directory = makeTemporaryDirectory();
  const server = await startServer(join(directory, "state"));
  onTestFinished(async () => {
    await server.stop();
    removeDirectory(directory);
  });
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  if (others.length === 0) console.warn("Skipping the addresses of this machine: it has none but its own.");
  for (const { address } of others)
    await expect(fetch(`http://${address}:${server.port}/v2/`)).rejects.toThrow("fetch failed");
});
