import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { makeCertificate } from "../support/certificates.ts";
import { addAccount, addUser } from "../support/server-people.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { startEdge } from "./edge.ts";
import { freePort } from "../support/ports.ts";
import { Home, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const open = new Set<Server>();
const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  for (const server of open) server.close();
  open.clear();
});

interface Result {
  check: string;
  status: "ok" | "warning" | "failed" | "skipped";
  detail: string;
  mend?: string;
}

async function examine(host: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}) {
  const { stdout, exitCode } = await registry.home.berth(["doctor", host, "--json", ...args], { environment });
  const results = JSON.parse(stdout) as Result[];
  const find = (check: string) => results.find((result) => result.check === check);
  return { exitCode, results, find };
}

async function listen(server: Server): Promise<string> {
  open.add(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers everything in the same way. */
const answering = (listener: RequestListener) => listen(createHttpServer(listener));

test("a good deployment has nothing to mend, and nothing is left in it", async () => {
  await registry.home.run(["org", "create", "acme"]);
  const { exitCode, results, find } = await examine(registry.server.address);

  expect(results.filter(({ status }) => status === "failed" || status === "warning")).toEqual([]);
  expect(exitCode).toBe(0);
  expect(find("Push, in chunks")).toMatchObject({ status: "ok", detail: expect.stringContaining("acme/berth-doctor") });
  expect(find("Pull")?.status).toBe("ok");
  expect(find("Delete")?.status).toBe("ok");
  expect(await registry.home.run(["image", "list"])).not.toContain("berth-doctor");
});

test("the limit of an edge is found, and what to do about it", async () => {
  const edge = await startEdge(registry.server.port);
  const { exitCode, find } = await examine(edge.address, ["--probe-limit"], { BERTH_REGISTRY: edge.address });
  await edge.stop();

  expect(find("Request limit")).toMatchObject({
    status: "ok",
    detail: expect.stringContaining("413"),
    mend: expect.stringContaining("berth proxy"),
  });
  expect(exitCode).toBe(0);
}, 300_000);

test("without credentials only what needs none is examined", async () => {
  const home = new Home();
  const { stdout, exitCode } = await home.berth(["doctor", registry.server.address]);
  expect(stdout).toMatch(/^- +Sign-in +without credentials/m);
  expect(stdout).toContain("berth login");
  expect(exitCode).toBe(0);
  home.remove();
});

test("a wrong password is found, and where it comes from", async () => {
  const { exitCode, find } = await examine(registry.server.address, [], { BERTH_PASSWORD: "wrong" });
  expect(find("Sign-in")).toMatchObject({ status: "failed", mend: expect.stringContaining("BERTH_USERNAME") });
  expect(exitCode).toBe(1);
});

test("a right that is missing is found", async () => {
  const administrator = await addAccount(registry.server, "east");
  await addUser(registry.server, administrator, "eve");
  const environment = { BERTH_USERNAME: "eve", BERTH_PASSWORD: administrator.password };
  await registry.home.run(["org", "create", "foreign"]);
  const { find } = await examine(registry.server.address, ["--repository", "foreign/image"], environment);
  expect(find("Push, in chunks")).toMatchObject({ status: "failed", mend: expect.stringContaining("--repository") });
});

test.for([
  ["does not exist", "registry.invalid", "DNS", "failed"],
  ["does not listen", undefined, "Connection", "failed"],
] as const)("a host that %s is found", async ([, host, check, status]) => {
  const { exitCode, results, find } = await examine(host ?? `127.0.0.1:${await freePort()}`);
  expect(find(check)).toMatchObject({ status, mend: expect.any(String) });
  expect(results.at(-1)).toMatchObject({ status: "skipped", detail: `${check} comes first` });
  expect(exitCode).toBe(1);
});

test.for([
  ["a web site", 200, { "Content-Type": "text/html" }, "<h1>Hello</h1>", "Is this the registry's address?"],
  ["nothing at all", 404, {}, "", "Is this the registry's address?"],
  ["a redirect", 302, { Location: "http://127.0.0.1:1/sign-in" }, "", "Is this the registry's address?"],
  [
    "a challenge for browsers",
    403,
    { "cf-mitigated": "challenge" },
    "<script src='/cdn-cgi/challenge-platform/x'>",
    "Bot Fight Mode",
  ],
  ["Cloudflare Access", 200, {}, "<a href='https://team.cloudflareaccess.com/'>", "Access"],
] as const)("%s in place of a registry is found", async ([, status, headers, body, mend]) => {
  const host = await answering((_, response) => response.writeHead(status, headers).end(body));
  const { exitCode, find } = await examine(host);
  expect(find("Registry API")).toMatchObject({ status: "failed", mend: expect.stringContaining(mend) });
  expect(exitCode).toBe(1);
});

test.for([
  ["an hour behind", 3600, "failed"],
  ["two minutes behind", 120, "warning"],
  ["right", 0, "ok"],
] as const)("a clock that is %s is found", async ([, seconds, status]) => {
  const host = await answering((_, response) => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString();
    response
      .writeHead(401, {
        Date: date,
        "WWW-Authenticate": 'Basic realm="x"',
        "Docker-Distribution-Api-Version": "registry/2.0",
      })
      .end();
  });
  const { find } = await examine(host);
  expect(find("Clock")?.status).toBe(status);
});

test("a token service elsewhere is found", async () => {
  const host = await answering((_, response) => {
    response.writeHead(401, { "WWW-Authenticate": 'Bearer realm="http://other.example.com/token",service="x"' }).end();
  });
  const { find } = await examine(host);
  expect(find("Challenge")).toMatchObject({ status: "warning", mend: expect.stringContaining("Host") });
});

test("certificates that have expired, or soon will, or that nobody knows, and tokens over plain HTTP are found", async () => {
  const home = new Home();
  /** A server whose certificate is its own authority, and how to trust it. */
  const serve = async (daysLeft: number) => {
    const notBefore = new Date(Date.now() - 100 * DAY_MS);
    const notAfter = new Date(Date.now() + daysLeft * DAY_MS + DAY_MS / 2);
    const { certificate, key } = await makeCertificate({ name: "localhost", notBefore, notAfter });
    const server = createHttpsServer({ cert: certificate, key }, (_, response) => {
      response.writeHead(401, { "WWW-Authenticate": 'Bearer realm="http://localhost/token",service="x"' }).end();
    });
    const trust = { NODE_EXTRA_CA_CERTS: home.write(`${daysLeft}.pem`, certificate) };
    return { address: `https://${await listen(server)}`, trust };
  };

  const good = await serve(300);
  const { find } = await examine(good.address, [], good.trust);
  expect(find("TLS")).toMatchObject({
    status: "ok",
    detail: expect.stringMatching(/TLSv1\.3.*localhost.*300 more days/),
  });
  expect(find("Challenge")).toMatchObject({ status: "failed", detail: expect.stringContaining("plain HTTP") });
  const mend = expect.stringContaining("NODE_EXTRA_CA_CERTS") as string;
  expect((await examine(good.address)).find("TLS")).toMatchObject({ status: "failed", mend });

  const soon = await serve(5);
  expect((await examine(soon.address, [], soon.trust)).find("TLS")).toMatchObject({ status: "warning" });
  const over = await serve(-3);
  const expired = await examine(over.address, [], over.trust);
  expect(expired.find("TLS")).toMatchObject({ status: "failed", mend: expect.stringContaining("Renew") });

  const plain = await examine(`https://${registry.server.address}`);
  expect(plain.find("TLS")).toMatchObject({ status: "failed", mend: expect.stringContaining("http://") });
  home.remove();
});

test("a registry that loses its bytes is found", async () => {
  const host = await answering((request, response) => {
    const headers = { Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}` };
    if (request.method === "PATCH") {
      request.resume();
      response.writeHead(500).end();
      return;
    }
    void fetch(`${registry.server.url}${request.url}`, {
      method: request.method ?? "GET",
      headers,
      redirect: "manual",
    }).then(async (answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  const { find } = await examine(host, ["--repository", "acme/lost"], { BERTH_REGISTRY: host });
  expect(find("Push, in chunks")).toMatchObject({ status: "failed", mend: expect.stringContaining("log") });
  expect(find("Pull")?.status).toBe("skipped");
});
