import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type Descriptor, digestInLayout, hasIntactBlob, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const crane = useClient("crane", {
  prepare: async () => {
    for (const { address } of [crane.server, crane.recorder]) await login(address, PASSWORD);
  },
});

const login = (address: string, password: string) =>
  crane.run(["auth", "login", "-u", USER, "--password-stdin", address], { input: password });
const pull = (name: string, layout: string) => crane.run(["pull", "--format", "oci", name, layout]);

test("a wrong password is called wrong, and after a logout nothing can be read", async () => {
  const { address } = crane.server;
  const image = await crane.image("private", [1000]);
  await crane.run(["push", image.layout, `${address}/acme/private:1`]);

  // crane stores a password without trying it.
  await login(address, "wrong");
  const wrong = await crane.attempt(["digest", `${address}/acme/private:1`]);
  expect(wrong).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
  await crane.run(["auth", "logout", address]);
  const anonymous = await crane.attempt(["digest", `${address}/acme/private:1`]);
  expect(anonymous).toMatchObject({ exitCode: 1, output: expect.stringContaining("authentication required") });

  await login(address, PASSWORD);
  expect((await crane.run(["digest", `${address}/acme/private:1`])).stdout.trim()).toBe(image.descriptor.digest);
});

test("what is pushed comes back with the same digest, at once", async () => {
  const name = `${crane.server.address}/acme/round-trip:1`;
  const image = await crane.image("round-trip", [1000, 3 * MIB]);

  const pushed = await crane.run(["push", image.layout, name]);
  const pulled = await pull(name, crane.path("round-trip-pulled"));

  expect(pushed.stdout).toContain(image.descriptor.digest);
  expect(digestInLayout(crane.path("round-trip-pulled"))).toBe(image.descriptor.digest);
  expect(pushed.duration).toBeLessThan(TINY_OPERATION_MS);
  expect(pulled.duration).toBeLessThan(TINY_OPERATION_MS);
});

test("an index comes back with all its images", async () => {
  const name = `${crane.server.address}/acme/multi:1`;
  const { layout, images } = await crane.multiPlatformImage("multi");

  // crane makes an index of its own, of what the layout's index.json names.
  const { stdout } = await crane.run(["push", "--index", layout, name]);
  await pull(name, crane.path("multi-pulled"));

  expect(digestInLayout(crane.path("multi-pulled"))).toBe(stdout.trim().split("@")[1]);
  for (const { layers } of images) {
    for (const layer of layers) expect(await hasIntactBlob(crane.path("multi-pulled"), layer)).toBe(true);
  }
});

test("an image of 40 layers comes back with the same digest", async () => {
  const name = `${crane.server.address}/acme/forty:1`;
  const image = await crane.image("forty", Array<number>(40).fill(256 * 1024));

  await crane.run(["push", image.layout, name]);
  await pull(name, crane.path("forty-pulled"));

  expect(digestInLayout(crane.path("forty-pulled"))).toBe(image.descriptor.digest);
});

test("five layers at once come back whole", async () => {
  const name = `${crane.server.address}/acme/five:1`;
  const image = await crane.image("five", Array<number>(5).fill(20 * MIB));

  await crane.run(["push", image.layout, name]);
  await pull(name, crane.path("five-pulled"));

  expect(digestInLayout(crane.path("five-pulled"))).toBe(image.descriptor.digest);
  for (const layer of image.layers) expect(await hasIntactBlob(crane.path("five-pulled"), layer)).toBe(true);
});

test("a second push uploads nothing", async () => {
  const name = `${crane.recorder.address}/acme/again:1`;
  const image = await crane.image("again", [1000, 100_000]);
  await crane.run(["push", image.layout, name]);
  expect(uploadsAmong(crane.recorder.exchanges)).not.toEqual([]);

  crane.recorder.exchanges.length = 0;
  await crane.run(["push", image.layout, name]);

  expect(uploadsAmong(crane.recorder.exchanges)).toEqual([]);
});

test("a copy to another repository mounts all blobs", async () => {
  const { address, exchanges } = crane.recorder;
  const image = await crane.image("mounted", [1000, 100_000]);
  await crane.run(["push", image.layout, `${address}/acme/source:1`]);

  exchanges.length = 0;
  await crane.run(["copy", `${address}/acme/source:1`, `${address}/acme/target:1`]);

  expect(mountsAmong(exchanges)).toHaveLength(image.layers.length + 1);
  expect(uploadsAmong(exchanges)).toEqual([]);
  expect(await crane.digestOf("acme/target", "1")).toBe(image.descriptor.digest);
});

test("a layer is appended to an image in the registry", async () => {
  const { address } = crane.server;
  const base = await crane.image("base", [1000]);
  const more = await crane.image("more", [2000]);
  await crane.run(["push", base.layout, `${address}/acme/base:1`]);
  const [added] = more.layers;
  const layer = crane.path("more", "blobs", added?.digest.replace(":", "/") ?? "");

  await crane.run(["append", "-b", `${address}/acme/base:1`, "-f", layer, "-t", `${address}/acme/longer:1`]);

  const { stdout } = await crane.run(["config", `${address}/acme/longer:1`]);
  expect(JSON.parse(stdout)).toMatchObject({
    rootfs: { diff_ids: [...base.layers, ...more.layers].map(({ digest }) => digest) },
  });
  const manifest = await crane.run(["manifest", `${address}/acme/longer:1`]);
  const { layers } = JSON.parse(manifest.stdout) as { layers: Descriptor[] };
  expect(layers).toHaveLength(base.layers.length + 1);
  for (const { digest } of layers) {
    // The new layer was compressed on the way, so only its digest tells whether it is whole.
    const bytes = await (await crane.ask(`/v2/acme/longer/blobs/${digest}`)).arrayBuffer();
    expect(`sha256:${createHash("sha256").update(new Uint8Array(bytes)).digest("hex")}`).toBe(digest);
  }
});

test("a deleted tag is gone and its manifest is not; a deleted manifest is gone", async () => {
  const { address } = crane.server;
  const image = await crane.image("deleted", [1000]);
  const name = `${address}/acme/deleted`;
  await crane.run(["push", image.layout, `${name}:1`]);
  await crane.run(["tag", `${name}:1`, "2"]);
  expect((await crane.run(["ls", name])).stdout).toBe("1\n2\n");

  await crane.run(["delete", `${name}:1`]);
  expect((await crane.run(["ls", name])).stdout).toBe("2\n");
  expect((await crane.run(["digest", `${name}@${image.descriptor.digest}`])).stdout.trim()).toBe(
    image.descriptor.digest,
  );

  await crane.run(["delete", `${name}:2`]);
  await crane.run(["delete", `${name}@${image.descriptor.digest}`]);
  const gone = await crane.attempt(["digest", `${name}@${image.descriptor.digest}`]);
  expect(gone).toMatchObject({ exitCode: 1, output: expect.stringContaining("MANIFEST_UNKNOWN") });
});

test("the catalog names every repository once", async () => {
  const { address } = crane.server;
  const image = await crane.image("listed", [1000]);
  for (const name of ["zeta/b", "zeta/a", "zeta/a/deep"]) {
    await crane.run(["push", image.layout, `${address}/${name}:1`]);
  }

  const { stdout } = await crane.run(["catalog", address]);
  const names = stdout.trim().split("\n");

  expect(names.filter((name) => name.startsWith("zeta/"))).toEqual(["zeta/a", "zeta/a/deep", "zeta/b"]);
});
