import { expect, test } from "vitest";
import { digestInLayout, hasIntactBlob, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { addAccount } from "../support/server-people.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { HUGE_LAYER_BYTES, HUGE_TIMEOUT_MS, TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const skopeo = useClient("skopeo", {
  environment: { ORGANIZATION_QUOTA: "1" },
  prepare: async () => {
    for (const { address } of [skopeo.server, skopeo.recorder]) {
      await skopeo.run(loginTo(address), { input: PASSWORD });
    }
  },
});

const loginTo = (address: string) => ["login", "--tls-verify=false", "-u", USER, "--password-stdin", address];
const login = (address: string, password: string) => skopeo.attempt(loginTo(address), { input: password });
/** Layers stay as they are; skopeo would otherwise compress them on the way. */
const push = (layout: string, image: string, ...options: string[]) =>
  skopeo.run([
    "copy",
    "--preserve-digests",
    "--dest-tls-verify=false",
    ...options,
    `oci:${layout}:latest`,
    `docker://${image}`,
  ]);
const pull = (image: string, layout: string, ...options: string[]) =>
  skopeo.run([
    "copy",
    "--preserve-digests",
    "--src-tls-verify=false",
    ...options,
    `docker://${image}`,
    `oci:${layout}:latest`,
  ]);

test("a wrong password is called wrong, and after a logout nothing can be read", async () => {
  const { address } = skopeo.server;
  const image = await skopeo.image("private", [1000]);
  await push(image.layout, `${address}/acme/private:1`);

  expect(await login(address, "wrong")).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("invalid username/password"),
  });
  await skopeo.run(["logout", address]);
  const refused = await skopeo.attempt(["inspect", "--tls-verify=false", `docker://${address}/acme/private:1`]);
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining("authentication required") });

  expect(await login(address, PASSWORD)).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("Login Succeeded!"),
  });
  await skopeo.run(["inspect", "--tls-verify=false", `docker://${address}/acme/private:1`]);
});

test("what is pushed comes back with the same digest, at once", async () => {
  const name = `${skopeo.server.address}/acme/round-trip:1`;
  const image = await skopeo.image("round-trip", [1000, 3 * MIB]);

  const pushed = await push(image.layout, name);
  const pulled = await pull(name, skopeo.path("round-trip-pulled"));

  expect(digestInLayout(skopeo.path("round-trip-pulled"))).toBe(image.descriptor.digest);
  expect(pushed.duration).toBeLessThan(TINY_OPERATION_MS);
  expect(pulled.duration).toBeLessThan(TINY_OPERATION_MS);
});

test("a push that is refused says why, though skopeo looks first", async () => {
  const { address } = skopeo.server;
  const { layout } = await skopeo.image("refused", [1000]);
  await push(layout, `${address}/acme/refused:1`);
  const rival = await addAccount(skopeo.server, "rival");
  await rival.ask("POST", "/v2/manage/namespaces", { namespace: "rival" });
  const credentials = ["--dest-creds", `${rival.name}:${rival.password}`, "--dest-tls-verify=false"];
  for (const [name, why] of [
    ["new/web", "the organization does not exist, and rival has created 1 of at most 1"],
    ["acme/refused", "the name of organization acme is taken by another account"],
  ]) {
    const pushed = await skopeo.attempt([
      "copy",
      ...credentials,
      `oci:${layout}:latest`,
      `docker://${address}/${name}:1`,
    ]);
    expect(pushed).toMatchObject({ exitCode: 1, output: expect.stringContaining(why ?? "") });
  }
});

test("layers that skopeo compresses on the way come back whole", async () => {
  const name = `${skopeo.server.address}/acme/compressed:1`;
  const image = await skopeo.image("compressed", [1000, 3 * MIB]);

  await skopeo.run(["copy", "--dest-tls-verify=false", `oci:${image.layout}:latest`, `docker://${name}`]);
  // skopeo checks every digest, and the diff ids that the config names, as it unpacks.
  await skopeo.run(["copy", "--src-tls-verify=false", `docker://${name}`, `docker-archive:${skopeo.path("back.tar")}`]);

  const inspected = await skopeo.run(["inspect", "--config", `docker-archive:${skopeo.path("back.tar")}`]);
  expect(JSON.parse(inspected.stdout)).toMatchObject({
    rootfs: { diff_ids: image.layers.map((layer) => layer.digest) },
  });
});

test("an index comes back with all its images", async () => {
  const name = `${skopeo.server.address}/acme/multi:1`;
  const { layout, index, images } = await skopeo.multiPlatformImage("multi");

  await push(layout, name, "--all");
  await pull(name, skopeo.path("multi-pulled"), "--all");

  expect(digestInLayout(skopeo.path("multi-pulled"))).toBe(index.digest);
  for (const { layers } of images) {
    for (const layer of layers) expect(await hasIntactBlob(skopeo.path("multi-pulled"), layer)).toBe(true);
  }
});

test("an image of 40 layers comes back with the same digest", async () => {
  const name = `${skopeo.server.address}/acme/forty:1`;
  const image = await skopeo.image("forty", Array<number>(40).fill(256 * 1024));

  await push(image.layout, name);
  await pull(name, skopeo.path("forty-pulled"));

  expect(digestInLayout(skopeo.path("forty-pulled"))).toBe(image.descriptor.digest);
});

test("five layers at once come back with the same digest", async () => {
  const name = `${skopeo.server.address}/acme/five:1`;
  const image = await skopeo.image("five", Array<number>(5).fill(20 * MIB));

  await push(image.layout, name);
  await pull(name, skopeo.path("five-pulled"));

  expect(digestInLayout(skopeo.path("five-pulled"))).toBe(image.descriptor.digest);
});

test("a layer of 1.5 GiB comes back whole", { timeout: HUGE_TIMEOUT_MS }, async () => {
  const name = `${skopeo.server.address}/acme/huge:1`;
  const image = await skopeo.image("huge", [HUGE_LAYER_BYTES]);

  await push(image.layout, name);
  // skopeo compares the digest of what it gets with the one it asked for.
  await skopeo.run(["copy", "--src-tls-verify=false", `docker://${name}`, `dir:${skopeo.path("huge-pulled")}`]);

  expect(await skopeo.digestOf("acme/huge", "1")).toBe(image.descriptor.digest);
});

test("a second push uploads nothing", async () => {
  const name = `${skopeo.recorder.address}/acme/again:1`;
  const image = await skopeo.image("again", [1000, 100_000]);
  await push(image.layout, name);
  expect(uploadsAmong(skopeo.recorder.exchanges)).not.toEqual([]);

  skopeo.recorder.exchanges.length = 0;
  await push(image.layout, name);

  expect(uploadsAmong(skopeo.recorder.exchanges)).toEqual([]);
});

test("a copy to another repository mounts the layers", async () => {
  const { address, exchanges } = skopeo.recorder;
  const image = await skopeo.image("mounted", [1000, 100_000]);
  await push(image.layout, `${address}/acme/source:1`);

  exchanges.length = 0;
  await skopeo.run([
    "copy",
    "--preserve-digests",
    "--src-tls-verify=false",
    "--dest-tls-verify=false",
    `docker://${address}/acme/source:1`,
    `docker://${address}/acme/target:1`,
  ]);

  expect(mountsAmong(exchanges)).toHaveLength(image.layers.length);
  // skopeo has the config at hand and never mounts it.
  const uploaded = uploadsAmong(exchanges).filter(({ method }) => method === "PUT");
  expect(uploaded.map(({ url }) => new URLSearchParams(url.split("?")[1]).get("digest"))).toEqual([
    image.config.digest,
  ]);
  expect(await skopeo.digestOf("acme/target", "1")).toBe(image.descriptor.digest);
});

test("deleting an image takes its tags away, and nobody else's", async () => {
  const { address } = skopeo.server;
  const image = await skopeo.image("deleted", [1000]);
  const other = await skopeo.image("kept", [1000]);
  for (const tag of ["1", "2"]) await push(image.layout, `${address}/acme/deleted:${tag}`);
  await push(other.layout, `${address}/acme/deleted:3`);

  await skopeo.run(["delete", "--tls-verify=false", `docker://${address}/acme/deleted:1`]);

  const { stdout } = await skopeo.run(["list-tags", "--tls-verify=false", `docker://${address}/acme/deleted`]);
  expect(JSON.parse(stdout)).toMatchObject({ Tags: ["3"] });
});
