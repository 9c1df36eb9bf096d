/** Organizations that stand for a registry elsewhere, with real registries behind them and real clients before them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server as OtherServer, Servers } from "../bench/servers.ts";
import { execute, findProgram } from "../support/commands.ts";
import { digestInLayout, hasIntactBlob, MIB } from "../support/image-layouts.ts";
import { type Exchange, type Recorder, startRecorder } from "../support/recorder.ts";
import { lacks, requirePrograms } from "../support/requirements.ts";
import { operatorOf } from "../support/server-people.ts";
import { PASSWORD, type Server, startServer, USER } from "../support/server.ts";
import { Daemons } from "./daemons.ts";
import { useClient } from "./client-setup.ts";

const ALLOWED = { ALLOWED_TARGETS: "127.0.0.1" };
/** What clients of a mirror ask for is below this organization. */
const MIRRORS = { MIRRORS: "docker.io=hub" };
const CLIENTS = 50;

const isComplete = requirePrograms("the tests of pull-through caches", ["docker-registry", "containerd", "ctr"]);
const daemons = new Daemons("pull-through");
const servers = new Servers();
const skopeo = useClient("skopeo", { environment: { ...ALLOWED, ...MIRRORS } });

let debian: OtherServer;
let berth: Server;
/** What each of the two is asked is noted. */
let toDebian: Recorder;
let toBerth: Recorder;

beforeAll(async () => {
  if (!isComplete) return;
  const started = await servers.dockerRegistry();
  if (typeof started === "string") throw new Error(started);
  debian = started;
  toDebian = await startRecorder(Number(new URL(debian.url).port));
  berth = await startServer(skopeo.path("upstream"), 0, ALLOWED);
  toBerth = await startRecorder(berth.port);
  const containerd = daemons.launchContainerd();
  await daemons.waitFor("containerd", containerd, ["ctr", "--address", daemons.containerdSocket, "version"]);
  await standFor("hub", `http://${toDebian.address}`, null, { public: true });
  await standFor("other", `http://${toBerth.address}`, { username: USER, password: PASSWORD });
});
afterAll(async () => {
  await daemons.stop();
  toDebian.close();
  toBerth.close();
  await berth.stop();
  await servers.close();
});

/** Lets an organization of the cache stand for a registry. */
async function standFor(
  organization: string,
  url: string,
  credentials: { username: string; password: string } | null,
  settings: Record<string, unknown> = {},
): Promise<void> {
  const operator = operatorOf(skopeo.server);
  const remote = { name: organization, url, username: null, password: null, ...credentials };
  expect((await operator.send("POST", "/api/remotes", remote)).status).toBe(201);
  expect((await operator.send("POST", "/api/organizations", { name: organization })).status).toBe(201);
  const path = `/api/organizations/${organization}/upstream`;
  const set = await operator.send("PUT", path, { remote: organization, ...settings });
  expect({ status: set.status, answer: await set.text() }).toMatchObject({ status: 200 });
}

const push = (layout: string, image: string, ...options: string[]) =>
  skopeo.run([
    "copy",
    "--all",
    "--preserve-digests",
    "--dest-tls-verify=false",
    ...options,
    `oci:${layout}:latest`,
    `docker://${image}`,
  ]);
const pull = (image: string, layout: string, ...options: string[]) =>
  skopeo.run([
    "copy",
    "--all",
    "--preserve-digests",
    "--src-tls-verify=false",
    `--src-creds=${USER}:${PASSWORD}`,
    ...options,
    `docker://${image}`,
    `oci:${layout}:latest`,
  ]);

const blobsAmong = (exchanges: readonly Exchange[]) =>
  exchanges.flatMap(({ method, url, status }) =>
    method === "GET" && status === 200 && url.includes("/blobs/") ? [url.slice(url.lastIndexOf("/") + 1)] : [],
  );

interface Manifest {
  config: { digest: string };
  layers: { digest: string; size: number }[];
}

/** Pulls an image as docker does: HEAD and GET of the tag, then all blobs at once. */
async function pullLikeDocker(name: string, tag: string): Promise<string[]> {
  const path = `/v2/${name}`;
  await skopeo.ask(`${path}/manifests/${tag}`, { method: "HEAD" });
  const manifest = (await (await skopeo.ask(`${path}/manifests/${tag}`)).json()) as Manifest;
  const digests = [manifest.config, ...manifest.layers].map(({ digest }) => digest);
  return Promise.all(
    digests.map(async (digest) => {
      const response = await skopeo.ask(`${path}/blobs/${digest}`);
      const bytes = await response.arrayBuffer();
      const hash = await crypto.subtle.digest("SHA-256", bytes);
      return `sha256:${Buffer.from(hash).toString("hex")}`;
    }),
  );
}

test("fifty clients that pull one new image at once cause one request for each of its parts", async () => {
  const image = await skopeo.image("popular", [1000, 3 * MIB, 8 * MIB]);
  await push(image.layout, `${new URL(debian.url).host}/team/popular:1`);
  toDebian.exchanges.length = 0;

  const pulled = await Promise.all(Array.from({ length: CLIENTS }, () => pullLikeDocker("hub/team/popular", "1")));

  const parts = [image.config, ...image.layers].map(({ digest }) => digest);
  for (const digests of pulled) expect(digests.toSorted()).toEqual(parts.toSorted());
  expect(blobsAmong(toDebian.exchanges).toSorted()).toEqual(parts.toSorted());
  const manifests = toDebian.exchanges.filter(({ method, url }) => method === "GET" && url.includes("/manifests/"));
  expect(manifests).toHaveLength(1);

  // From here on nothing is asked but whether the tag has moved, once its time is over.
  toDebian.exchanges.length = 0;
  await pullLikeDocker("hub/team/popular", "1");
  expect(toDebian.exchanges).toEqual([]);
});

test("an image of two platforms comes whole from another Berth, with credentials, as skopeo pulls it", async () => {
  const image = await skopeo.multiPlatformImage("multi");
  await push(image.layout, `${berth.address}/acme/multi:1`, `--dest-creds=${USER}:${PASSWORD}`);

  await pull(`${skopeo.server.address}/other/acme/multi:1`, skopeo.path("multi-pulled"));

  const layout = skopeo.path("multi-pulled");
  expect(digestInLayout(layout)).toBe(image.index.digest);
  for (const part of image.images.flatMap(({ config, layers }) => [config, ...layers])) {
    expect(await hasIntactBlob(layout, part)).toBe(true);
  }
});

test.skipIf(lacks("crane's pull of an index through a cache", ["crane"]))(
  "of an index only the platform comes here that crane pulls, and the other one once it is wanted",
  async () => {
    const image = await skopeo.multiPlatformImage("multi-crane");
    await push(image.layout, `${new URL(debian.url).host}/team/multi-crane:1`);
    const [amd64, arm64] = image.images.map(({ config, layers }) => [config, ...layers].map(({ digest }) => digest));
    const crane = async (layout: string, ...options: string[]) => {
      const command = [findProgram("crane") ?? "crane", "pull", "--format", "oci", ...options] as const;
      const name = `${skopeo.server.address}/hub/team/multi-crane:1`;
      // Nobody is logged in: the organization is public.
      const environment = { DOCKER_CONFIG: skopeo.path("nobody") };
      const { exitCode, output } = await execute([...command, name, skopeo.path(layout)], { environment });
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    };

    toDebian.exchanges.length = 0;
    await crane("crane-arm64", "--platform", "linux/arm64");
    expect(blobsAmong(toDebian.exchanges).toSorted()).toEqual(arm64?.toSorted());

    toDebian.exchanges.length = 0;
    await crane("crane-all");
    expect(blobsAmong(toDebian.exchanges).toSorted()).toEqual(amd64?.toSorted());
    expect(digestInLayout(skopeo.path("crane-all"))).toBe(image.index.digest);
    for (const part of image.images.flatMap(({ config, layers }) => [config, ...layers])) {
      expect(await hasIntactBlob(skopeo.path("crane-all"), part)).toBe(true);
    }
  },
);

test("an upstream that breaks off in the middle leaves nothing, and the next pull gets all of it", async () => {
  const image = await skopeo.image("broken", [6 * MIB]);
  await push(image.layout, `${new URL(debian.url).host}/team/broken:1`);
  const [layer] = image.layers;
  const path = `/v2/hub/team/broken/blobs/${layer?.digest}`;
  await skopeo.ask("/v2/hub/team/broken/manifests/1");
  const attempt = async () => (await (await skopeo.ask(path)).arrayBuffer()).byteLength;

  toDebian.cutNextAnswerAfter(2 * MIB);
  const results = await Promise.allSettled([attempt(), attempt(), attempt()]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  toDebian.exchanges.length = 0;
  expect(await attempt()).toBe(layer?.size);
  expect(await attempt()).toBe(layer?.size);
  expect(blobsAmong(toDebian.exchanges)).toEqual([layer?.digest]);
});

test("containerd pulls by a mirror, both ways that hosts.toml has", async () => {
  const image = await skopeo.image("mirrored", [1000, 100_000]);
  await push(image.layout, `${new URL(debian.url).host}/library/mirrored:1`);
  const ways = {
    // By `?ns=docker.io`, which MIRRORS knows.
    asked: `[host."${skopeo.server.url}"]\n  capabilities = ["pull", "resolve"]\n`,
    // By a path of its own.
    below: `[host."${skopeo.server.url}/v2/hub"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n`,
  };
  for (const [way, host] of Object.entries(ways)) {
    const hosts = daemons.path(`hosts-${way}`);
    mkdirSync(join(hosts, "docker.io"), { recursive: true });
    writeFileSync(join(hosts, "docker.io", "hosts.toml"), `server = "https://registry.invalid"\n\n${host}`);
    const name = "docker.io/library/mirrored:1";
    const ctr = (...args: string[]) =>
      execute([findProgram("ctr") ?? "ctr", "--address", daemons.containerdSocket, "--namespace", way, ...args], {
        timeout: 60_000,
      });
    const result = await ctr("images", "pull", "--hosts-dir", hosts, "--snapshotter", "native", name);
    expect({ way, exitCode: result.exitCode, output: result.output }).toMatchObject({ exitCode: 0 });
    expect((await ctr("images", "list", `name==${name}`)).stdout).toContain(image.descriptor.digest);
  }
});

test("while upstream is down, what is here is served, and says that it may be old", async () => {
  const image = await skopeo.image("lasting", [1000]);
  const other = await startServer(skopeo.path("mortal"), 0, ALLOWED);
  await push(image.layout, `${other.address}/acme/lasting:1`, `--dest-creds=${USER}:${PASSWORD}`);
  await standFor("mortal", other.url, { username: USER, password: PASSWORD }, { tagLifetime: 10 });
  await pullLikeDocker("mortal/acme/lasting", "1");
  await other.stop();

  const warned = async () => {
    const response = await skopeo.ask("/v2/mortal/acme/lasting/manifests/1");
    await response.arrayBuffer();
    return { status: response.status, warning: response.headers.get("Warning") };
  };
  await expect
    .poll(warned, { timeout: 30_000, interval: 1000 })
    .toEqual({ status: 200, warning: expect.stringContaining("Response is Stale") as string });
  const absent = await skopeo.ask("/v2/mortal/acme/absent/manifests/1");
  expect({ status: absent.status, body: await absent.text() }).toMatchObject({
    status: 502,
    body: expect.stringContaining("cannot be reached") as string,
  });
});
