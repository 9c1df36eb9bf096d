/** `berth doctor --deep`: what is whole, and what is lost, changed, cut, or not for everybody. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { globSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeAll, expect, test } from "vitest";
import { ended } from "../support/commands.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { MIB, writeImage } from "../support/image-layouts.ts";
import { describeUsage, watchMemory } from "../support/memory.ts";
import { INDEX_TYPE, MANIFEST_TYPE, pushBlob, pushImage, pushIndex, putManifest } from "../support/server-images.ts";
import { addAccount, addReader, operatorOf, type Person } from "../support/server-people.ts";
import { makeTemporaryDirectory, PASSWORD, removeDirectory, startServer, USER } from "../support/server.ts";
import { Home, useRegistry } from "./registry-with-home.ts";
import { PROGRAM } from "./running-proxy.ts";

/** One registry stands for another one here. */
const ALLOWED = { ALLOWED_TARGETS: "127.0.0.1" };
const registry = useRegistry(ALLOWED);
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const FOREIGN_TYPE = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const LARGE_MIB = 200;
const MEMORY_LIMIT_MIB = 64;
let operator: Person;
let nextSize = 300_000;
const open = new Set<HttpServer>();

beforeAll(() => {
  operator = operatorOf(registry.server);
});
afterEach(() => {
  for (const server of open) server.close();
  open.clear();
});

interface Result {
  complete: boolean;
  images: number;
  tags: number;
  manifests: number;
  blobs: number;
  bytes: number;
  faults: { kind: string; image: string; tags: string[]; digest: string; detail: string; mend: string }[];
  omissions: { image: string; digest: string; detail: string }[];
}

async function examine(args: readonly string[], environment: NodeJS.ProcessEnv = {}, host = registry.server.address) {
  const command = ["doctor", host, "--deep", "--json", ...args];
  const { stdout, stderr, exitCode } = await registry.home.berth(command, { environment });
  return { exitCode, stderr, result: stdout === "" ? undefined : (JSON.parse(stdout) as Result) };
}

/** Pushes an image with a layer of a size that no other blob has, so that its file can be told. */
async function pushLayer(repository: string, tag = "1", subject?: { digest: string; size: number }) {
  nextSize += 1;
  const layer = await pushBlob(operator, repository, LAYER_TYPE, randomBytes(nextSize));
  const text = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [layer.digest] } };
  const type = "application/vnd.oci.image.config.v1+json";
  const config = await pushBlob(operator, repository, type, Buffer.from(JSON.stringify(text)));
  const manifest = await putManifest(operator, repository, tag, {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config,
    layers: [layer],
    ...(subject && { subject: { mediaType: MANIFEST_TYPE, ...subject } }),
  });
  return { layer, config, manifest };
}

/** The one file of R2 that has so many bytes. */
function fileOf(bytes: number): string {
  const files = globSync(join(registry.stateDir, "data", "r2", "*", "blobs", "*"));
  const [file, ...others] = files.filter((each) => statSync(each).size === bytes);
  if (file === undefined || others.length > 0)
    throw new Error(`${others.length} files more than one of ${bytes} bytes`);
  return file;
}

/** Does something to the rows of the registry, which does not run meanwhile. */
async function withDatabase(change: (database: DatabaseSync) => void): Promise<void> {
  const { port } = registry.server;
  await registry.server.stop();
  const files = globSync(join(registry.stateDir, "data", "d1", "**", "*.sqlite"));
  const file = files.find((each) => !each.endsWith("metadata.sqlite"));
  const database = new DatabaseSync(file ?? "");
  database.exec("PRAGMA foreign_keys = off");
  for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all()) {
    if (String(name).includes("manifest")) database.exec(`DROP TRIGGER "${String(name)}"`);
  }
  change(database);
  database.close();
  registry.server = await startServer(registry.stateDir, port, ALLOWED);
  operator = operatorOf(registry.server);
}

type Intervention = number | undefined | Promise<number | undefined>;

/** A way to the registry. @param intervene gives the status of an answer in place of the registry's. */
async function startWay(intervene: (path: string, attempt: number) => Intervention): Promise<string> {
  const attempts = new Map<string, number>();
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(`${request.method} ${request.url}`);
    const attempt = (attempts.get(path) ?? 0) + 1;
    attempts.set(path, attempt);
    const status = await intervene(path, attempt);
    if (status !== undefined) {
      response.writeHead(status, { "Retry-After": "1" }).end();
      return;
    }
    const headers = { ...request.headers, host: registry.server.address };
    const onward = requestHttp(
      `${registry.server.url}${request.url}`,
      { method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
  const server = createServer((request, response) => void pass(request, response));
  open.add(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a sound registry is read to its end, and nothing of it counts as pulled", async () => {
  const image = await pushLayer("sound/web");
  const signature = await pushLayer("sound/web", `sha256-${image.manifest.digest.slice(7)}.sig`);
  const referrer = await pushLayer("sound/web", "sbom", image.manifest);
  await operator.ask("DELETE", `/api/organizations/sound/images/web/tags/sbom`);
  await pushIndex(operator, "sound/multi", "1");
  await pushImage(operator, "sound/private", "1");
  const pulls = () => operator.ask<{ images: { pulls: number }[] }>("GET", "/api/images?organization=sound");

  const { exitCode, result, stderr } = await examine(["--organization", "sound"]);
  expect(stderr).toBe("");
  // Of the index three tags, and its two images have a configuration and a layer each.
  expect(result).toMatchObject({
    complete: true,
    images: 3,
    tags: 2 + 3 + 1,
    manifests: 3 + 3 + 1,
    blobs: 6 + 4 + 2,
    faults: [],
    omissions: [],
  });
  const layers = [image, signature, referrer].reduce((sum, { layer }) => sum + layer.size, 0);
  expect(result?.bytes).toBeGreaterThan(layers);
  expect(exitCode).toBe(0);
  await new Promise((done) => setTimeout(done, 2500));
  expect((await pulls()).images.map(({ pulls: count }) => count)).toEqual([0, 0, 0]);

  const { stdout } = await registry.home.berth(["doctor", registry.server.address, "--deep", "sound/web"]);
  expect(stdout).toMatch(/^ok +sound\/web\nRead 1 image: 2 tags, 3 manifests, 6 blobs, \S+ KiB\.\n$/);
  expect(await registry.home.run(["doctor", "--deep", "sound/web"])).toBe(stdout);
  // With a refresh token, which is exchanged for others.
  const home = new Home();
  await home.run(["login", registry.server.address, "-u", USER, "--password-stdin"], { input: PASSWORD });
  expect(await home.run(["doctor", registry.server.address, "--deep", "sound/web"])).toBe(stdout);
  home.remove();
  const quick = await examine(["--no-bytes", "--organization", "sound"]);
  expect(quick).toMatchObject({ exitCode: 0, result: { blobs: 12, faults: [] } });
  expect(quick.result?.bytes).toBeLessThan(image.layer.size);
});

test("what is lost, changed and cut is named with its tag and what to do", async () => {
  const gone = await pushLayer("broken/gone");
  const changed = await pushLayer("broken/changed", "2");
  const cut = await pushLayer("broken/cut", "3");
  rmSync(fileOf(gone.layer.size));
  const bytes = readFileSync(fileOf(changed.layer.size));
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(fileOf(changed.layer.size), bytes);
  truncateSync(fileOf(cut.layer.size), 1000);

  const { exitCode, result, stderr } = await examine(["--organization", "broken"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("3 faults in 3 of 3 images");
  expect(result).toMatchObject({ complete: true, images: 3 });
  const [ofChanged, ofCut, ofGone] = result?.faults ?? [];
  const repair = expect.stringContaining("check-storage") as string;
  expect(ofChanged).toMatchObject({ kind: "damaged-blob", image: "broken/changed", tags: ["2"], mend: repair });
  expect(ofChanged?.digest).toBe(changed.layer.digest);
  expect(ofCut).toMatchObject({ kind: "damaged-blob", image: "broken/cut", tags: ["3"], mend: repair });
  expect(ofCut?.detail).toBe(`layer ${cut.layer.digest} is damaged: it breaks off whenever it is read`);
  const push = expect.stringContaining("Push the image again") as string;
  expect(ofGone).toMatchObject({ kind: "missing-blob", digest: gone.layer.digest, mend: push });

  const quick = await examine(["--no-bytes", "broken/gone"]);
  expect(quick).toMatchObject({ exitCode: 1, result: { faults: [{ kind: "missing-blob" }] } });
  const { stdout } = await registry.home.berth(["doctor", registry.server.address, "--deep", "broken/changed"]);
  expect(stdout).toContain(`FAILED  broken/changed:2: layer ${changed.layer.digest} is damaged`);
}, 300_000);

test("a layer that was lost is whole again once somebody has pushed it", async () => {
  const { layer } = await pushLayer("healed/web");
  const file = fileOf(layer.size);
  const bytes = readFileSync(file);
  rmSync(file);
  expect((await examine(["healed/web"])).exitCode).toBe(1);
  await pushBlob(operator, "healed/web", LAYER_TYPE, bytes);
  expect(await examine(["healed/web"])).toMatchObject({ exitCode: 0, result: { faults: [] } });
});

test("a manifest that is gone, one with another text, and false sizes are found", async () => {
  const changed = await pushLayer("rows/changed");
  const index = await pushIndex(operator, "rows/multi", "1");
  const child = await registry.digestOf("rows/multi", "1-arm64");
  const { layer, config } = await pushLayer("rows/sizes");
  const sized = { schemaVersion: 2 as const, mediaType: MANIFEST_TYPE, config, layers: [{ ...layer, size: 7 }] };
  await putManifest(operator, "rows/sizes", "2", sized);
  await withDatabase((database) => {
    const run = (sql: string, ...values: string[]) => database.prepare(sql).run(...values);
    const ofDigest = "(SELECT id FROM manifests WHERE digest = ?)";
    run(
      `UPDATE manifest_texts SET text = replace(text, 'layers', 'lasers') WHERE manifest_id = ${ofDigest}`,
      changed.manifest.digest,
    );
    run(`DELETE FROM tags WHERE manifest_id = ${ofDigest}`, child ?? "");
    run("DELETE FROM manifests WHERE digest = ?", child ?? "");
  });

  const { exitCode, result } = await examine(["--organization", "rows"]);
  expect(exitCode).toBe(1);
  expect(result?.faults).toMatchObject([
    { kind: "damaged-manifest", image: "rows/changed", tags: ["1"], digest: changed.manifest.digest },
    { kind: "missing-manifest", image: "rows/multi", tags: ["1"], digest: child },
    { kind: "wrong-size", image: "rows/sizes", tags: ["2"], digest: layer.digest },
  ]);
  expect(index.digest).not.toBe(child);
});

test("an index that says of a manifest what is not so is found", async () => {
  const { digest } = await pushImage(operator, "index/web", "1");
  const manifests = [{ mediaType: DOCKER_MANIFEST, digest, size: 5, platform: { os: "linux", architecture: "amd64" } }];
  await putManifest(operator, "index/web", "2", { schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
  const { exitCode, result } = await examine(["index/web"]);
  expect(result?.faults).toMatchObject([
    { kind: "wrong-type", digest, tags: ["1", "2"], detail: expect.stringContaining(DOCKER_MANIFEST) },
    { kind: "wrong-size", digest, mend: expect.stringContaining("Build the image again") },
  ]);
  expect(exitCode).toBe(1);
});

test("layers that may not be distributed are left out, and said to be", async () => {
  const { config, layer } = await pushLayer("windows/nano");
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const foreign = { mediaType: FOREIGN_TYPE, digest, size: 99, urls: ["https://example.com/layer"] };
  const manifest = { schemaVersion: 2 as const, mediaType: MANIFEST_TYPE, config, layers: [foreign, layer] };
  await putManifest(operator, "windows/nano", "2", manifest);
  const { exitCode, result } = await examine(["windows/nano"]);
  expect(result).toMatchObject({ faults: [], omissions: [{ image: "windows/nano", digest, tags: ["2"] }] });
  expect(exitCode).toBe(0);
});

test("of a pull-through cache only what it has is read", async () => {
  const stateDir = makeTemporaryDirectory();
  const elsewhere = await startServer(stateDir);
  const there = operatorOf(elsewhere);
  await pushIndex(there, "library/multi", "1");
  const remote = { name: "elsewhere", url: elsewhere.url, username: USER, password: PASSWORD };
  await operator.ask("POST", "/api/remotes", remote);
  await operator.ask("POST", "/api/organizations", { name: "cache" });
  await operator.ask("PUT", "/api/organizations/cache/upstream", { remote: "elsewhere", path: "library" });
  const archive = registry.home.path("multi.tar");
  await registry.home.run(["pull", "cache/multi:1", archive, "--platform", "linux/arm64"]);

  const first = await examine(["cache/multi"]);
  expect(first.result).toMatchObject({ faults: [], tags: 1, manifests: 2, blobs: 2 });
  const omitted = first.result?.omissions ?? [];
  expect(omitted.map(({ detail }) => detail)).toEqual([expect.stringContaining("gets it with the first pull")]);
  // The examination has fetched nothing.
  expect((await examine(["cache/multi"])).result).toEqual(first.result);
  expect(first.exitCode).toBe(0);
  await elsewhere.stop();
  // Nor does it need the other registry.
  expect((await examine(["cache/multi"])).result).toEqual(first.result);
  removeDirectory(stateDir);
});

test("everybody reads what they may pull, and nothing else", async () => {
  const east = await addAccount(registry.server, "east");
  await pushImage(east, "visible/web", "1");
  await pushImage(east, "hidden/web", "1");
  const reader = await addReader(registry.server, east, "rita", "visible");
  const environment = { BERTH_USERNAME: reader.name, BERTH_PASSWORD: reader.password };

  expect(await examine(["--scope", "own"], environment)).toMatchObject({
    exitCode: 0,
    result: { images: 1, blobs: 2 },
  });
  expect(await examine(["hidden/web"], environment)).toMatchObject({ exitCode: 4, result: undefined });
  await east.ask("PATCH", "/api/organizations/hidden/images/web", { public: true });
  expect(await examine([], environment)).toMatchObject({ exitCode: 0, result: { images: 2, blobs: 4 } });
  // Somebody without credentials reads public images that they name.
  const nobody = { BERTH_USERNAME: "", BERTH_PASSWORD: "" };
  expect(await examine(["hidden/web"], nobody)).toMatchObject({ exitCode: 0, result: { images: 1, blobs: 2 } });
  expect(await examine([], nobody)).toMatchObject({ exitCode: 3, result: undefined });
});

test.for([
  [["doctor", "acme/web"], "path"],
  [["doctor", "127.0.0.1", "acme/web"], "--deep"],
  [["doctor", "127.0.0.1", "--no-bytes"], "--deep"],
  [["doctor", "127.0.0.1", "--deep", "--probe-limit"], "pushes nothing"],
  [["doctor", "127.0.0.1", "--deep", "acme/web", "--organization", "acme"], "not both"],
  [["doctor", "--deep", "acme/web", "--scope", "own"], "not both"],
  [["doctor", "127.0.0.1", "--deep", "acme"], "no image"],
  [["doctor", "127.0.0.1", "--deep", "--jobs", "0"], "--jobs"],
] as const)("berth %o is wrong usage", async ([args, message]) => {
  const { exitCode, stderr } = await registry.home.berth(args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

test("connections that break off and answers that ask for patience are tried again", async () => {
  await writeImage(registry.home.path("bad-line"), { seed: "bad line", layers: [24 * MIB] });
  await registry.home.run(["push", registry.home.path("bad-line"), "line/web:1"]);
  const busy = await startWay((path, attempt) => (attempt === 1 && /blobs|tags|text/.test(path) ? 503 : undefined));
  expect(await examine(["line/web"], { BERTH_REGISTRY: busy }, busy)).toMatchObject({
    exitCode: 0,
    result: { blobs: 2, faults: [] },
  });

  const line = await startCuttingProxy(registry.server.port, { everyMs: 40 });
  const timer = setTimeout(line.mend, 2000);
  const host = line.url;
  const interrupted = await examine(["line/web"], { BERTH_REGISTRY: host }, host);
  clearTimeout(timer);
  line.close();
  expect(line.cuts()).toBeGreaterThan(0);
  expect(interrupted).toMatchObject({ exitCode: 0, result: { complete: true, blobs: 2, faults: [] } });
});

test("what is deleted meanwhile is no fault", async () => {
  const first = await pushLayer("fleeting/1-first");
  const second = await pushLayer("fleeting/2-second");
  const third = await pushLayer("fleeting/3-third");
  await pushLayer("fleeting/4-fourth");
  const withoutManifest = async (image: string, { manifest }: typeof first) => {
    const { status } = await operator.send("DELETE", `/v2/fleeting/${image}/manifests/${manifest.digest}`);
    deletions.push(status);
  };
  const deletions: number[] = [];
  const host = await startWay(async (path, attempt) => {
    if (path.includes(`/1-first/manifests/${first.manifest.digest}/text`) && attempt === 1) {
      await withoutManifest("1-first", first);
    }
    if (path.includes("/2-second/") && path.includes(`/blobs/${second.layer.digest}`)) {
      if (attempt === 1 && path.startsWith("HEAD /api")) await withoutManifest("2-second", second);
      return 404;
    }
    if (path.startsWith("HEAD") && path.includes(`/3-third/blobs/${third.layer.digest}`)) {
      await operator.ask("DELETE", "/api/organizations/fleeting/images/4-fourth");
    }
    return undefined;
  });
  const { exitCode, result } = await examine(["--organization", "fleeting"], { BERTH_REGISTRY: host }, host);
  expect(deletions).toEqual([202, 202]);
  expect(result).toMatchObject({ complete: true, images: 3, manifests: 2, faults: [], omissions: [] });
  expect(exitCode).toBe(0);
});

/** Runs it in a process that can be ended. */
function start(host: string, args: readonly string[]) {
  const [program, ...first] = PROGRAM;
  const child = spawn(program, [...first, "doctor", host, "--deep", ...args], {
    env: { ...process.env, ...registry.home.environment, BERTH_REGISTRY: host },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  return { child, pid: child.pid ?? 0, ended: ended(child), output: () => output };
}

test("Ctrl-C ends it at once, and it says how far it came", async () => {
  await pushImage(operator, "stopped/first", "1");
  await pushLayer("stopped/second");
  const reached = Promise.withResolvers<void>();
  const host = await startWay((path) => {
    if (!path.startsWith("GET /v2/stopped/second/blobs/")) return undefined;
    reached.resolve();
    return 503;
  });
  const running = start(host, ["--organization", "stopped"]);
  await reached.promise;
  const at = performance.now();
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  expect(performance.now() - at).toBeLessThan(5000);
  expect(running.output()).toContain("ok      stopped/first");
  expect(running.output()).toContain("Read 1 of 2 images so far");
});

test("a registry that goes away is no fault of what it has", { timeout: 300_000 }, async () => {
  await pushImage(operator, "away/first", "1");
  await pushLayer("away/second");
  let isAway = false;
  const host = await startWay((path) => {
    isAway ||= path.startsWith("GET /v2/away/second/blobs/");
    return isAway ? 503 : undefined;
  });
  const { exitCode, result } = await examine(["--organization", "away"], { BERTH_REGISTRY: host }, host);
  expect(result).toMatchObject({ complete: false, images: 1, faults: [] });
  expect(exitCode).toBe(1);
});

test(`a layer of ${LARGE_MIB} MiB takes no memory to speak of`, { timeout: 300_000 }, async () => {
  await writeImage(registry.home.path("large"), { seed: "large", layers: [LARGE_MIB * MIB] });
  await registry.home.run(["push", registry.home.path("large"), "large/web:1"]);
  await pushImage(operator, "large/zero", "1");
  const [reached, released, read, measured] = Array.from({ length: 4 }, () => Promise.withResolvers<undefined>());
  const host = await startWay((path, attempt) => {
    if (path.startsWith("GET /v2/large/web/blobs/")) {
      reached?.resolve(undefined);
      return released?.promise;
    }
    // The second one comes once the first image has been read.
    if (path !== "GET /api/organizations/large/images/zero" || attempt < 2) return undefined;
    read?.resolve(undefined);
    return measured?.promise;
  });
  const running = start(host, ["--jobs", "1", "large/web", "large/zero"]);
  await reached?.promise;
  const usage = await watchMemory({ berth: running.pid }, () => {
    released?.resolve(undefined);
    return read?.promise ?? Promise.resolve();
  });
  measured?.resolve(undefined);
  expect(await running.ended).toBe(0);
  console.log(`reading ${LARGE_MIB} MiB: ${describeUsage(usage)}`);
  expect(running.output()).toContain("Read 2 images: 2 tags, 2 manifests, 4 blobs, 200 MiB.");
  expect(usage.each.berth.peak - usage.each.berth.before).toBeLessThan(MEMORY_LIMIT_MIB);
});
