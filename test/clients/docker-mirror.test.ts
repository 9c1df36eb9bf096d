/** docker with Berth as its mirror of Docker Hub (docs/pull-through.md), and docker in a job without a password (docs/ci.md). */
import { afterAll, expect, test } from "vitest";
import { type Server as OtherServer, Servers } from "../bench/servers.ts";
import { freePort } from "../support/ports.ts";
import { type DockerHub, startDockerHub } from "../support/docker-hub.ts";
import { dockerArchiveOf } from "../support/image-layouts.ts";
import { type LoopbackIssuer, startIssuer } from "../support/loopback-issuer.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { operatorOf } from "../support/server-people.ts";
import { startServer } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const port = await freePort();
/** A second address of Berth. Names at this one are names on Docker Hub. */
const MIRROR = `localhost:${port}`;
const environment = { ALLOWED_TARGETS: "127.0.0.1", MIRRORS: `${MIRROR}=hub` };

const servers = new Servers();
let debian: OtherServer;
/** Records Berth's requests to upstream. */
let upstream: Recorder;
let hub: DockerHub;
let issuer: LoopbackIssuer;

const daemon = dockerDaemon(() => ({
  config: { "registry-mirrors": [`http://${MIRROR}`] },
  environment: hub.environment,
}));
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: [...DAEMON_PROGRAMS, "docker-registry", "nginx"],
  environment,
  port,
  prepare: async () => {
    const started = await servers.dockerRegistry();
    if (typeof started === "string") throw new Error(started);
    debian = started;
    const debianPort = Number(new URL(debian.url).port);
    upstream = await startRecorder(debianPort);
    hub = await startDockerHub(debianPort, docker.path("authority.pem"));
    issuer = await startIssuer();
    await daemon.start();
    const operator = operatorOf(docker.server);
    await operator.ask("POST", "/api/remotes", {
      name: "hub",
      url: `http://${upstream.address}`,
      username: null,
      password: null,
    });
    for (const name of ["hub", "acme", "other"]) await operator.ask("POST", "/api/organizations", { name });
    await operator.ask("PUT", "/api/organizations/hub/upstream", { remote: "hub", public: true, tagLifetime: 10 });
    await operator.ask("POST", "/api/trust-rules", {
      name: "release",
      issuer: issuer.url,
      conditions: [{ claim: "sub", glob: "repo:acme/*:ref:refs/heads/main" }],
      grants: [{ organization: "acme", level: "edit" }],
    });
  },
  cleanUp: async () => {
    await daemon.stop();
    await hub?.stop();
  },
});
afterAll(async () => {
  upstream?.close();
  await issuer?.stop();
  await servers.close();
});

/** The id of an image that the daemon has. */
async function idOf(name: string): Promise<string> {
  return (await docker.run(["image", "inspect", "--format", "{{.Id}}", name])).stdout.trim();
}

/** Loads an image into the daemon and answers its id. */
async function load(name: string): Promise<string> {
  const { layout } = await docker.image(name, [1000, 100_000]);
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
}

/** Pushes an image to the stand-in for Docker Hub, deletes it from the daemon, and answers its id. */
async function publish(name: string): Promise<string> {
  const id = await load(name);
  const there = `${new URL(debian.url).host}/library/${name}:1`;
  await docker.run(["tag", id, there]);
  await docker.run(["push", there]);
  await docker.run(["rmi", "--force", id]);
  hub.asked.length = 0;
  upstream.exchanges.length = 0;
  return id;
}

/** Pulls an image by its name on Docker Hub, deletes it from the daemon, and answers its id. */
async function pullFromHub(name: string): Promise<string> {
  await docker.run(["pull", `${name}:1`]);
  const id = await idOf(`${name}:1`);
  await docker.run(["rmi", "--force", id]);
  return id;
}

const blobsAsked = () => upstream.exchanges.filter(({ method, url }) => method === "GET" && url.includes("/blobs/"));

test("docker gets Docker Hub's images from its mirror, which fetches each once", async () => {
  const id = await publish("mirrored");
  expect(await pullFromHub("mirrored")).toBe(id);
  expect(blobsAsked()).toHaveLength(3);
  expect(await docker.digestOf("hub/library/mirrored", "1")).toMatch(/^sha256:/);

  upstream.exchanges.length = 0;
  expect(await pullFromHub("mirrored")).toBe(id);
  expect(blobsAsked()).toEqual([]);
  expect(hub.asked).toEqual([]);
});

test("while upstream is down, docker pulls cached images from the mirror and all others from Docker Hub", async () => {
  const cached = await publish("cached");
  expect(await pullFromHub("cached")).toBe(cached);
  const missing = await publish("missing");
  const { address } = upstream;
  upstream.close();
  try {
    const warned = async () => (await docker.ask("/v2/hub/library/cached/manifests/1")).headers.get("Warning");
    await expect.poll(warned, { timeout: 30_000, interval: 500 }).toContain("Response is Stale");
    expect(await pullFromHub("cached")).toBe(cached);
    expect(hub.asked).toEqual([]);

    expect(await pullFromHub("missing")).toBe(missing);
    expect(hub.asked).toContain("registry-1.docker.io:443");
    expect(await docker.digestOf("hub/library/missing", "1").catch(String)).toContain("502");
  } finally {
    upstream = await startRecorder(Number(new URL(debian.url).port), Number(address.split(":")[1]));
  }
});

test("while Berth is down docker pulls from Docker Hub, and from the mirror again afterwards", async () => {
  const id = await publish("fallen-back");
  const { stateDir } = docker.server;
  await docker.server.stop();
  try {
    expect(await pullFromHub("fallen-back")).toBe(id);
    expect(hub.asked).toContain("registry-1.docker.io:443");
    expect(upstream.exchanges).toEqual([]);
  } finally {
    docker.server = await startServer(stateDir, port, environment);
  }
  hub.asked.length = 0;
  expect(await pullFromHub("fallen-back")).toBe(id);
  expect(blobsAsked()).toHaveLength(3);
  expect(hub.asked).toEqual([]);
});

test("a job logs docker in with its own token, pushes a new image and pulls it, and only where it may", async () => {
  const { address } = docker.server;
  const id = await load("built");
  const name = `${address}/acme/built:1`;
  const elsewhere = `${address}/other/built:1`;
  for (const each of [name, elsewhere]) await docker.run(["tag", id, each]);
  const login = async (user: string, claims: Record<string, string> = {}) =>
    docker.attempt(["login", "-u", user, "--password-stdin", address], {
      input: await issuer.token({ aud: address, ...claims }),
    });
  for (const claims of [{ aud: "other.example.com" }, { sub: "repo:acme-evil/web:ref:refs/heads/main" }]) {
    expect(await login("oidc", claims)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("unauthorized") as string,
    });
  }
  expect((await docker.attempt(["push", name])).exitCode).toBe(1);

  for (const user of ["oidc", "oidc/admin"]) {
    expect(await login(user)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("Login Succeeded") as string,
    });
    await docker.run(["push", name]);
    await docker.run(["rmi", "--force", id]);
    await docker.run(["pull", name]);
    expect(await idOf(name)).toBe(id);
    await docker.run(["tag", id, elsewhere]);
    expect(await docker.attempt(["push", elsewhere])).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("no right to push there") as string,
    });
  }
  const audit = await docker.ask("/api/audit?user=oidc:admin:release&action=manifest.push&limit=1");
  expect(await audit.json()).toMatchObject({ events: [{ resource: "acme/built:1" }] });
});
