import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerRegistryVersion, type Server as OtherServer, Servers } from "../bench/servers.ts";
import { ended, execute } from "../support/commands.ts";
import { digestInLayout, dockerArchiveOf, MIB, writeImage, writeMultiPlatformImage } from "../support/image-layouts.ts";
import { MANIFEST_TYPE, pushIndex } from "../support/server-images.ts";
import { operatorOf } from "../support/server-people.ts";
import { type Edge, startEdge } from "./edge.ts";
import { PROGRAM } from "./running-proxy.ts";
import { succeed, useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const servers = new Servers();
let other: OtherServer;
let edge: Edge;

beforeAll(async () => {
  const started = await servers.dockerRegistry();
  if (typeof started === "string") throw new Error(started);
  other = started;
  edge = await startEdge(registry.server.port);
});
afterAll(async () => {
  await edge.stop();
  await servers.close();
});

const home = () => registry.home;
const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function archiveOf(layout: string): Promise<string> {
  const file = `${layout}.tar`;
  await succeed(["tar", "-C", layout, "-cf", file, "oci-layout", "index.json", "blobs"]);
  return file;
}

test("an OCI archive is pushed with the digest that it has, larger than the edge lets through at once", async () => {
  const layout = home().path("oci");
  await writeImage(layout, { seed: "oci", layers: [1000, 130 * MIB, 3 * MIB] });
  const file = await archiveOf(layout);
  // It has a manifest of its own, whose layers are not compressed: docker would make a new one.
  const [pushed] = await home().json<{ reference: string; digest: string }[]>(
    ["push", file, `${edge.address}/acme/oci:1`, "--jobs", "2"],
    {
      environment: { BERTH_REGISTRY: edge.address },
    },
  );
  expect(pushed?.reference).toBe(`${edge.address}/acme/oci:1`);
  expect(await registry.digestOf("acme/oci", "1")).toBe(pushed?.digest);
});

test("a layout is pushed from its folder, with all platforms and the same digests", async () => {
  const layout = home().path("multi");
  const { index } = await writeMultiPlatformImage(layout, [
    { seed: "multi a", layers: [1000, 100_000], architecture: "amd64" },
    { seed: "multi b", layers: [2000, 200_000], architecture: "arm64" },
  ]);
  const result = await home().berth(["push", layout, "acme/multi:1"]);
  expect(result).toMatchObject({ exitCode: 0 });
  expect(result.stdout).toBe(`${registry.server.address}/acme/multi:1  ${index.digest}\n`);
  expect(result.stderr).toContain("done");
  expect(await registry.digestOf("acme/multi", "1")).toBe(index.digest);

  const again = await home().berth(["push", layout, "acme/multi:1"]);
  expect(again.stderr).toContain("already there");
  expect(again.stderr).not.toMatch(/, done/);
});

test("what docker save writes is pushed from standard input, as docker would push it", async () => {
  const layout = home().path("saved");
  const { config } = await writeImage(layout, { seed: "saved", layers: [1000, 2 * MIB] });
  const args = ["push", "-", `${registry.server.address}/acme/saved:1`];
  const pushed = await home().run(args, { from: dockerArchiveOf(layout) });

  const digest = /sha256:[0-9a-f]{64}/.exec(pushed)?.[0] ?? "";
  const manifest = (await (await registry.ask(`/v2/acme/saved/manifests/${digest}`)).json()) as {
    config: { digest: string };
  };
  // The configuration's digest is what docker calls the image's id.
  expect(manifest.config.digest).toBe(config.digest);
});

test("an archive of several images goes into an organization by the names that it has", async () => {
  const layout = home().path("several");
  const { config, layers } = await writeImage(layout, { seed: "several", layers: [1000] });
  const path = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const entry = {
    Config: path(config.digest),
    RepoTags: ["nginx:1", "docker.io/library/nginx:stable"],
    Layers: layers.map(({ digest }) => path(digest)),
  };
  home().write("several/manifest.json", JSON.stringify([entry]));
  const file = home().path("several.tar");
  await execute(["tar", "-C", layout, "-cf", file, "manifest.json", "blobs"]);

  const pushed = await home().json<{ reference: string }[]>(["push", file, "acme/"]);
  expect(pushed.map(({ reference }) => reference)).toEqual(
    ["1", "stable"].map((tag) => `${registry.server.address}/acme/nginx:${tag}`),
  );
  const nowhere = await home().berth(["push", home().path("multi")]);
  expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("berth push image.tar") });
});

test.for([
  ["is none", "not a tar", "This is not an image archive."],
  ["is empty", "", "The file is empty."],
])("an archive that %s is refused before anything is sent", async ([, text, message]) => {
  const file = home().write("broken.tar", text ?? "");
  const result = await home().berth(["push", file, "acme/broken:1"]);
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message ?? "") });
  expect((await registry.ask("/v2/acme/broken/tags/list")).status).toBe(404);
});

test("a pulled archive holds the image byte for byte, and can be pushed again", async () => {
  const operator = operatorOf(registry.server);
  const { digest } = await pushIndex(operator, "acme/pulled", "1");
  const file = home().path("pulled.tar");
  const answer = await home().json(["pull", "acme/pulled:1", file]);
  expect(answer).toEqual({ reference: `${registry.server.address}/acme/pulled:1`, digest, archive: file });

  await execute(["mkdir", "-p", home().path("unpacked")]);
  await execute(["tar", "-C", home().path("unpacked"), "-xf", file]);
  expect(digestInLayout(home().path("unpacked"))).toBe(digest);
  await home().run(["push", file, "acme/again:1"]);
  expect(await registry.digestOf("acme/again", "1")).toBe(digest);

  const piped = await home().berth(["pull", "acme/pulled:1", "-", "--platform", "linux/arm64"]);
  expect(piped.exitCode).toBe(0);
  expect(piped.stderr).not.toContain(digest);
  const absent = await home().berth(["pull", "acme/pulled:1", file, "--platform", "linux/riscv64"]);
  expect(absent).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("linux/amd64, linux/arm64") });
  expect(statSync(file).size).toBe(readFileSync(file).byteLength);
});

test("a pull that fails leaves no half of a file", async () => {
  const file = home().path("half.tar");
  expect(await home().berth(["pull", "acme/absent:1", file])).toMatchObject({ exitCode: 4 });
  expect((await execute(["sh", "-c", `ls ${file}*`])).exitCode).not.toBe(0);
});

/** Signs an image as cosign and notation do: with a manifest whose subject it is. */
async function sign(repository: string, subject: { digest: string; size: number }): Promise<string> {
  const operator = operatorOf(registry.server);
  const blob = Buffer.from(`signature of ${subject.digest}`);
  const octets = { "Content-Type": "application/octet-stream" };
  const pushed = await operator.send("POST", `/v2/${repository}/blobs/uploads/?digest=${sha256(blob)}`, blob, octets);
  expect(pushed.status).toBe(201);
  const mediaType = MANIFEST_TYPE;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType: "application/vnd.example.signature",
      config: { mediaType: "application/vnd.example.signature", digest: sha256(blob), size: blob.byteLength },
      layers: [],
      subject: { mediaType: "application/vnd.oci.image.index.v1+json", ...subject },
    }),
  );
  const digest = sha256(manifest);
  const stored = await operator.send("PUT", `/v2/${repository}/manifests/${digest}`, manifest, {
    "Content-Type": mediaType,
  });
  expect(stored.status).toBe(201);
  return digest;
}

test("an image of two architectures goes to docker-registry and back with its signature, and keeps its digests", async () => {
  expect(dockerRegistryVersion()).toBeDefined();
  const otherAddress = new URL(other.url).host;
  const { digest, size } = await pushIndex(operatorOf(registry.server), "acme/signed", "1");
  const signature = await sign("acme/signed", { digest, size });

  const there = await home().json(["copy", "acme/signed:1", `${otherAddress}/backup/signed:1`, "--referrers"]);
  expect(there).toEqual({ reference: `${otherAddress}/backup/signed:1`, digest });
  const found = await fetch(`${other.url}/v2/backup/signed/manifests/${signature}`, {
    headers: { Accept: MANIFEST_TYPE },
  });
  expect(sha256(new Uint8Array(await found.arrayBuffer()))).toBe(signature);

  const back = await home().json(["copy", `${otherAddress}/backup/signed:1`, "acme/restored", "--referrers"]);
  expect(back).toEqual({ reference: `${registry.server.address}/acme/restored:1`, digest });
  expect(await registry.digestOf("acme/restored", "1")).toBe(digest);
  const referrers = (await (await registry.ask(`/v2/acme/restored/referrers/${digest}`)).json()) as {
    manifests: { digest: string }[];
  };
  expect(referrers.manifests.map((each) => each.digest)).toEqual([signature]);
});

test("of an image of two architectures one is copied, and by its digest", async () => {
  const { digest } = await pushIndex(operatorOf(registry.server), "acme/both", "1");
  const one = await home().json<{ digest: string }>(["copy", "acme/both:1", "acme/one:1", "--platform", "linux/arm64"]);
  expect(one.digest).not.toBe(digest);
  expect(await registry.digestOf("acme/one", "1")).toBe(one.digest);
  const byDigest = await home().json(["copy", `acme/both@${digest}`, "acme/by-digest"]);
  expect(byDigest).toEqual({ reference: `${registry.server.address}/acme/by-digest@${digest}`, digest });
});

test("Ctrl-C ends a push with 130, and takes the upload back", async () => {
  const layout = home().path("interrupted");
  await writeImage(layout, { seed: "interrupted", layers: [200 * MIB] });
  const child = spawn(PROGRAM[0], [PROGRAM[1], "push", layout, "acme/interrupted:1"], {
    env: { ...process.env, ...home().environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const end = ended(child);
  // It has begun to send once it says what it is about to.
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (text.includes("Pushing")) setTimeout(() => child.kill("SIGINT"), 100);
  });

  expect(await end).toBe(130);
  expect(await registry.digestOf("acme/interrupted", "1")).toBeUndefined();
});
