import { expect, test } from "vitest";
import { MIB } from "../support/image-layouts.ts";
import { addAccount, addReader, operatorOf } from "../support/server-people.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { Daemons } from "./daemons.ts";
import { TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const daemons = new Daemons("containerd");
const ctr = useClient("ctr", {
  globalArguments: () => ["--address", daemons.containerdSocket, "--namespace", "tests"],
  needs: ["containerd"],
  prepare: async () => {
    const daemon = daemons.launchContainerd();
    await daemons.waitFor("containerd", daemon, ["ctr", "--address", daemons.containerdSocket, "version"]);
  },
  cleanUp: () => daemons.stop(),
});

const OPERATOR = `${USER}:${PASSWORD}`;
/** ctr keeps no login: each command gets name and password. */
const as = (who: string | undefined) => ["--plain-http", ...(who === undefined ? [] : ["--user", who])];
const attemptPush = (name: string, who?: string, local = name) =>
  ctr.attempt(["images", "push", ...as(who), name, local]);
const attemptPull = (name: string, who?: string) =>
  ctr.attempt(["images", "pull", ...as(who), "--snapshotter", "native", "--all-platforms", name]);

/** Hands a layout's image to containerd under a name. */
async function load(layout: string, name: string): Promise<void> {
  await ctr.run(["images", "import", "--all-platforms", "--no-unpack", "--base-name", "loaded", "-"], {
    from: ["tar", "-C", layout, "-cf", "-", "."],
  });
  await ctr.run(["images", "tag", "--force", "loaded:latest", name]);
  await ctr.run(["images", "remove", "--sync", "loaded:latest"]);
}

async function push(name: string, local = name): Promise<number> {
  const { exitCode, output, duration } = await attemptPush(name, OPERATOR, local);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  return duration;
}

/** Forgets an image and what it consists of, and pulls it. */
async function pull(name: string): Promise<number> {
  await ctr.run(["images", "remove", "--sync", name]);
  const { exitCode, output, duration } = await attemptPull(name, OPERATOR);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  return duration;
}

/** The digest that a name stands for in containerd. */
async function localDigest(name: string): Promise<string | undefined> {
  const { stdout } = await ctr.run(["images", "list", `name==${name}`]);
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0];
}

/** Digests of all that containerd has. */
async function localContent(): Promise<string[]> {
  return (await ctr.run(["content", "list", "--quiet"])).stdout.trim().split("\n");
}

test("a wrong password, none, and one of a user without rights are told apart", async () => {
  const { address } = ctr.server;
  const name = `${address}/acme/private:1`;
  const { layout } = await ctr.image("private", [1000]);
  await load(layout, name);
  await push(name);
  const rival = await addAccount(ctr.server, "rival");
  const asRival = `${rival.name}:${rival.password}`;

  for (const attempt of [attemptPush, attemptPull]) {
    expect(await attempt(name, `${USER}:wrong`)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("401 Unauthorized"),
    });
    expect(await attempt(name, asRival)).toMatchObject({
      exitCode: 1,
      // containerd asks by HEAD first, whose answers have no reason.
      output: expect.stringContaining("403 Forbidden"),
    });
    expect(await attempt(name)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("insufficient_scope: authorization failed"),
    });
  }
  const reader = await addReader(ctr.server, operatorOf(ctr.server), "reader", "acme");
  const refused = await attemptPush(`${address}/acme/private:2`, `${reader.name}:${reader.password}`, name);
  // From version 2 on ctr passes the registry's reason on.
  const { stdout: version } = await ctr.run(["--version"]);
  const words = version.includes("containerd/v2")
    ? "reader may not push to acme/private"
    : "unexpected status: 403 Forbidden";
  expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining(words) });
  await pull(name);
});

test("what is pushed comes back with the same digest, at once", async () => {
  const name = `${ctr.server.address}/acme/round-trip:1`;
  const { layout, descriptor } = await ctr.image("round-trip", [1000, 3 * MIB]);
  await load(layout, name);

  expect(await push(name)).toBeLessThan(TINY_OPERATION_MS);
  expect(await pull(name)).toBeLessThan(TINY_OPERATION_MS);

  expect(await localDigest(name)).toBe(descriptor.digest);
  expect(await ctr.digestOf("acme/round-trip", "1")).toBe(descriptor.digest);
});

test("an index comes back with all its images", async () => {
  const name = `${ctr.server.address}/acme/multi:1`;
  const { layout, index, images } = await ctr.multiPlatformImage("multi");
  await load(layout, name);

  await push(name);
  await pull(name);

  expect(await localDigest(name)).toBe(index.digest);
  const parts = images.flatMap(({ descriptor, config, layers }) => [descriptor, config, ...layers]);
  expect(await localContent()).toEqual(expect.arrayContaining(parts.map(({ digest }) => digest)));
});

test("an image of 40 layers comes back with the same digest", async () => {
  const name = `${ctr.server.address}/acme/forty:1`;
  const { layout, descriptor } = await ctr.image("forty", Array<number>(40).fill(16 * 1024));
  await load(layout, name);

  await push(name);
  await pull(name);

  expect(await localDigest(name)).toBe(descriptor.digest);
});

test("a second push uploads nothing, and one to another repository mounts what is there", async () => {
  const { address, exchanges } = ctr.recorder;
  const name = `${address}/acme/again:1`;
  const image = await ctr.image("again", [1000, 100_000]);
  await load(image.layout, name);
  await push(name);
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  await push(name);
  expect(uploadsAmong(exchanges)).toEqual([]);

  // containerd mounts what it pulled: it remembers from where, and asks for a token of both repositories.
  await pull(name);
  exchanges.length = 0;
  await push(`${address}/acme/elsewhere:1`, name);
  expect(await ctr.digestOf("acme/elsewhere", "1")).toBe(image.descriptor.digest);
  expect(mountsAmong(exchanges)).toHaveLength(image.layers.length + 1);
  expect(uploadsAmong(exchanges)).toEqual([]);
});
