/** Large layers on their way to another registry: in one request, through an edge that limits requests, over a bad line. */
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../cli/edge.ts";
import { startCuttingProxy } from "../support/cutting-proxy.ts";
import { MIB } from "../support/image-layouts.ts";
import { requirePrograms } from "../support/requirements.ts";
import { MANIFEST_TYPE, pushBlob, putManifest } from "../support/server-images.ts";
import { addAccount, type Person } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { startRecordingProxy } from "./recording-proxy.ts";
import {
  endedJobs,
  jobsOf,
  manifestAt,
  registerRemote,
  startBerthTarget,
  startDockerRegistry,
  type Target,
} from "./targets.ts";

const isThere = requirePrograms("large layers to other registries", ["docker-registry", "nginx"]);

/** `SYNC_LAYER_MIB=3072` sends 3 GiB, which takes some two minutes on two cores and 10 GiB of disk. */
const LAYER_BYTES = Number(process.env.SYNC_LAYER_MIB ?? 512) * MIB;
const LARGE_MS = 900_000;
const CUT_LAYER_BYTES = 600 * MIB;

const directory = makeTemporaryDirectory();
let server: Server;
let person: Person;
let target: Target;
let edge: Edge;

beforeAll(async () => {
  if (!isThere) return;
  server = await startServer(join(directory, "state"), 0, { ALLOWED_TARGETS: "127.0.0.1" });
  person = await addAccount(server, "sender");
  target = await startDockerRegistry();
  edge = await startEdge(target.port);
});
afterAll(async () => {
  if (!isThere) return;
  await edge.stop();
  await target.stop();
  await server.stop();
  removeDirectory(directory);
});

/** Pushes an image whose one layer consists of zeros, but for its beginning. @returns the layer's digest. */
async function pushLayer(repository: string, bytes: number, seed: string): Promise<string> {
  const piece = Buffer.alloc(MIB);
  const hash = createHash("sha256");
  const pieces = function* () {
    for (let at = 0; at < bytes; at += MIB) {
      if (at === 0) yield Buffer.concat([Buffer.from(seed.padEnd(64)), piece.subarray(64)]);
      else yield piece;
    }
  };
  for (const one of pieces()) hash.update(one);
  const digest = `sha256:${hash.digest("hex")}`;
  const { status } = await new Promise<{ status: number }>((done, failed) => {
    const upload = request(
      `${server.url}/v2/${repository}/blobs/uploads/?digest=${digest}`,
      {
        method: "POST",
        headers: {
          Authorization: person.authorization,
          "Content-Type": "application/octet-stream",
          "Content-Length": bytes,
        },
      },
      (response) => done({ status: response.resume().statusCode ?? 0 }),
    );
    upload.on("error", failed);
    const source = pieces();
    const more = () => {
      for (let next = source.next(); !next.done; next = source.next()) {
        if (!upload.write(next.value)) return void upload.once("drain", more);
      }
      upload.end();
    };
    more();
  });
  expect(status).toBe(201);
  const config = await pushBlob(
    person,
    repository,
    "application/vnd.oci.image.config.v1+json",
    Buffer.from(`{"seed":"${seed}"}`),
  );
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: bytes };
  await putManifest(person, repository, "v1", { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer] });
  return digest;
}

async function ruleTo(organization: string, remote: string, url: string, to = target): Promise<void> {
  await registerRemote(person, remote, { ...to, url });
  await person.ask("POST", "/api/organizations", { name: organization });
  await person.ask("POST", `/api/organizations/${organization}/sync-rules`, {
    remote,
    remoteOrganization: organization,
  });
}

async function expectArrived(organization: string, digest: string, bytes: number, to = target): Promise<void> {
  expect(await manifestAt(to, `${organization}/web`, "v1")).toBeDefined();
  const headers: Record<string, string> = {};
  if (to.username !== null)
    headers["Authorization"] = `Basic ${Buffer.from(`${to.username}:${to.password}`).toString("base64")}`;
  const response = await fetch(`${to.url}/v2/${organization}/web/blobs/${digest}`, { method: "HEAD", headers });
  expect(Number(response.headers.get("Content-Length"))).toBe(bytes);
}

test("a layer goes in one request where the registry takes it", { timeout: LARGE_MS }, async () => {
  const proxy = await startRecordingProxy(target.port);
  try {
    await ruleTo("whole", "whole", proxy.url);
    const bytes = 150 * MIB;
    const digest = await pushLayer("whole/web", bytes, "whole");
    expect(await endedJobs(person, "whole", 1, LARGE_MS)).toMatchObject([
      { status: "success", bytesTotal: bytes + 16 },
    ]);
    await expectArrived("whole", digest, bytes);
    const sent = proxy.taken("PUT", /\/blobs\/uploads\//).map((request) => request.sent);
    expect(sent).toContain(bytes);
    expect(proxy.taken("PATCH", /./)).toEqual([]);
  } finally {
    proxy.close();
  }
});

test(
  "and in pieces below 95 MB where it is behind Cloudflare, without one that is too large",
  { timeout: LARGE_MS },
  async () => {
    const proxy = await startRecordingProxy(target.port, { limitBytes: 100_000_000, headers: { "CF-Ray": "8f0" } });
    try {
      await ruleTo("cloud", "cloud", proxy.url);
      const bytes = 250 * MIB;
      const digest = await pushLayer("cloud/web", bytes, "cloud");
      expect(await endedJobs(person, "cloud", 1, LARGE_MS)).toMatchObject([{ status: "success" }]);
      await expectArrived("cloud", digest, bytes);
      expect(proxy.seen.filter(({ status }) => status === 413)).toEqual([]);
      expect(Math.max(...proxy.seen.map(({ sent }) => sent))).toBe(95_000_000);
    } finally {
      proxy.close();
    }
  },
);

test(
  "a layer beyond an edge's limit arrives through nginx, and the job tells how far it is",
  { timeout: LARGE_MS },
  async () => {
    await ruleTo("edge", "edge", edge.url);
    const digest = await pushLayer("edge/web", LAYER_BYTES, "edge");
    const seen = new Set<number>();
    let isEnded = false;
    const watching = (async () => {
      while (!isEnded) {
        for (const { bytesDone } of await jobsOf(person, "edge")) seen.add(bytesDone);
        await new Promise((done) => setTimeout(done, 500));
      }
    })();
    const start = performance.now();
    try {
      expect(await endedJobs(person, "edge", 1, LARGE_MS)).toMatchObject([
        { status: "success", bytesDone: LAYER_BYTES + 15 },
      ]);
    } finally {
      isEnded = true;
      await watching;
    }
    console.log(`${LAYER_BYTES / MIB} MiB through nginx in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    await expectArrived("edge", digest, LAYER_BYTES);
    expect(seen.size).toBeGreaterThan(2);
  },
);

test("a layer arrives over a line that is cut every two seconds", { timeout: LARGE_MS }, async () => {
  // docker-registry 2.8 forgets an upload whose connection breaks.
  const berth = await startBerthTarget();
  const line = await startCuttingProxy(berth.port, { everyMs: 2000 });
  try {
    await ruleTo("cut", "cut", line.url, berth);
    const digest = await pushLayer("cut/web", CUT_LAYER_BYTES, "cut");
    const jobs = await endedJobs(person, "cut", 1, LARGE_MS);
    expect(jobs).toMatchObject([{ status: "success" }]);
    console.log(`${CUT_LAYER_BYTES / MIB} MiB, ${line.cuts()} connections cut`);
    await expectArrived("cut", digest, CUT_LAYER_BYTES, berth);
  } finally {
    line.close();
    await berth.stop();
  }
});
