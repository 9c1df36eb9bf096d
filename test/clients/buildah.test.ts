/** Images that buildah builds. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addAccount } from "../support/server-people.ts";
import { uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { useClient } from "./client-setup.ts";

const buildah = useClient("buildah", {
  globalArguments: (directory) => [
    "--root",
    `${directory}/storage`,
    "--runroot",
    `${directory}/run`,
    "--storage-driver",
    "vfs",
  ],
  prepare: async () => {
    mkdirSync(buildah.path("context"));
    writeFileSync(buildah.path("context", "data"), "data of the tests\n".repeat(1000));
    for (const { address } of [buildah.server, buildah.recorder]) {
      await buildah.run(loginTo(address), { input: PASSWORD });
    }
  },
});

const loginTo = (address: string, user = USER) => [
  "login",
  "--tls-verify=false",
  "-u",
  user,
  "--password-stdin",
  address,
];

/** Builds an image from a Dockerfile and answers its id. */
async function build(name: string, dockerfile: string): Promise<string> {
  const file = buildah.path("Dockerfile");
  writeFileSync(file, dockerfile);
  const isolation = ["--isolation", "chroot", "--tls-verify=false", "--quiet"];
  const args = ["build", ...isolation, "--layers", "-f", file, "-t", name, buildah.path("context")];
  return (await buildah.run(args)).stdout.trim();
}

/** Pushes and answers the digest that buildah says it pushed. */
async function push(name: string): Promise<string> {
  const file = buildah.path("digest");
  await buildah.run(["push", "--tls-verify=false", "--digestfile", file, name]);
  return readFileSync(file, "utf8").trim();
}

test("what is built is pushed, pulled as the same image, and built upon", async () => {
  const { address } = buildah.server;
  const name = `${address}/acme/built:1`;
  const id = await build(name, "FROM scratch\nCOPY data /data\n");

  const digest = await push(name);
  await buildah.run(["rmi", "--force", id]);
  const pulled = await buildah.run(["pull", "--quiet", "--tls-verify=false", name]);

  // The id is the config's digest, which names every layer's content.
  expect(pulled.stdout.trim()).toBe(id);
  expect(await buildah.digestOf("acme/built", "1")).toBe(digest);
  await buildah.run(["rmi", "--force", id]);
  await build(`${address}/acme/derived:1`, `FROM ${name}\nCOPY data /more\n`);
  await push(`${address}/acme/derived:1`);
  expect(await buildah.digestOf("acme/derived", "1")).toBeDefined();
});

test("a list of images for several platforms is pushed with all of them", async () => {
  const { address } = buildah.server;
  const list = `${address}/acme/multi:1`;
  await buildah.run(["manifest", "create", list]);
  for (const architecture of ["amd64", "arm64"]) {
    const name = `localhost/${architecture}`;
    await build(name, `FROM scratch\nCOPY data /${architecture}\n`);
    await buildah.run(["manifest", "add", "--arch", architecture, list, name]);
  }

  await buildah.run(["manifest", "push", "--all", "--tls-verify=false", list, `docker://${list}`]);

  expect(await (await buildah.ask("/v2/acme/multi/manifests/1")).json()).toMatchObject({
    manifests: [{ platform: { architecture: "amd64" } }, { platform: { architecture: "arm64" } }],
  });
});

test("a second push uploads no layer", async () => {
  const { address, exchanges } = buildah.recorder;
  const name = `${address}/acme/again:1`;
  await build(name, "FROM scratch\nCOPY data /again\n");
  const digest = await push(name);
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  expect(await push(name)).toBe(digest);

  expect(exchanges).not.toEqual([]);
  expect(uploadsAmong(exchanges)).toEqual([]);
});

test("a wrong password, none, and a user without rights, are told why", async () => {
  const { address } = buildah.server;
  const name = `${address}/acme/private:1`;
  const id = await build(name, "FROM scratch\nCOPY data /private\n");
  await push(name);
  const rival = await addAccount(buildah.server, "rival");

  expect(await buildah.attempt(loginTo(address), { input: "wrong" })).toMatchObject({
    exitCode: 125,
    output: expect.stringContaining("invalid username/password"),
  });
  await buildah.run(["logout", address]);
  const anonymous = await buildah.attempt(["push", "--tls-verify=false", name]);
  await buildah.run(loginTo(address, rival.name), { input: rival.password });
  const refused = await buildah.attempt(["push", "--tls-verify=false", name]);
  await buildah.run(loginTo(address), { input: PASSWORD });

  expect(anonymous).toMatchObject({ exitCode: 125, output: expect.stringContaining("authentication required") });
  expect(refused).toMatchObject({
    exitCode: 125,
    output: expect.stringContaining("the name of organization acme is taken by another account"),
  });
  await buildah.run(["rmi", "--force", id]);
});
