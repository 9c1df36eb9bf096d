/** A registry behind a proxy that ends TLS, as docs/deploy.md describes it: clients are sent back to https. */
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../cli/edge.ts";
import { freePort } from "../support/ports.ts";
import { type Certified, makeCertificate } from "../support/certificates.ts";
import { digestInLayout, dockerArchiveOf } from "../support/image-layouts.ts";
import { PASSWORD, type Server, startServer, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const skopeo = useClient("skopeo", { needs: ["nginx"] });
// The daemon does not check certificates at loopback addresses, but speaks TLS to them when they do.
const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: ["nginx", ...DAEMON_PROGRAMS],
  prepare: daemon.start,
  cleanUp: daemon.stop,
});
let authority: Certified;
let server: Server;
/** The proxies: one tells the host that its client named, the other the one that it asks. */
const edges: Record<string, Edge> = {};

beforeAll(async () => {
  authority = await makeCertificate({ name: "authority", isAuthority: true });
  const certified = await makeCertificate({ name: "proxy", issuer: authority });
  const ports = [await freePort(), await freePort()];
  const directory = skopeo.path("certificates");
  mkdirSync(directory);
  writeFileSync(skopeo.path("certificates", "ca.crt"), authority.certificate);
  server = await startServer(skopeo.path("tls-state"), 0, {
    PUBLIC_URL: ports.map((port) => `https://localhost:${port}`).join(","),
  });
  for (const [at, host] of ["$http_host", "$proxy_host"].entries()) {
    const options = { certified, host, maxBody: "0", ...(ports[at] !== undefined && { port: ports[at] }) };
    edges[host] = await startEdge(server.port, options);
  }
});
afterAll(async () => {
  for (const edge of Object.values(edges)) await edge.stop();
  await server?.stop();
});

const addressOf = (host: string) => `localhost:${edges[host]?.port}`;

test.each(["$http_host", "$proxy_host"])("skopeo logs in, pushes and pulls where the proxy tells %s", async (host) => {
  const address = addressOf(host);
  const certificates = skopeo.path("certificates");
  const image = await skopeo.image(`behind ${host}`, [1000, 100_000]);
  const name = `docker://${address}/acme/tls:${host === "$http_host" ? "a" : "b"}`;
  const login = ["login", "--cert-dir", certificates, "-u", USER, "--password-stdin", address];

  const wrong = await skopeo.attempt(login, { input: "wrong" });
  expect(wrong.output).toContain("invalid username/password");
  await skopeo.run(login, { input: PASSWORD });
  await skopeo.run(["copy", "--dest-cert-dir", certificates, "--preserve-digests", `oci:${image.layout}:latest`, name]);
  const back = skopeo.path(`back-${host.slice(1)}`);
  await skopeo.run(["copy", "--src-cert-dir", certificates, "--preserve-digests", name, `oci:${back}:latest`]);
  expect(digestInLayout(back)).toBe(image.descriptor.digest);
});

test.each(["$http_host", "$proxy_host"])("docker logs in, pushes and pulls where the proxy tells %s", async (host) => {
  const address = addressOf(host);
  const { layout } = await docker.image(`docker behind ${host}`, [1000, 100_000]);
  const name = `${address}/acme/tls-docker:${host === "$http_host" ? "a" : "b"}`;
  const login = ["login", "-u", USER, "--password-stdin", address];
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  const id = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
  await docker.run(["tag", id, name]);

  expect((await docker.attempt(["push", name])).output).toContain("denied");
  expect((await docker.attempt(login, { input: "wrong" })).output).toContain("the user name or the password is wrong");
  await docker.run(login, { input: PASSWORD });
  const pushed = /digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["push", name])).output)?.[1];
  await docker.run(["rmi", "--force", id]);
  const pulled = /Digest: (sha256:[0-9a-f]{64})/.exec((await docker.run(["pull", name])).output)?.[1];

  expect(pushed).toBeDefined();
  expect(pulled).toBe(pushed);
});

test("a login command names the public address, whatever address it was asked at", async () => {
  const answer = await fetch(`${server.url}/v2/manage/utils/secret`, {
    method: "POST",
    headers: { Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}` },
  });
  const command = answer.headers.get("X-Swr-Dockerlogin") ?? "";
  expect(command.endsWith(` ${addressOf("$http_host")}`)).toBe(true);
  expect(server.output()).toContain(`docker login ${addressOf("$http_host")} -u admin`);
});
