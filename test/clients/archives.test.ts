/** Archives as real tools write them, pushed by `src/client`, and what real tools get back. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { type Archive, readArchive } from "../../src/client/archive/read-archive.ts";
import { pullArchive } from "../../src/client/pull-archive.ts";
import { pushArchive } from "../../src/client/push-archive.ts";
import { RegistryClient } from "../../src/client/registry-client.ts";
import { execute } from "../support/commands.ts";
import { dockerArchiveOf, type Image, MIB } from "../support/image-layouts.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: [...DAEMON_PROGRAMS, "skopeo"],
  prepare: async () => {
    await daemon.start();
    await docker.run(["login", "-u", USER, "-p", PASSWORD, docker.server.address]);
  },
  cleanUp: daemon.stop,
});

let client: RegistryClient;
beforeEach(() => {
  const credentials = { kind: "password", name: USER, password: PASSWORD } as const;
  client = new RegistryClient({ url: docker.server.url, credentials, createHash });
});

/** Runs skopeo, which has to succeed, and answers what it prints. */
async function skopeo(...args: string[]): Promise<string> {
  const { exitCode, stdout, output } = await execute(["skopeo", ...args]);
  if (exitCode !== 0) throw new Error(`skopeo ${args.join(" ")} ended with ${exitCode}:\n${output}`);
  return stdout;
}

const CREDENTIALS = `${USER}:${PASSWORD}`;

/** The configuration of a pushed image, byte for byte, after skopeo has pulled all of it and compared every digest. */
async function pulledConfig(name: string, file: string, transport = "docker-archive"): Promise<string> {
  const image = `docker://${docker.server.address}/${name}`;
  const archive = `${transport}:${docker.path(file)}`;
  await skopeo("copy", "--src-tls-verify=false", "--src-creds", CREDENTIALS, image, archive);
  return skopeo("inspect", "--config", "--raw", archive);
}

/** The digest of a configuration, which is what docker calls the id of an image. */
const idOf = (config: string) => `sha256:${createHash("sha256").update(config).digest("hex")}`;

/** Loads an image into docker, and answers its id. */
async function load({ layout }: { layout: string }): Promise<string> {
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout) });
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
}

async function gzipped(file: string): Promise<string> {
  await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(`${file}.gz`));
  return `${file}.gz`;
}

async function open(file: string): Promise<Archive> {
  return readArchive(await openAsBlob(file), { createHash });
}

/** Pushes all images of an archive under the names that it has for them. */
async function push(archive: Archive, organization: string): Promise<string[]> {
  const targets = archive.images.map((image) => ({
    image,
    repository: `${organization}/${image.names[0]?.name ?? ""}`,
    tags: image.names.map(({ tag }) => tag),
  }));
  return (await pushArchive(client, archive, targets)).map(({ digest }) => digest);
}

const diffIdsOf = ({ layers }: Image) => layers.map(({ digest }) => digest);

describe("what docker saves", () => {
  test("comes back with the same id and layers: two images that share a layer, three tags, plain and gzip", async () => {
    const web = await docker.image("saved-web", [100_000, 3 * MIB]);
    const other = await docker.image("saved-other", [1000]);
    const [webId, otherId] = [await load(web), await load(other)];
    await docker.run(["tag", webId, "registry.example.com/acme/web:1"]);
    await docker.run(["tag", webId, "registry.example.com/acme/web:latest"]);
    await docker.run(["tag", otherId, "other:2"]);
    const file = docker.path("saved.tar");
    await docker.run([
      "save",
      "-o",
      file,
      "registry.example.com/acme/web:1",
      "registry.example.com/acme/web:latest",
      "other:2",
    ]);

    for (const [archive, organization] of [
      [file, "plain"],
      [await gzipped(file), "gzipped"],
    ] as const) {
      const read = await open(archive);
      expect(read.images.map(({ id }) => id).toSorted()).toEqual([webId, otherId].toSorted());
      await push(read, organization);
      for (const [name, id, image] of [
        ["web:1", webId, web],
        ["web:latest", webId, web],
        ["other:2", otherId, other],
      ] as const) {
        const config = await pulledConfig(`${organization}/${name}`, `${organization}-${name.replace(":", "-")}.tar`);
        expect(idOf(config)).toBe(id);
        expect(JSON.parse(config)).toMatchObject({ rootfs: { diff_ids: diffIdsOf(image) } });
      }
    }

    await docker.run(["rmi", "--force", webId, otherId]);
    await docker.run(["pull", `${docker.server.address}/gzipped/web:1`]);
    const { stdout } = await docker.run(["inspect", "--format", "{{.Id}}", `${docker.server.address}/gzipped/web:1`]);
    expect(stdout.trim()).toBe(webId);
  });

  test("comes back when it is packed with gzip of several members, or with zstd, around all or around layers", async () => {
    const image = await docker.image("repacked", [1000, 300_000]);
    const id = await load(image);
    await docker.run(["tag", id, "repacked:1"]);
    const file = docker.path("repacked.tar");
    await docker.run(["save", "-o", file, "repacked:1"]);
    const bytes = readFileSync(file);
    const members = [bytes.subarray(0, 70_000), bytes.subarray(70_000)].map((part) => gzipSync(part));
    writeFileSync(`${file}.members`, Buffer.concat(members));
    writeFileSync(`${file}.zst`, zstdCompressSync(bytes));
    // As crane writes archives of images whose layers are packed so.
    const folder = docker.path("repacked-files");
    await execute(["sh", "-c", `mkdir ${folder} && tar -C ${folder} -xf ${file}`]);
    const [entry] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as [{ Layers: string[] }];
    for (const layer of entry.Layers)
      writeFileSync(join(folder, layer), zstdCompressSync(readFileSync(join(folder, layer))));
    await execute(["tar", "-C", folder, "-cf", `${file}.layers`, "."]);
    for (const kind of ["members", "zst", "layers"]) {
      await push(await open(`${file}.${kind}`), kind);
      // Docker's manifests, which skopeo makes for docker's archives, know no zstd.
      const transport = kind === "layers" ? "oci-archive" : "docker-archive";
      const config = await pulledConfig(`${kind}/repacked:1`, `repacked-${kind}.tar`, transport);
      expect(idOf(config)).toBe(id);
      expect(JSON.parse(config)).toMatchObject({ rootfs: { diff_ids: diffIdsOf(image) } });
    }
  });

  test("may be an image by its id, without a name", async () => {
    const image = await docker.image("nameless", [1000]);
    const id = await load(image);
    const file = docker.path("nameless.tar");
    await docker.run(["save", "-o", file, id]);
    const archive = await open(file);
    expect(archive.images).toMatchObject([{ id, names: [] }]);
    const [found] = archive.images;
    if (!found) throw new Error("the archive has an image");
    await pushArchive(client, archive, [{ image: found, repository: "acme/nameless", tags: ["1"] }]);
    expect(idOf(await pulledConfig("acme/nameless:1", "nameless-back.tar"))).toBe(id);
  });

  test("may be an image of 40 layers", async () => {
    const sizes = Array.from({ length: 40 }, (_, at) => 2000 + at);
    const image = await docker.image("forty", sizes);
    const id = await load(image);
    await docker.run(["tag", id, "forty:1"]);
    const file = docker.path("forty.tar");
    await docker.run(["save", "-o", file, "forty:1"]);
    await push(await open(file), "acme");
    const config = await pulledConfig("acme/forty:1", "forty-back.tar");
    expect(idOf(config)).toBe(id);
    expect(JSON.parse(config)).toMatchObject({ rootfs: { diff_ids: diffIdsOf(image) } });
  });

  test("is no image when a container's file system was exported", async () => {
    const file = docker.path("export.tar");
    const { exitCode } = await execute(["tar", "-C", docker.directory, "-cf", file, "home"]);
    expect(exitCode).toBe(0);
    await expect(open(file)).rejects.toMatchObject({ code: "no-manifest" });
  });
});

describe("what skopeo writes", () => {
  test("as docker-archive comes back with the same id and layers", async () => {
    const image = await docker.image("skopeo-docker", [1000, 2 * MIB, 1000]);
    const file = docker.path("skopeo-docker.tar");
    await skopeo("copy", `oci:${image.layout}:latest`, `docker-archive:${file}:registry.example.com/acme/skopeo:1`);
    for (const archive of [file, await gzipped(file)]) {
      await push(await open(archive), "acme");
      const config = await pulledConfig("acme/skopeo:1", `back-${archive === file ? "plain" : "gzipped"}.tar`);
      expect(idOf(config)).toBe(image.config.digest);
    }
  });

  test("as oci-archive keeps its digest", async () => {
    const image = await docker.image("skopeo-oci", [1000, 2 * MIB]);
    const file = docker.path("skopeo-oci.tar");
    await skopeo("copy", `oci:${image.layout}:latest`, `oci-archive:${file}:oci:1`);
    const written = JSON.parse(await skopeo("inspect", `oci-archive:${file}`)) as { Digest: string };
    for (const [archive, organization] of [
      [file, "plain"],
      [await gzipped(file), "gzipped"],
    ] as const) {
      expect(await push(await open(archive), organization)).toEqual([written.Digest]);
      expect(await docker.digestOf(`${organization}/oci`, "1")).toBe(written.Digest);
      expect(idOf(await pulledConfig(`${organization}/oci:1`, `oci-${organization}.tar`))).toBe(image.config.digest);
    }
  });

  test("of an index keeps all of it", async () => {
    const { layout, index } = await docker.multiPlatformImage("skopeo-index");
    const file = docker.path("skopeo-index.tar");
    await skopeo("copy", "--all", "--preserve-digests", `oci:${layout}:latest`, `oci-archive:${file}:index:1`);
    expect(await push(await open(file), "acme")).toEqual([index.digest]);
    const back = `oci:${docker.path("skopeo-index-back")}:latest`;
    const image = `docker://${docker.server.address}/acme/index:1`;
    await skopeo(
      "copy",
      "--all",
      "--preserve-digests",
      "--src-tls-verify=false",
      "--src-creds",
      CREDENTIALS,
      image,
      back,
    );
    expect(JSON.parse(await skopeo("inspect", "--raw", back))).toMatchObject({ manifests: [{}, {}] });
  });
});

test("an archive of a pulled image is loaded by docker and read by skopeo", async () => {
  const image = await docker.image("pulled", [1000, 2 * MIB]);
  const id = await load(image);
  await docker.run(["tag", id, `${docker.server.address}/acme/pulled:1`]);
  await docker.run(["push", `${docker.server.address}/acme/pulled:1`]);
  await docker.run(["rmi", "--force", id]);

  const file = docker.path("pulled.tar");
  const names = ["registry.example.com/acme/pulled:1"];
  const { stream, digest } = await pullArchive({ client, repository: "acme/pulled" }, "1", { names });
  await pipeline(Readable.fromWeb(stream), createWriteStream(file));

  const { stdout } = await docker.run(["load", "-i", file]);
  expect(stdout).toContain("Loaded image: registry.example.com/acme/pulled:1");
  const inspected = await docker.run(["inspect", "--format", "{{.Id}}", "registry.example.com/acme/pulled:1"]);
  expect(inspected.stdout.trim()).toBe(id);
  expect(await docker.digestOf("acme/pulled", "1")).toBe(digest);
  expect(idOf(await skopeo("inspect", "--config", "--raw", `docker-archive:${file}`))).toBe(id);
  const manifest = await skopeo("inspect", "--raw", `oci-archive:${file}`);
  expect(idOf(manifest)).toBe(digest);
});
