import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dockerArchiveOf, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const podman = useClient("podman", {
  globalArguments: (directory) => [
    "--root",
    `${directory}/storage`,
    "--runroot",
    `${directory}/run`,
    "--storage-driver",
    "vfs",
    "--events-backend",
    "none",
    "--cgroup-manager",
    "cgroupfs",
  ],
  prepare: async () => {
    for (const { address } of [podman.server, podman.recorder]) {
      await podman.run(loginTo(address), { input: PASSWORD });
    }
  },
});

const loginTo = (address: string) => ["login", "--tls-verify=false", "-u", USER, "--password-stdin", address];
const login = (address: string, password: string) => podman.attempt(loginTo(address), { input: password });

/** Makes an image of the layout's one known to podman under a name. */
async function load(layout: string, name: string): Promise<string> {
  const { stdout } = await podman.run(["load", "--quiet"], { from: dockerArchiveOf(layout) });
  const id = /sha256:([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
  await podman.run(["tag", id, name]);
  return id;
}

/** Pushes and answers the digest that podman says it pushed. */
async function push(name: string): Promise<{ digest: string; duration: number }> {
  const file = podman.path("digest");
  const { duration } = await podman.run(["push", "--tls-verify=false", "--digestfile", file, name]);
  return { digest: readFileSync(file, "utf8").trim(), duration };
}

async function pulledDigest(name: string): Promise<string> {
  return (await podman.run(["image", "inspect", "--format", "{{.Digest}}", name])).stdout.trim();
}

/** Pushes an image, forgets it, pulls it, and expects the same one. */
async function expectRoundTrip(name: string, layers: readonly number[]) {
  const { layout } = await podman.image(name, layers);
  const reference = `${podman.server.address}/acme/${name}:1`;
  const id = await load(layout, reference);

  const pushed = await push(reference);
  await podman.run(["rmi", "--force", id]);
  const pulled = await podman.run(["pull", "--quiet", "--tls-verify=false", reference]);

  // The id is the config's digest, which names every layer's content.
  expect(pulled.stdout.trim()).toBe(id);
  expect(await pulledDigest(reference)).toBe(pushed.digest);
  await podman.run(["rmi", "--force", id]);
  return { pushed, pulled };
}

test("a wrong password is called wrong, and after a logout nothing can be read", async () => {
  const { address } = podman.server;
  const { layout } = await podman.image("private", [1000]);
  const name = `${address}/acme/private:1`;
  await load(layout, name);
  await push(name);

  expect(await login(address, "wrong")).toMatchObject({
    exitCode: 125,
    output: expect.stringContaining("invalid username/password"),
  });
  await podman.run(["logout", address]);
  const anonymous = await podman.attempt(["pull", "--tls-verify=false", name]);
  expect(anonymous).toMatchObject({ exitCode: 125, output: expect.stringContaining("authentication required") });

  expect(await login(address, PASSWORD)).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("Login Succeeded!"),
  });
  await podman.run(["pull", "--tls-verify=false", name]);
});

test("what is pushed comes back with the same digest, at once", async () => {
  const { pushed, pulled } = await expectRoundTrip("round-trip", [1000, MIB]);

  expect(pushed.duration).toBeLessThan(TINY_OPERATION_MS);
  expect(pulled.duration).toBeLessThan(TINY_OPERATION_MS);
});

test("an image of 40 layers comes back with the same digest", async () => {
  await expectRoundTrip("forty", Array<number>(40).fill(16 * 1024));
});

test("five layers at once come back with the same digest", async () => {
  await expectRoundTrip("five", Array<number>(5).fill(20 * MIB));
});

test("an index comes back with all its images", async () => {
  const { address } = podman.server;
  const list = `${address}/acme/multi:1`;
  const { layout: first } = await podman.image("multi-first", [1000]);
  const { layout: second } = await podman.image("multi-second", [1000]);
  await podman.run(["manifest", "create", list]);
  await podman.run(["manifest", "add", "--arch", "amd64", list, `oci:${first}:latest`]);
  await podman.run(["manifest", "add", "--arch", "arm64", list, `oci:${second}:latest`]);

  await podman.run(["manifest", "push", "--all", "--tls-verify=false", list, `docker://${list}`]);
  await podman.run(["manifest", "rm", list]);

  expect(await (await podman.ask("/v2/acme/multi/manifests/1")).json()).toMatchObject({
    manifests: [{ platform: { architecture: "amd64" } }, { platform: { architecture: "arm64" } }],
  });
  await podman.run(["pull", "--tls-verify=false", "--arch", "arm64", list]);
});

test("a second push uploads no layer, and a push to another repository mounts them", async () => {
  const { address, exchanges } = podman.recorder;
  const image = await podman.image("again", [1000, 100_000]);
  const id = await load(image.layout, `${address}/acme/again:1`);
  const { digest } = await push(`${address}/acme/again:1`);
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  await push(`${address}/acme/again:1`);
  expect(uploadsAmong(exchanges)).toEqual([]);

  exchanges.length = 0;
  await podman.run(["tag", id, `${address}/acme/elsewhere:1`]);
  expect((await push(`${address}/acme/elsewhere:1`)).digest).toBe(digest);
  expect(mountsAmong(exchanges)).toHaveLength(image.layers.length);
  // The config is at hand and never mounted.
  expect(uploadsAmong(exchanges).filter(({ method }) => method === "PUT")).toHaveLength(1);
});
