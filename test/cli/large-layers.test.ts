/** What the tool is for: layers beyond the limit that an edge sets to requests, over bad lines, in little memory. */
import { once } from "node:events";
import { rmSync } from "node:fs";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DAEMON_PROGRAMS, dockerDaemon } from "../clients/docker-daemon.ts";
import { execute, findProgram } from "../support/commands.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { dockerArchiveOf, MIB, writeImage } from "../support/image-layouts.ts";
import { describeUsage, watchMemory } from "../support/memory.ts";
import { requirePrograms } from "../support/requirements.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { type Edge, startEdge } from "./edge.ts";
import { type RunningProxy, startBerthProxy } from "./running-proxy.ts";
import { useRegistry } from "./registry-with-home.ts";
import { pushLayer } from "./single-request.ts";

const registry = useRegistry();
const daemon = dockerDaemon();
const isThere = requirePrograms("layers beyond an edge's limit", ["docker", ...DAEMON_PROGRAMS, "nginx"]);

/** Above the limit of any plan of Cloudflare's that can be bought without asking. */
const LAYER_MIB = Number(process.env.CLI_LAYER_MIB ?? 1536);
/** What a registry has to take, less what gzip adds to bytes that it cannot compress. */
const HUGE_BYTES = 10 * 1024 * MIB - 8 * MIB;
const LARGE_MS = 900_000;
const HUGE_MS = 3_600_000;
/** How often docker's pushes lose all connections between the proxy and the edge, and any that has carried more than a chunk. */
const CUTS = { everyMs: 30_000, afterBytes: 100 * MIB };
/** Above what a process has when nothing goes on: chunks have 80 MiB, so it could hold not even two. */
const PROXY_LIMIT_MIB = 150;
/** What a Worker may have at all on Cloudflare; when garbage is collected is workerd's own affair. */
const WORKERD_LIMIT_MIB = 128;

let edge: Edge;
let proxy: RunningProxy;

beforeAll(async () => {
  if (!isThere) return;
  edge = await startEdge(registry.server.port);
  proxy = await startBerthProxy(edge.url);
  await daemon.start();
});
afterAll(async () => {
  await daemon.stop();
  if (!isThere) return;
  await proxy.stop();
  await edge.stop();
});

/** Runs docker, whatever comes of it. */
function docker(args: readonly string[], input?: string) {
  const environment = { DOCKER_CONFIG: registry.home.path("docker") };
  const options = { environment, timeout: HUGE_MS, ...(input !== undefined && { input }) };
  return execute([findProgram("docker") ?? "docker", "--host", daemon.host, ...args], options);
}

async function dockerDoes(args: readonly string[], input?: string): Promise<string> {
  const { exitCode, output } = await docker(args, input);
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} ended with ${exitCode}:\n${output}`);
  return output;
}

/** What the proxy and the Worker have once they have done everything a first time. */
async function warmUp({ url }: RunningProxy): Promise<void> {
  await pushLayer(url, "acme/warm", 64 * MIB, "streamed");
}

test(
  `docker push of ${LAYER_MIB} MiB fails at the edge, and passes through the proxy over a bad line in little memory`,
  { timeout: LARGE_MS },
  () => expectDockerPush("large", LAYER_MIB * MIB),
);

test("docker push of 10 GiB does so too", { timeout: HUGE_MS }, async ({ skip }) => {
  const reason = "takes 20 minutes and 40 GiB of disk; BERTH_CLI_HUGE=1 runs it";
  if (process.env.BERTH_CLI_HUGE !== "1") console.warn(`Skipping docker push of 10 GiB: ${reason}.`);
  skip(process.env.BERTH_CLI_HUGE !== "1", reason);
  await expectDockerPush("huge", HUGE_BYTES);
});

/**
 * Pushes an image of one layer to the edge, which refuses it, and through a proxy over a bad line, from where docker pulls
 * it back once that is mended.
 */
async function expectDockerPush(name: string, bytes: number): Promise<void> {
  const id = await load(name, bytes);
  const line = await startCuttingProxy(edge.port, CUTS);
  const through = await startBerthProxy(line.url);
  try {
    for (const { address } of [edge, through]) {
      await dockerDoes(["login", "-u", USER, "--password-stdin", address], PASSWORD);
      await dockerDoes(["tag", id, `${address}/acme/${name}:1`]);
    }
    const refused = await docker(["push", `${edge.address}/acme/${name}:1`]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(/413|Request Entity Too Large/i);

    await warmUp(through);
    const image = `${through.address}/acme/${name}:1`;
    const pids = { proxy: through.pid, workerd: registry.server.workerdPid };
    const start = performance.now();
    const usage = await watchMemory(pids, () => dockerDoes(["push", image]));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const size = `${(bytes / MIB).toFixed(0)} MiB`;
    console.log(`docker push of ${size} in ${seconds} s, ${line.cuts()} connections cut: ${describeUsage(usage)}`);
    expect(usage.each.proxy.peak - usage.each.proxy.before).toBeLessThan(PROXY_LIMIT_MIB);
    expect(usage.each.workerd.peak - usage.each.workerd.before).toBeLessThan(WORKERD_LIMIT_MIB);
    expect(line.cuts()).toBeGreaterThan(0);

    line.mend();
    await dockerDoes(["rmi", "--force", id]);
    await dockerDoes(["pull", image]);
    expect((await dockerDoes(["image", "inspect", "--format", "{{.Id}}", image])).trim()).toBe(id);
    await dockerDoes(["rmi", "--force", id]);
  } finally {
    await through.stop();
    line.close();
  }
}

/** Loads an image of one layer into docker. @returns its id. */
async function load(name: string, bytes: number): Promise<string> {
  const layout = registry.home.path(name);
  await writeImage(layout, { seed: name, layers: [bytes] });
  const from = dockerArchiveOf(layout);
  const loaded = await execute([findProgram("docker") ?? "docker", "--host", daemon.host, "load"], {
    from,
    timeout: HUGE_MS,
  });
  rmSync(layout, { recursive: true });
  return /sha256:[0-9a-f]{64}/.exec(loaded.stdout)?.[0] ?? loaded.output;
}

test.for([
  ["whose edge passes bodies on as they come", false],
  ["whose edge passes bodies on only once they are complete", true],
] as const)(
  "a layer arrives over a line that is cut every three seconds, %s",
  { timeout: LARGE_MS },
  async ([, isBuffering]) => {
    const further = await startEdge(registry.server.port, { isBuffering });
    const line = await startCuttingProxy(further.port, { everyMs: 3000 });
    const through = await startBerthProxy(line.url);
    try {
      const repository = `acme/cut-${String(isBuffering)}`;
      await pushLayer(through.url, repository, 400 * MIB, "streamed");
      await pushLayer(through.url, repository, 200 * MIB, "known length");
      expect(line.cuts()).toBeGreaterThan(0);
      console.log(`${line.cuts()} connections were cut`);
    } finally {
      await through.stop();
      line.close();
      await further.stop();
    }
  },
);

test("what an edge takes at most is found out", { timeout: LARGE_MS }, async () => {
  const narrow = await startEdge(registry.server.port, { maxBody: "12m" });
  const through = await startBerthProxy(narrow.url);
  try {
    await pushLayer(through.url, "acme/narrow", 100 * MIB, "streamed");
    await pushLayer(through.url, "acme/narrow", 60 * MIB, "known length");
    expect(through.output()).toContain("413");
  } finally {
    await through.stop();
    await narrow.stop();
  }
});

test("five layers at once arrive", { timeout: LARGE_MS }, async () => {
  await warmUp(proxy);
  const pids = { proxy: proxy.pid, workerd: registry.server.workerdPid };
  const usage = await watchMemory(pids, () =>
    Promise.all(Array.from({ length: 5 }, (_, at) => pushLayer(proxy.url, `acme/five-${at}`, 150 * MIB, "streamed"))),
  );
  console.log(`five layers of 150 MiB at once: ${describeUsage(usage)}`);
  expect(usage.each.proxy.peak - usage.each.proxy.before).toBeLessThan(PROXY_LIMIT_MIB);
});

test("a proxy that is killed in the middle leaves nothing behind", { timeout: LARGE_MS }, async () => {
  const folder = registry.home.path("spool");
  await execute(["mkdir", "-p", folder]);
  const victim = await startBerthProxy(edge.url, { args: ["--spool-dir", folder] });
  const pushing = stream(victim.url, "acme/killed").catch((error: unknown) => error);
  await expect.poll(() => openFiles(victim.pid), { timeout: 60_000 }).toContain(folder);
  process.kill(victim.pid, "SIGKILL");
  expect(await pushing).toBeInstanceOf(Error);
  expect((await execute(["ls", "-A", folder])).stdout).toBe("");
});

/** Sends bytes without end, as fast as they are taken. */
async function stream(url: string, repository: string): Promise<void> {
  const headers = { Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}` };
  const opened = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST", headers });
  // Not `fetch`, which goes on reading a body for a connection that is gone.
  const sending = request(new URL(opened.headers.get("Location") ?? "", url), { method: "PATCH", headers });
  const answered = once(sending, "response");
  await Promise.all([pipeline(Readable.from(endless()), sending), answered]);
}

function* endless(): Generator<Buffer> {
  const bytes = Buffer.alloc(MIB);
  for (;;) yield bytes;
}

async function openFiles(pid: number): Promise<string> {
  return (await execute(["ls", "-l", `/proc/${pid}/fd`])).stdout;
}
