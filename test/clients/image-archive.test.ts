/** Archives that the registry makes of images, loaded by whatever loads archives. */
import { createWriteStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { execute, type Result } from "../support/commands.ts";
import { digestInLayout, hasIntactBlob, MIB } from "../support/image-layouts.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { useClient } from "./client-setup.ts";

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: [...DAEMON_PROGRAMS, "skopeo", "podman", "ctr"],
  prepare: daemon.start,
  cleanUp: daemon.stop,
});

async function run(...command: [string, ...string[]]): Promise<Result> {
  const result = await execute(command, { environment: { TMPDIR: docker.directory } });
  if (result.exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${result.exitCode}:\n${result.output}`);
  return result;
}

/** Pushes the image of a layout; layers stay as they are unless options tell otherwise. */
async function push(layout: string, name: string, ...options: string[]): Promise<void> {
  const destination = `docker://${docker.server.address}/${name}`;
  const credentials = ["--dest-tls-verify=false", "--dest-creds", `${USER}:${PASSWORD}`];
  await run("skopeo", "copy", ...credentials, ...options, `oci:${layout}:latest`, destination);
}

/** Downloads the archive of an image into a file. */
async function download(repository: string, tag: string, query = ""): Promise<string> {
  const [organization, image] = repository.split("/");
  const response = await docker.ask(
    `/api/organizations/${organization}/images/${image}/manifests/${tag}/archive${query}`,
  );
  if (!response.body || response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const fileName = /filename="([\w.-]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  if (fileName === undefined) throw new Error("the archive has no name");
  const file = docker.path(fileName);
  await pipeline(response.body, createWriteStream(file));
  expect(statSync(file).size).toBe(Number(response.headers.get("Content-Length")));
  return file;
}

/** The digest of the configuration of an image, which names the content of every layer: docker's id of it. */
async function loadIntoDocker(file: string, name: string): Promise<string> {
  const { stdout } = await docker.run(["load", "--input", file]);
  expect(stdout).toContain(`Loaded image: ${name}`);
  const { stdout: id } = await docker.run(["image", "inspect", "--format", "{{.Id}}", name]);
  await docker.run(["rmi", "--force", name]);
  return id.trim();
}

const PODMAN = ["--storage-driver", "vfs", "--events-backend", "none", "--cgroup-manager", "cgroupfs"];

async function loadIntoPodman(file: string, name: string): Promise<string> {
  const podman = [
    "podman",
    "--root",
    docker.path("podman"),
    "--runroot",
    docker.path("podman-run"),
    ...PODMAN,
  ] as const;
  const { stdout } = await run(...podman, "load", "--input", file);
  expect(stdout).toContain(name);
  const { stdout: id } = await run(...podman, "image", "inspect", "--format", "{{.Id}}", name);
  await run(...podman, "rmi", "--force", name);
  return `sha256:${id.trim()}`;
}

/** Loads all platforms into containerd, and answers the digest of what the name then stands for. */
async function loadIntoContainerd(file: string, name: string): Promise<string> {
  const ctr = ["ctr", "--address", daemon.containerdSocket, "--namespace", "archives"] as const;
  await run(...ctr, "images", "import", "--all-platforms", "--no-unpack", file);
  const { stdout } = await run(...ctr, "images", "list", `name==${name}`);
  await run(...ctr, "images", "remove", name);
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? stdout;
}

/** Copies an archive into a layout, as it is, and answers the digest of the manifest or index in it. */
async function copyByOci(file: string, layout: string): Promise<string | undefined> {
  await run("skopeo", "copy", "--all", "--preserve-digests", `oci-archive:${file}`, `oci:${layout}:latest`);
  return digestInLayout(layout);
}

/** The architecture that skopeo finds in an archive, and it checks every layer as it unpacks them. */
async function copyByDocker(file: string): Promise<string> {
  await run("skopeo", "copy", `docker-archive:${file}`, `dir:${file}.dir`);
  const { stdout } = await run("skopeo", "inspect", "--config", `docker-archive:${file}`);
  return (JSON.parse(stdout) as { architecture: string }).architecture;
}

test("an image with the layers that it was pushed with is loaded by all, with its name and digest", async () => {
  const { layout, descriptor, config, layers } = await docker.image("plain", [1000, 3 * MIB, 100]);
  const name = `${docker.server.address}/acme/plain:1.0`;
  await push(layout, "acme/plain:1.0", "--preserve-digests");
  const file = await download("acme/plain", "1.0");
  expect(file).toMatch(/\/acme_plain_1\.0\.tar$/);

  expect(await loadIntoDocker(file, name)).toBe(config.digest);
  expect(await loadIntoPodman(file, name)).toBe(config.digest);
  expect(await loadIntoContainerd(file, name)).toBe(descriptor.digest);
  expect(await copyByOci(file, docker.path("plain-copied"))).toBe(descriptor.digest);
  for (const layer of layers) expect(await hasIntactBlob(docker.path("plain-copied"), layer)).toBe(true);
  expect(await copyByDocker(file)).toBe("amd64");
});

test.for([
  ["gzip", "oci", ["--dest-compress-format", "gzip"]],
  ["zstd", "oci", ["--dest-compress-format", "zstd"]],
  ["gzip", "v2s2", ["--dest-compress-format", "gzip"]],
] as const)(
  "an image with layers under %s, in the format %s, is loaded by all",
  async ([compression, format, options]) => {
    const repository = `acme/${compression}-${format}`;
    const { layout } = await docker.image(repository.replace("/", "-"), [1000, 100_000]);
    await push(layout, `${repository}:1.0`, "--format", format, ...options);
    const file = await download(repository, "1.0");
    const name = `${docker.server.address}/${repository}:1.0`;
    const digest = await docker.digestOf(repository, "1.0");

    const manifest = await docker.ask(`/v2/${repository}/manifests/1.0`);
    const { config } = (await manifest.json()) as { config: { digest: string } };

    expect(await loadIntoPodman(file, name)).toBe(config.digest);
    // Docker 20 knows no zstd, neither when it pulls.
    const id = compression === "zstd" ? config.digest : await loadIntoDocker(file, name);
    expect(id).toBe(config.digest);
    expect(await loadIntoContainerd(file, name)).toBe(digest);
    expect(await copyByOci(file, docker.path(`${compression}-${format}-copied`))).toBe(digest);
  },
);

test("of an index all platforms are there, one of them for docker, and each can be had alone", async () => {
  const { layout, index, images } = await docker.multiPlatformImage("multi");
  const name = `${docker.server.address}/acme/multi:1.0`;
  await push(layout, "acme/multi:1.0", "--all", "--preserve-digests");
  const [amd64, arm64] = images;

  const whole = await download("acme/multi", "1.0");
  expect(await loadIntoDocker(whole, name)).toBe(amd64?.config.digest);
  expect(await loadIntoContainerd(whole, name)).toBe(index.digest);
  expect(await copyByOci(whole, docker.path("multi-copied"))).toBe(index.digest);
  for (const layer of images.flatMap(({ layers }) => layers)) {
    expect(await hasIntactBlob(docker.path("multi-copied"), layer)).toBe(true);
  }

  const one = await download("acme/multi", "1.0", "?platform=linux/arm64");
  expect(await loadIntoDocker(one, name)).toBe(arm64?.config.digest);
  expect(await copyByDocker(one)).toBe("arm64");
  expect(await copyByOci(one, docker.path("one-copied"))).toBe(arm64?.descriptor.digest);
});

test("an image of 40 layers, and one with a layer of 100 MiB, are loaded whole", async () => {
  for (const [image, layers] of [
    ["forty", Array<number>(40).fill(10_000)],
    ["large", [100 * MIB]],
  ] as const) {
    const { layout, config } = await docker.image(image, layers);
    await push(layout, `acme/${image}:1.0`, "--preserve-digests");
    const file = await download(`acme/${image}`, "1.0");
    expect(await loadIntoDocker(file, `${docker.server.address}/acme/${image}:1.0`)).toBe(config.digest);
  }
});

test("what a client allows to be compressed comes as it is all the same", async () => {
  const { layout } = await docker.image("plainly", [1000]);
  await push(layout, "acme/plainly:1.0");
  const url = `${docker.server.url}/api/organizations/acme/images/plainly/manifests/1.0/archive`;
  const { stdout } = await run(
    "curl",
    "-sS",
    "-u",
    `${USER}:${PASSWORD}`,
    "-H",
    "Accept-Encoding: gzip",
    "-D",
    "-",
    "-o",
    docker.path("plainly.tar"),
    url,
  );
  expect(stdout.toLowerCase()).not.toContain("content-encoding");
  expect(statSync(docker.path("plainly.tar")).size).toBe(Number(/content-length: (\d+)/i.exec(stdout)?.[1]));
});
