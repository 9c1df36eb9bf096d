import { expect, test } from "vitest";
import { dockerArchiveOf, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { DAEMON_PROGRAMS, dockerDaemon } from "./docker-daemon.ts";
import { HUGE_TIMEOUT_MS, LARGE_LAYER_BYTES, TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const daemon = dockerDaemon();
const docker = useClient("docker", {
  globalArguments: () => ["--host", daemon.host],
  needs: DAEMON_PROGRAMS,
  prepare: async () => {
    await daemon.start();
    for (const { address } of [docker.server, docker.recorder]) {
      await docker.run(loginTo(address), { input: PASSWORD });
    }
  },
  cleanUp: daemon.stop,
});

const loginTo = (address: string) => ["login", "-u", USER, "--password-stdin", address];
const login = (address: string, password: string) => docker.attempt(loginTo(address), { input: password });

/** Loads the image of a layout into the daemon under a name, and answers its id. */
async function load(layout: string, name: string): Promise<string> {
  const { stdout } = await docker.run(["load"], { from: dockerArchiveOf(layout), timeout: HUGE_TIMEOUT_MS });
  const id = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? "";
  await docker.run(["tag", id, name]);
  return id;
}

/** Pushes and answers the digest that the daemon says it pushed. */
async function push(name: string): Promise<{ digest: string; duration: number; output: string }> {
  const { output, duration } = await docker.run(["push", name]);
  return { digest: /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1] ?? "", duration, output };
}

async function pull(name: string): Promise<{ digest: string; duration: number; output: string }> {
  const { output, duration } = await docker.run(["pull", name]);
  return { digest: /Digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1] ?? "", duration, output };
}

async function idOf(name: string): Promise<string> {
  return (await docker.run(["image", "inspect", "--format", "{{.Id}}", name])).stdout.trim();
}

/** Pushes an image, forgets it, pulls it, and expects the same one. */
async function expectRoundTrip(name: string, layers: readonly number[]) {
  const { layout } = await docker.image(name, layers);
  const reference = `${docker.server.address}/acme/${name}:1`;
  const id = await load(layout, reference);

  const pushed = await push(reference);
  await docker.run(["rmi", "--force", id]);
  const pulled = await pull(reference);

  expect(pulled.digest).toBe(pushed.digest);
  expect(await docker.digestOf(`acme/${name}`, "1")).toBe(pushed.digest);
  // The id is the config's digest, which names every layer's content.
  expect(await idOf(reference)).toBe(id);
  await docker.run(["rmi", "--force", id]);
  return { pushed, pulled };
}

test("docker search finds images, with and without a login", async () => {
  const { address } = docker.server;
  const { layout } = await docker.image("searched", [1000]);
  const name = `${address}/acme/needle:1`;
  await load(layout, name);
  await push(name);
  const found = async () => (await docker.run(["search", "--format", "{{.Name}}", `${address}/needle`])).stdout.trim();
  expect(await found()).toBe("acme/needle");
  await docker.run(["logout", address]);
  expect(await found()).toBe("");
  await docker.ask("/v2/manage/namespaces/acme/repos/needle", {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ is_public: true, category: "other", description: "" }),
  });
  expect(await found()).toBe("acme/needle");
  await docker.run(loginTo(address), { input: PASSWORD });
});

test("a wrong password is called wrong, and after a logout nothing can be read", async () => {
  const { address } = docker.server;
  const { layout } = await docker.image("private", [1000]);
  const name = `${address}/acme/private:1`;
  await load(layout, name);
  await push(name);

  expect(await login(address, "wrong")).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("unauthorized: authentication required: the user name or the password is wrong"),
  });
  await docker.run(["logout", address]);
  const anonymous = await docker.attempt(["pull", name]);
  expect(anonymous).toMatchObject({ exitCode: 1, output: expect.stringContaining("may require 'docker login'") });
  const anonymousPush = await docker.attempt(["push", name]);
  expect(anonymousPush.exitCode).toBe(1);

  expect(await login(address, PASSWORD)).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("Login Succeeded"),
  });
  await pull(name);
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

test("a layer of 512 MiB comes back whole", { timeout: HUGE_TIMEOUT_MS }, async () => {
  await expectRoundTrip("large", [LARGE_LAYER_BYTES]);
});

test(
  "a layer beyond the quota is refused with the numbers while docker is still sending it",
  { timeout: HUGE_TIMEOUT_MS },
  async () => {
    const { address } = docker.server;
    const path = "/api/organizations/beyond/quota";
    const setQuota = (storedBytes: number | "default") =>
      docker.ask(path, {
        method: "PATCH",
        body: JSON.stringify({ storedBytes }),
        headers: { "Content-Type": "application/json" },
      });
    const small = await docker.image("within", [1000]);
    await load(small.layout, `${address}/beyond/within:1`);
    await push(`${address}/beyond/within:1`);
    expect((await setQuota(20 * MIB)).status).toBe(200);

    const { layout } = await docker.image("beyond", [MIB, 100 * MIB]);
    const name = `${address}/beyond/large:1`;
    const id = await load(layout, name);
    const refused = await docker.attempt(["push", name], { timeout: HUGE_TIMEOUT_MS });
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.output).toMatch(
      /denied: quota exceeded: organization beyond stores [\d.]+ [KM]iB of 20 MiB; this layer needs [\d.]+ MiB/,
    );
    const shown = await (await docker.ask(path)).json();
    expect(shown).toMatchObject({ quotas: { openUploads: { used: 0 } } });

    expect((await setQuota("default")).status).toBe(200);
    await push(name);
    await docker.run(["rmi", "--force", id]);
  },
);

test("a manifest list comes back with the image of each platform", async () => {
  const { address } = docker.server;
  const list = `${address}/acme/multi:1`;
  const ids: Record<string, string> = {};
  for (const architecture of ["amd64", "arm64"]) {
    const { layout } = await docker.image(`multi-${architecture}`, [1000], architecture);
    ids[architecture] = await load(layout, `${list}-${architecture}`);
    await push(`${list}-${architecture}`);
    await docker.run(["rmi", "--force", ids[architecture]]);
  }

  const environment = { DOCKER_CLI_EXPERIMENTAL: "enabled" };
  await docker.run(["manifest", "create", "--insecure", list, `${list}-amd64`, `${list}-arm64`], { environment });
  await docker.run(["manifest", "push", "--insecure", list], { environment });

  for (const architecture of ["amd64", "arm64"]) {
    await docker.run(["pull", "--platform", `linux/${architecture}`, list]);
    expect(await idOf(list)).toBe(ids[architecture]);
  }
});

test("a second push uploads nothing, and a push to another repository mounts the layers", async () => {
  const { address, exchanges } = docker.recorder;
  const { layout, layers } = await docker.image("again", [1000, 100_000]);
  const id = await load(layout, `${address}/acme/again:1`);
  const { digest } = await push(`${address}/acme/again:1`);
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  const second = await push(`${address}/acme/again:1`);
  expect(second.output).toContain("Layer already exists");
  expect(uploadsAmong(exchanges)).toEqual([]);

  exchanges.length = 0;
  await docker.run(["tag", id, `${address}/acme/elsewhere:1`]);
  const elsewhere = await push(`${address}/acme/elsewhere:1`);
  expect(elsewhere.output).toContain("Mounted from acme/again");
  expect(elsewhere.digest).toBe(digest);
  expect(mountsAmong(exchanges)).toHaveLength(layers.length);
  // The config is at hand and never mounted.
  expect(uploadsAmong(exchanges).filter(({ method }) => method === "PUT")).toHaveLength(1);
});

test("a second pull downloads nothing", async () => {
  const { address, exchanges } = docker.recorder;
  const { layout } = await docker.image("pulled-twice", [1000]);
  const name = `${address}/acme/pulled-twice:1`;
  await load(layout, name);
  await push(name);
  await pull(name);

  exchanges.length = 0;
  const second = await pull(name);

  expect(second.output).toContain("Image is up to date");
  expect(exchanges.filter(({ method, url }) => method === "GET" && url.includes("/blobs/"))).toEqual([]);
});

test("a pull that is cut off in the middle of a layer goes on where it was", async () => {
  const { recorder } = docker;
  const { layout } = await docker.image("cut-off", [20 * MIB]);
  const name = `${recorder.address}/acme/cut-off:1`;
  const id = await load(layout, name);
  await push(name);
  await docker.run(["rmi", "--force", id]);

  recorder.exchanges.length = 0;
  recorder.cutNextAnswerAfter(8 * MIB);
  await pull(name);

  expect(await idOf(name)).toBe(id);
  expect(recorder.exchanges.filter(({ status }) => status === 206)).toHaveLength(1);
});

test("an image that was deleted in the registry cannot be pulled any more", async () => {
  const { address } = docker.server;
  const { layout } = await docker.image("deleted", [1000]);
  const name = `${address}/acme/deleted`;
  await load(layout, `${name}:1`);
  const { digest } = await push(`${name}:1`);

  const { status } = await docker.ask(`/v2/acme/deleted/manifests/${digest}`, { method: "DELETE" });
  expect(status).toBe(202);

  for (const reference of [`${name}:1`, `${name}@${digest}`]) {
    const refused = await docker.attempt(["pull", reference]);
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringMatching(/not found|manifest unknown/) });
  }
});
