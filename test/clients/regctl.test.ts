import { expect, test } from "vitest";
import { digestInLayout, hasIntactBlob, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const regctl = useClient("regctl", {
  prepare: async () => {
    for (const { address } of [regctl.server, regctl.recorder]) {
      await regctl.run(["registry", "set", "--tls", "disabled", address]);
      await login(address, PASSWORD);
    }
  },
});

const login = (address: string, password: string) =>
  regctl.attempt(["registry", "login", "-u", USER, "--pass-stdin", address], { input: password });
const push = (layout: string, name: string) => regctl.run(["image", "copy", `ocidir://${layout}:latest`, name]);
const pull = (name: string, layout: string) => regctl.run(["image", "copy", name, `ocidir://${layout}:latest`]);

test("a wrong password is refused, and after a logout nothing can be read", async () => {
  const { address } = regctl.server;
  const image = await regctl.image("private", [1000]);
  await push(image.layout, `${address}/acme/private:1`);

  const wrong = await login(address, "wrong");
  expect(wrong).toMatchObject({ exitCode: 1, output: expect.stringContaining("unauthorized") });
  await regctl.run(["registry", "logout", address]);
  const anonymous = await regctl.attempt(["tag", "ls", `${address}/acme/private`]);
  expect(anonymous).toMatchObject({ exitCode: 1, output: expect.stringContaining("unauthorized") });

  expect(await login(address, PASSWORD)).toMatchObject({ exitCode: 0 });
  expect((await regctl.run(["tag", "ls", `${address}/acme/private`])).stdout).toBe("1\n");
});

test("what is pushed comes back with the same digest, at once", async () => {
  const name = `${regctl.server.address}/acme/round-trip:1`;
  const image = await regctl.image("round-trip", [1000, 3 * MIB]);

  const pushed = await push(image.layout, name);
  const pulled = await pull(name, regctl.path("round-trip-pulled"));

  expect(digestInLayout(regctl.path("round-trip-pulled"))).toBe(image.descriptor.digest);
  expect(pushed.duration).toBeLessThan(TINY_OPERATION_MS);
  expect(pulled.duration).toBeLessThan(TINY_OPERATION_MS);
});

test("a layer sent in chunks comes back whole", async () => {
  const { address, exchanges } = regctl.recorder;
  const image = await regctl.image("chunked", [13 * MIB]);
  await regctl.run(["registry", "set", "--blob-max", "1000", "--blob-chunk", `${3 * MIB}`, address]);

  await push(image.layout, `${address}/acme/chunked:1`);
  await pull(`${address}/acme/chunked:1`, regctl.path("chunked-pulled"));

  // regctl makes its chunks as large as OCI-Chunk-Min-Length asks.
  expect(exchanges.filter(({ method, status }) => method === "PATCH" && status === 202).length).toBeGreaterThan(2);
  expect(digestInLayout(regctl.path("chunked-pulled"))).toBe(image.descriptor.digest);
  await regctl.run(["registry", "set", "--blob-max", "-1", "--blob-chunk", "0", address]);
});

test("an index comes back with all its images", async () => {
  const name = `${regctl.server.address}/acme/multi:1`;
  const { layout, index, images } = await regctl.multiPlatformImage("multi");

  await push(layout, name);
  await pull(name, regctl.path("multi-pulled"));

  expect(digestInLayout(regctl.path("multi-pulled"))).toBe(index.digest);
  for (const { layers } of images) {
    for (const layer of layers) expect(await hasIntactBlob(regctl.path("multi-pulled"), layer)).toBe(true);
  }
  const { stdout } = await regctl.run(["image", "digest", "--platform", "linux/arm64", name]);
  expect(stdout.trim()).toBe(images[1]?.descriptor.digest);
});

test("an image of 40 layers comes back with the same digest", async () => {
  const name = `${regctl.server.address}/acme/forty:1`;
  const image = await regctl.image("forty", Array<number>(40).fill(256 * 1024));

  await push(image.layout, name);
  await pull(name, regctl.path("forty-pulled"));

  expect(digestInLayout(regctl.path("forty-pulled"))).toBe(image.descriptor.digest);
});

test("five layers at once come back with the same digest", async () => {
  const name = `${regctl.server.address}/acme/five:1`;
  const image = await regctl.image("five", Array<number>(5).fill(20 * MIB));

  await push(image.layout, name);
  await pull(name, regctl.path("five-pulled"));

  expect(digestInLayout(regctl.path("five-pulled"))).toBe(image.descriptor.digest);
});

test("a second push uploads nothing", async () => {
  const name = `${regctl.recorder.address}/acme/again:1`;
  const image = await regctl.image("again", [1000, 100_000]);
  await push(image.layout, name);
  expect(uploadsAmong(regctl.recorder.exchanges)).not.toEqual([]);

  regctl.recorder.exchanges.length = 0;
  await push(image.layout, name);

  expect(uploadsAmong(regctl.recorder.exchanges)).toEqual([]);
});

test("a copy of an index to another repository mounts all blobs", async () => {
  const { address, exchanges } = regctl.recorder;
  const { layout, index, images } = await regctl.multiPlatformImage("mounted");
  await push(layout, `${address}/acme/source:1`);

  exchanges.length = 0;
  await regctl.run(["image", "copy", `${address}/acme/source:1`, `${address}/acme/target:1`]);

  expect(mountsAmong(exchanges)).toHaveLength(images.flatMap(({ layers, config }) => [...layers, config]).length);
  expect(uploadsAmong(exchanges)).toEqual([]);
  expect(await regctl.digestOf("acme/target", "1")).toBe(index.digest);
});

test("an artifact is listed as a referrer of its image and copied with it", async () => {
  const { address } = regctl.server;
  const image = await regctl.image("subject", [1000]);
  await push(image.layout, `${address}/acme/subject:1`);

  await regctl.run(
    ["artifact", "put", "--artifact-type", "application/vnd.example.sbom", "--subject", `${address}/acme/subject:1`],
    { input: "an SBOM" },
  );
  await regctl.run(["image", "copy", "--referrers", `${address}/acme/subject:1`, `${address}/acme/subject-copy:1`]);

  for (const repository of ["subject", "subject-copy"]) {
    const listing = await regctl.run([
      "artifact",
      "list",
      "--format",
      "{{jsonPretty .}}",
      `${address}/acme/${repository}:1`,
    ]);
    expect(JSON.parse(listing.stdout)).toMatchObject({
      descriptors: [{ artifactType: "application/vnd.example.sbom" }],
    });
  }
  const { stdout } = await regctl.run(["artifact", "get", "--subject", `${address}/acme/subject-copy:1`]);
  expect(stdout).toBe("an SBOM");
});

test("deleting a tag leaves the other tag of the same image", async () => {
  const { address } = regctl.server;
  const image = await regctl.image("deleted", [1000]);
  const name = `${address}/acme/deleted`;
  for (const tag of ["1", "2"]) await push(image.layout, `${name}:${tag}`);

  await regctl.run(["tag", "delete", `${name}:1`]);

  expect((await regctl.run(["tag", "ls", name])).stdout).toBe("2\n");
  expect((await regctl.run(["image", "digest", `${name}:2`])).stdout.trim()).toBe(image.descriptor.digest);
});

test("deleting a manifest takes its tag along", async () => {
  const { address } = regctl.server;
  const image = await regctl.image("removed", [1000]);
  const name = `${address}/acme/removed`;
  await push(image.layout, `${name}:1`);

  await regctl.run(["manifest", "delete", "--force-tag-dereference", `${name}:1`]);

  expect(await regctl.digestOf("acme/removed", "1")).toBeUndefined();
  expect((await regctl.run(["tag", "ls", name])).stdout.trim()).toBe("");
});
