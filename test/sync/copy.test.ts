/** Synchronization to real registries: what arrives, in which order, and what skopeo makes of it. */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requirePrograms } from "../support/requirements.ts";
import { MANIFEST_TYPE, pushBlob, pushImage, pushIndex, putManifest } from "../support/server-images.ts";
import { addAccount, type Person } from "../support/server-people.ts";
import { makeTemporaryDirectory, removeDirectory, type Server, startServer } from "../support/server.ts";
import { startRecordingProxy } from "./recording-proxy.ts";
import {
  endedJobs,
  type Job,
  jobsOf,
  manifestAt,
  registerRemote,
  skopeo,
  startBerthTarget,
  startDockerRegistry,
  type Target,
} from "./targets.ts";

const isThere = requirePrograms("synchronization to real registries", ["docker-registry", "skopeo"]);
const directory = makeTemporaryDirectory();
let server: Server;
let person: Person;
const targets: Record<string, Target> = {};

beforeAll(async () => {
  if (!isThere) return;
  server = await startServer(join(directory, "state"), 0, { ALLOWED_TARGETS: "127.0.0.1" });
  person = await addAccount(server, "sender");
  targets["docker"] = await startDockerRegistry();
  targets["berth"] = await startBerthTarget();
  for (const [name, target] of Object.entries(targets)) await registerRemote(person, name, target);
});
afterAll(async () => {
  if (!isThere) return;
  await Promise.all(Object.values(targets).map((target) => target.stop()));
  await server.stop();
  removeDirectory(directory);
});

function targetOf(name: string): Target {
  const target = targets[name];
  if (!target) throw new Error(`there is no target ${name}`);
  return target;
}

/** Gives an organization, which is made with its first image, a rule for all of its images. */
async function newRule(organization: string, remote: string, fields: object = {}): Promise<void> {
  await person.ask("POST", "/api/organizations", { name: organization }).catch(() => undefined);
  const rule = { remote, remoteOrganization: `from-${organization}`, ...fields };
  await person.ask("POST", `/api/organizations/${organization}/sync-rules`, rule);
}

/** A signature as cosign stores it, and an SBOM that refers to the image. @returns their digests. */
async function sign(repository: string, subject: { digest: string; size: number; mediaType: string }) {
  const payload = await pushBlob(
    person,
    repository,
    "application/vnd.dev.cosign.simplesigning.v1+json",
    randomBytes(300),
  );
  const empty = await pushBlob(person, repository, "application/vnd.oci.empty.v1+json", Buffer.from("{}"));
  const common = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: empty } as const;
  const tag = `${subject.digest.replace(":", "-")}.sig`;
  const signature = await putManifest(person, repository, tag, { ...common, layers: [payload] });
  const bom = await pushBlob(person, repository, "application/spdx+json", randomBytes(500));
  const sbom = { ...common, artifactType: "application/spdx+json", layers: [bom], subject };
  const digest = `sha256:${createHash("sha256").update(JSON.stringify(sbom)).digest("hex")}`;
  await putManifest(person, repository, digest, sbom);
  return { tag, signature: signature.digest, sbom: digest };
}

interface ImageManifest {
  schemaVersion: 2;
  mediaType: string;
  config: { digest: string; size: number };
  layers: { digest: string; size: number }[];
}

const LAYER = "application/vnd.oci.image.layer.v1.tar";
const INDEX = "application/vnd.oci.image.index.v1+json";

describe.each(["docker", "berth"])("to %s", (name) => {
  test("an image of two platforms arrives with its signature and its SBOM, byte for byte", async () => {
    const organization = `signed-${name}`;
    await newRule(organization, name, { referrers: true, tags: "v*" });
    const repository = `${organization}/shop/web`;
    const { digest, size, blobBytes } = await pushIndex(person, repository, "v1");
    const { tag, signature, sbom } = await sign(repository, { digest, size, mediaType: INDEX });
    const jobs = await endedJobs(person, organization, 4);
    expect(jobs.filter(({ status }) => status !== "success" && status !== "cancel")).toEqual([]);
    const [last] = jobs;
    expect(last).toMatchObject({ tag: "v1", digest, status: "success" });
    expect(last?.bytesTotal).toBeGreaterThan(blobBytes);
    expect(last?.bytesDone).toBe(last?.bytesTotal);

    const target = targetOf(name);
    const there = `from-${organization}/shop/web`;
    const own = { url: server.url, username: person.name, password: person.password };
    for (const reference of ["v1", digest, tag, sbom, "v1-amd64"]) {
      const arrived = { reference, manifest: await manifestAt(target, there, reference) };
      expect(arrived).toEqual({ reference, manifest: await manifestAt(own, repository, reference) });
    }
    expect((await manifestAt(target, there, tag))?.digest).toBe(signature);
    expect(await referrersAt(target, there, digest)).toContain(sbom);
    const folder = join(directory, `sync-${name}`);
    mkdirSync(folder);
    const creds =
      target.username === null ? ["--src-no-creds"] : ["--src-creds", `${target.username}:${target.password}`];
    const from = `${target.address}/${there}`;
    await skopeo([
      "sync",
      "--all",
      "--src-tls-verify=false",
      ...creds,
      "--src",
      "docker",
      "--dest",
      "dir",
      from,
      folder,
    ]);
    const inspected = await skopeo([
      "inspect",
      "--raw",
      "--tls-verify=false",
      ...(target.username === null ? ["--no-creds"] : ["--creds", `${target.username}:${target.password}`]),
      `docker://${from}:v1`,
    ]);
    expect(`sha256:${createHash("sha256").update(inspected).digest("hex")}`).toBe(digest);
  });

  test("a tag that is there with another digest stays, unless the rule says otherwise", async () => {
    const organization = `kept-${name}`;
    await newRule(organization, name);
    const repository = `${organization}/web`;
    const first = await pushImage(person, repository, "latest");
    expect(await statuses(organization, 1)).toEqual(["success"]);
    const second = await pushImage(person, repository, "latest");
    expect(await statuses(organization, 2)).toEqual(["existed", "success"]);
    const there = `from-${organization}/web`;
    expect((await manifestAt(targetOf(name), there, "latest"))?.digest).toBe(first.digest);
    await person.ask("PATCH", `/api/organizations/${organization}/sync-rules/${await ruleOf(organization)}`, {
      override: true,
    });
    const [kept] = await jobsOf(person, organization);
    // The job of before goes by what the rule was.
    await person.ask("POST", `/api/organizations/${organization}/images/web/sync-jobs/${kept?.id}/resend`);
    expect(await statuses(organization, 3)).toEqual(["existed", "existed", "success"]);
    await person.ask("POST", `/api/organizations/${organization}/sync-rules/${await ruleOf(organization)}/run`, {});
    expect(await statuses(organization, 4)).toEqual(["success", "existed", "existed", "success"]);
    expect((await manifestAt(targetOf(name), there, "latest"))?.digest).toBe(second.digest);
  });
});

test("what is deleted here is deleted there, where the rule says so and the registry can", async () => {
  for (const name of ["docker", "berth"]) {
    const organization = `gone-${name}`;
    await newRule(organization, name, { deletions: true });
    await pushImage(person, `${organization}/web`, "v1");
    await pushImage(person, `${organization}/web`, "v2");
    expect(await statuses(organization, 2)).toEqual(["success", "success"]);
    await person.ask("DELETE", `/v2/manage/namespaces/${organization}/repos/web/tags/v1`);
  }
  expect((await endedJobs(person, "gone-berth", 3))[0]).toMatchObject({ operation: "delete", status: "success" });
  expect(await manifestAt(targetOf("berth"), "from-gone-berth/web", "v1")).toBeUndefined();
  expect(await manifestAt(targetOf("berth"), "from-gone-berth/web", "v2")).toBeDefined();
  const [refused] = await endedJobs(person, "gone-docker", 3);
  expect(refused).toMatchObject({ operation: "delete", status: "failed" });
  expect(refused?.detail).toMatch(/answered 4\d\d/);
});

test.each(["docker", "berth"])(
  "blobs that another image has brought to %s are mounted, not sent again",
  async (name) => {
    const target = targetOf(name);
    const proxy = await startRecordingProxy(target.port);
    const organization = `shared-${name}`;
    const there = `from-${organization}`;
    try {
      await registerRemote(person, `recorded-${name}`, { ...target, url: proxy.url });
      await newRule(organization, `recorded-${name}`);
      const first = await pushImage(person, `${organization}/one`, "v1");
      await endedJobs(person, organization, 1);
      const own = { url: server.url, username: person.name, password: person.password };
      const one = await manifestAt(own, `${organization}/one`, first.digest);
      const manifest = JSON.parse(one?.body ?? "{}") as ImageManifest;
      const shared = [manifest.config, ...manifest.layers];
      for (const { digest } of shared) {
        const mount = `/v2/${organization}/two/blobs/uploads/?mount=${digest}&from=${organization}/one`;
        expect((await person.send("POST", mount)).status).toBe(201);
      }
      proxy.seen.length = 0;
      // With a layer of its own, which tells sending from mounting.
      const layer = await pushBlob(person, `${organization}/two`, LAYER, randomBytes(700));
      await putManifest(person, `${organization}/two`, "v1", { ...manifest, layers: [...manifest.layers, layer] });
      expect((await endedJobs(person, organization, 2)).map(({ status }: Job) => status)).toEqual([
        "success",
        "success",
      ]);

      const uploads = proxy.seen.filter(({ path, status }) => path.includes("/blobs/uploads/") && status < 400);
      const mounts = uploads.filter(({ path, status }) => path.includes("mount=") && status === 201);
      expect(mounts.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`).toSorted()).toEqual(
        shared.map(({ digest }) => `POST /v2/${there}/two/blobs/uploads/?mount=${digest}&from=${there}/one`).toSorted(),
      );
      // Nothing but the new layer is sent.
      expect(uploads.reduce((bytes, { sent }) => bytes + sent, 0)).toBe(layer.size);
      expect(uploads.filter(({ method }) => method === "PUT")).toHaveLength(1);
      expect(uploads.filter(({ method }) => method === "PATCH")).toEqual([]);

      const arrived = await manifestAt(target, `${there}/two`, "v1");
      expect(arrived).toEqual(await manifestAt(own, `${organization}/two`, "v1"));
      const credentials = target.username === null ? {} : { Authorization: basic(target) };
      for (const { digest, size } of [...shared, layer]) {
        const blob = await fetch(`${target.url}/v2/${there}/two/blobs/${digest}`, { headers: credentials });
        expect((await blob.arrayBuffer()).byteLength).toBe(size);
      }
    } finally {
      proxy.close();
    }
  },
);

/** What a registry lists as referring to a manifest: docker-registry has no API for it, and so a list under a tag. */
async function referrersAt(target: Target, repository: string, digest: string): Promise<string> {
  if (target.username === null) return (await manifestAt(target, repository, digest.replace(":", "-")))?.body ?? "";
  const headers = { Authorization: basic(target) };
  return (await fetch(`${target.url}/v2/${repository}/referrers/${digest}`, { headers })).text();
}

function basic({ username, password }: Target): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function statuses(organization: string, count: number): Promise<string[]> {
  return (await endedJobs(person, organization, count)).map(({ status }) => status);
}

async function ruleOf(organization: string): Promise<number | undefined> {
  const path = `/api/organizations/${organization}/sync-rules`;
  return (await person.ask<{ rules: { id: number }[] }>("GET", path)).rules[0]?.id;
}
