/** Whatever a registry has can be pulled into an archive, and pushed again byte for byte. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { beforeAll, describe, test } from "vitest";
import { readArchive } from "../../src/client/archive/read-archive.ts";
import { uploadBlob } from "../../src/client/chunked-upload.ts";
import { pullArchive } from "../../src/client/pull-archive.ts";
import { pushArchive } from "../../src/client/push-archive.ts";
import { RegistryClient } from "../../src/client/registry-client.ts";
import {
  contentsOf,
  descriptorOf,
  dockerFiles,
  layerOf,
  layoutFiles,
  ociImage,
  packed,
  zstdOf,
} from "../../src/client/testing/images.ts";
import { manifestKinds, type Stored } from "../../src/client/testing/manifests.ts";
import { tarOf } from "../../src/client/testing/tar.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { useRegistry } from "./registry-with-home.ts";

const registry = useRegistry();
const home = () => registry.home;

let client: RegistryClient;
beforeAll(() => {
  client = new RegistryClient({
    url: registry.server.url,
    credentials: { kind: "password", name: USER, password: PASSWORD },
    createHash,
  });
});

/** Pushes something as a client does that looks at nothing. */
async function push(repository: string, { manifests, blobs }: Stored): Promise<void> {
  for (const { digest, size, bytes } of blobs) {
    await uploadBlob({ client, repository }, { source: new Blob([bytes]), digest, size });
  }
  for (const manifest of manifests) await client.putManifest(repository, manifest.digest, manifest);
}

/** Pushes all images of an archive. @returns the digest of the first. */
async function pushBack(source: Blob, repository: string): Promise<string | undefined> {
  const archive = await readArchive(source);
  const targets = archive.images.map((image) => ({ image, repository, tags: ["1"] }));
  const [pushed] = await pushArchive(client, archive, targets);
  return pushed?.digest;
}

describe("what the registry has comes back from an archive as it was:", async () => {
  test.for([...(await manifestKinds(1))])("%s", async ([, stored], { expect }) => {
    await push("acme/kinds", stored);
    const { stream } = await pullArchive({ client, repository: "acme/kinds" }, stored.root.digest);
    expect(await pushBack(new Blob([await contentsOf(stream)]), "acme/back")).toBe(stored.root.digest);
    const found = await client.findManifest("acme/back", "1");
    expect(Buffer.from(found?.bytes ?? []).equals(stored.root.bytes)).toBe(true);
  });
});

describe("the console's download comes back as it was, too, unless docker could not load it, which is said before:", async () => {
  const kinds = [...(await manifestKinds(2))];

  test.for(kinds.map(([what, stored], at) => ({ what, stored, at })))(
    "$what",
    async ({ what, stored, at }, { expect }) => {
      // A repository that has a layer of another image has it for all.
      const name = `files-${at}`;
      await push(`acme/${name}`, stored);
      const answer = await registry.ask(
        `/api/organizations/acme/images/${name}/manifests/${stored.root.digest}/archive`,
      );
      expect(answer.status).toBe(/elsewhere|foreign/.test(what) ? 409 : 200);
      if (answer.ok) expect(await pushBack(await answer.blob(), "acme/files-back")).toBe(stored.root.digest);
    },
  );
});

test("berth pull says before the bytes that docker cannot load an image whose layer is elsewhere", async ({
  expect,
}) => {
  const stored = (await manifestKinds(3)).get("a Docker image of a foreign layer");
  if (!stored) throw new Error("there is such a kind");
  await push("acme/foreign", stored);
  await client.putManifest("acme/foreign", "1", stored.root);
  const file = home().path("foreign.tar");
  const pulled = await home().berth(["pull", "acme/foreign:1", file]);
  expect(pulled).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/layer sha256:\w+.*docker load.*docker pull/s),
  });
  await home().run(["push", file, "acme/foreign-back:1"]);
  expect(await registry.digestOf("acme/foreign-back", "1")).toBe(stored.root.digest);
});

test("a layout with an image for each platform becomes one index, and berth says so", async ({ expect }) => {
  const images = [];
  for (const architecture of ["amd64", "arm64"]) {
    images.push(await ociImage([layerOf(architecture)], { config: { architecture } }));
  }
  const annotations = { "io.containerd.image.name": "docker.io/team/flat:1" };
  const roots = images.map(({ manifest }) => descriptorOf(manifest, { annotations }));
  const blobs = images.flatMap(({ manifest, blobs: own }) => [manifest, ...own]);
  const file = home().path("flat.tar");
  writeFileSync(file, tarOf(layoutFiles(roots, blobs)));
  const pushed = await home().berth(["push", file, "acme/flat:1"]);
  expect(pushed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("2 platforms one by one") });
  const index = await (await registry.ask("/v2/acme/flat/manifests/1")).json();
  expect(index).toMatchObject({
    manifests: images.map(({ manifest: { digest } }, at) => ({
      digest,
      platform: { os: "linux", architecture: ["amd64", "arm64"][at] },
    })),
  });
});

test("two images of one name are noticed before anything is sent", async ({ expect }) => {
  const tags = ["acme/web:1"];
  const file = home().path("twice.tar");
  writeFileSync(
    file,
    tarOf(
      dockerFiles([
        { layers: [layerOf("a")], tags },
        { layers: [layerOf("b")], tags },
      ]),
    ),
  );
  const pushed = await home().berth(["push", file, "acme/"]);
  expect(pushed).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("2 images that would all be acme/web:1"),
  });
  expect((await registry.ask("/v2/acme/web/tags/list")).status).toBe(404);
});

test("archives of several gzip members, and ones packed with zstd, are pushed from files and standard input", async ({
  expect,
}) => {
  const archive = tarOf(dockerFiles([{ layers: [layerOf("a"), layerOf("b")] }]));
  const half = new Blob([await packed(archive.slice(0, 1000)), await packed(archive.slice(1000))]);
  const files = { members: new Uint8Array(await half.arrayBuffer()), zstd: zstdOf(archive), plain: archive };
  const digests = new Set<string>();
  for (const [name, bytes] of Object.entries(files)) {
    const file = home().path(`${name}.tar`);
    writeFileSync(file, bytes);
    for (const source of [file, "-"]) {
      const options = source === "-" ? { from: ["cat", file] as const } : {};
      await home().run(["push", source, `acme/packed:${name}`], options);
      digests.add((await registry.digestOf("acme/packed", name)) ?? "");
    }
  }
  expect(digests.size).toBe(1);
});
