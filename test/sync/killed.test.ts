/** Synchronization whose Worker is killed again and again: nothing is lost, nothing comes twice, nothing comes too early. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requirePrograms } from "../support/requirements.ts";
import { pushImage } from "../support/server-images.ts";
import { addAccount, type Person } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { type RecordingProxy, startRecordingProxy } from "./recording-proxy.ts";
import { endedJobs, jobsOf, manifestAt, registerRemote, startDockerRegistry, type Target } from "./targets.ts";

const isThere = requirePrograms("synchronization that is killed", ["docker-registry"]);
const ENVIRONMENT = { ALLOWED_TARGETS: "127.0.0.1" };
/** By hand it is the whole of it; `.ci/run` takes a part, which is minutes less. */
const IMAGES = Number(process.env["SYNC_IMAGES"] ?? 20);
const TAGS = 10;
const KILLS = Number(process.env["SYNC_KILLS"] ?? 10);
const PATIENCE_MS = 900_000;

const directory = makeTemporaryDirectory();
let server: Server;
let person: Person;
let target: Target;
let proxy: RecordingProxy;

beforeAll(async () => {
  if (!isThere) return;
  server = await startServer(join(directory, "state"), 0, ENVIRONMENT);
  person = await addAccount(server, "sender");
  target = await startDockerRegistry();
  proxy = await startRecordingProxy(target.port);
  await registerRemote(person, "docker", { ...target, url: proxy.url });
});
afterAll(async () => {
  if (!isThere) return;
  proxy.close();
  await target.stop();
  await server.stop();
  removeDirectory(directory);
});

const TAG_PUT = /^\/v2\/(there\/image-\d+)\/manifests\/(v\d+)$/;

/** Kills workerd as a power cut would, and starts the registry again on what is left. */
async function killAndRestart(): Promise<void> {
  process.kill(server.workerdPid, "SIGKILL");
  await server.ended;
  server = await startServer(server.stateDir, server.port, ENVIRONMENT);
}

test(
  `${IMAGES * TAGS} jobs during which workerd is killed ${KILLS} times all arrive, once each, and no tag before its bytes`,
  { timeout: PATIENCE_MS },
  async () => {
    await person.ask("POST", "/api/organizations", { name: "here" });
    const rule = { remote: "docker", remoteOrganization: "there", automatic: false };
    const { id } = await person.ask<{ id: number }>("POST", "/api/organizations/here/sync-rules", rule);
    const pushed = new Map<string, string>();
    for (let image = 0; image < IMAGES; image += 1) {
      const tags = Array.from({ length: TAGS }, (_, tag) => `v${tag}`);
      await Promise.all(
        tags.map(async (tag) => {
          pushed.set(`image-${image}:${tag}`, (await pushImage(person, `here/image-${image}`, tag)).digest);
        }),
      );
    }
    const { jobs } = await person.ask<{ jobs: number }>("POST", `/api/organizations/here/sync-rules/${id}/run`, {});
    expect(jobs).toBe(IMAGES * TAGS);

    const step = Math.floor((IMAGES * TAGS) / (KILLS + 1));
    for (let kills = 1; kills <= KILLS; kills += 1) {
      const deadline = Date.now() + 300_000;
      while (proxy.taken("PUT", TAG_PUT).length < kills * step && Date.now() < deadline) await sleep(20);
      await killAndRestart();
    }
    const ended = await endedJobs(person, "here", IMAGES * TAGS, PATIENCE_MS);
    expect(ended).toHaveLength(IMAGES * TAGS);
    expect(ended.filter(({ status }) => status !== "success")).toEqual([]);
    expect(await jobsOf(person, "here")).toHaveLength(IMAGES * TAGS);

    const puts = proxy.taken("PUT", TAG_PUT);
    expect(puts).toHaveLength(IMAGES * TAGS);
    expect(new Set(puts.map(({ path }) => path)).size).toBe(IMAGES * TAGS);
    const own = { url: server.url, username: person.name, password: person.password };
    for (const [name, digest] of pushed) {
      const [image = "", tag = ""] = name.split(":");
      const manifest = await manifestAt(own, `here/${image}`, tag);
      expect(await manifestAt(target, `there/${image}`, tag)).toEqual(manifest);
      expect(manifest?.digest).toBe(digest);
      const { config, layers } = JSON.parse(manifest?.body ?? "{}") as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      const tagged = proxy.seen.findIndex(
        ({ method, path }) => method === "PUT" && path === `/v2/there/${image}/manifests/${tag}`,
      );
      for (const blob of [config.digest, ...layers.map((layer) => layer.digest)]) {
        const isOfBlob = ({ method, path, status }: RecordingProxy["seen"][number]) =>
          path.startsWith(`/v2/there/${image}/blobs/`) &&
          decodeURIComponent(path).includes(blob) &&
          (method === "HEAD" ? status === 200 : status === 201);
        expect(proxy.seen.slice(0, tagged).some(isOfBlob), `${name}: ${blob}`).toBe(true);
      }
    }
  },
);
