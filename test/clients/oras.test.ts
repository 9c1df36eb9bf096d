import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { digestInLayout, MIB } from "../support/image-layouts.ts";
import { mountsAmong, uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, USER } from "../support/server.ts";
import { TINY_OPERATION_MS, useClient } from "./client-setup.ts";

const oras = useClient("oras", {
  prepare: async () => {
    for (const { address } of [oras.server, oras.recorder]) await login(address, PASSWORD);
  },
});

const login = (address: string, password: string) =>
  oras.attempt(["login", "--plain-http", "-u", USER, "--password-stdin", address], { input: password });
const push = (layout: string, name: string) =>
  oras.run(["cp", "--from-oci-layout", `${layout}:latest`, "--to-plain-http", name]);
const pull = (name: string, layout: string) =>
  oras.run(["cp", "--from-plain-http", name, "--to-oci-layout", `${layout}:latest`]);

/** What `oras discover` says of the referrers of an image. */
async function referrersOf(name: string): Promise<unknown> {
  const { stdout } = await oras.run(["discover", "--plain-http", "--format", "json", name]);
  return JSON.parse(stdout);
}

test("a wrong password is called wrong, and after a logout nothing can be read", async () => {
  const { address } = oras.server;
  const image = await oras.image("private", [1000]);
  await push(image.layout, `${address}/acme/private:1`);

  expect(await login(address, "wrong")).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the user name or the password is wrong"),
  });
  await oras.run(["logout", address]);
  const anonymous = await oras.attempt(["repo", "tags", "--plain-http", `${address}/acme/private`]);
  expect(anonymous).toMatchObject({ exitCode: 1, output: expect.stringContaining("authentication required") });

  expect(await login(address, PASSWORD)).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("Login Succeeded"),
  });
  expect((await oras.run(["repo", "tags", "--plain-http", `${address}/acme/private`])).stdout).toBe("1\n");
});

test("what is pushed comes back with the same digest, at once", async () => {
  const name = `${oras.server.address}/acme/round-trip:1`;
  const image = await oras.image("round-trip", [1000, 3 * MIB]);

  const pushed = await push(image.layout, name);
  const pulled = await pull(name, oras.path("round-trip-pulled"));

  expect(digestInLayout(oras.path("round-trip-pulled"))).toBe(image.descriptor.digest);
  expect(pushed.duration).toBeLessThan(TINY_OPERATION_MS);
  expect(pulled.duration).toBeLessThan(TINY_OPERATION_MS);
});

test("an index comes back with the same digest", async () => {
  const name = `${oras.server.address}/acme/multi:1`;
  const { layout, index } = await oras.multiPlatformImage("multi");

  await push(layout, name);
  await pull(name, oras.path("multi-pulled"));

  expect(digestInLayout(oras.path("multi-pulled"))).toBe(index.digest);
});

test("an image of 40 layers comes back with the same digest", async () => {
  const name = `${oras.server.address}/acme/forty:1`;
  const image = await oras.image("forty", Array<number>(40).fill(256 * 1024));

  await push(image.layout, name);
  await pull(name, oras.path("forty-pulled"));

  expect(digestInLayout(oras.path("forty-pulled"))).toBe(image.descriptor.digest);
});

test("five layers at once come back with the same digest", async () => {
  const name = `${oras.server.address}/acme/five:1`;
  const image = await oras.image("five", Array<number>(5).fill(20 * MIB));

  await oras.run(["cp", "--concurrency", "5", "--from-oci-layout", `${image.layout}:latest`, "--to-plain-http", name]);
  await pull(name, oras.path("five-pulled"));

  expect(digestInLayout(oras.path("five-pulled"))).toBe(image.descriptor.digest);
});

test("files pushed as an artifact come back as they were, an empty one too", async () => {
  const name = `${oras.server.address}/acme/files:1`;
  writeFileSync(oras.path("notes.txt"), "some notes\n");
  writeFileSync(oras.path("empty.txt"), "");

  await oras.run(
    ["push", "--plain-http", "--artifact-type", "application/vnd.example.files", name, "notes.txt", "empty.txt"],
    { cwd: oras.directory },
  );
  await oras.run(["pull", "--plain-http", "-o", oras.path("files-pulled"), name]);

  expect(readFileSync(oras.path("files-pulled", "notes.txt"), "utf8")).toBe("some notes\n");
  expect(readFileSync(oras.path("files-pulled", "empty.txt"), "utf8")).toBe("");
});

test("an attached artifact is found by its type, copied with its image, and gone once it was deleted", async () => {
  const { address } = oras.server;
  const name = `${address}/acme/subject`;
  const image = await oras.image("subject", [1000]);
  await push(image.layout, `${name}:1`);
  writeFileSync(oras.path("sbom.json"), "{}");
  for (const kind of ["sbom", "signature"]) {
    await oras.run(
      ["attach", "--plain-http", "--artifact-type", `application/vnd.example.${kind}`, `${name}:1`, "sbom.json"],
      { cwd: oras.directory },
    );
  }

  const { stdout } = await oras.run([
    "discover",
    "--plain-http",
    "--format",
    "json",
    "--artifact-type",
    "application/vnd.example.sbom",
    `${name}:1`,
  ]);
  const found = JSON.parse(stdout) as { referrers: { artifactType: string; digest: string }[] };
  expect(found.referrers.map(({ artifactType }) => artifactType)).toEqual(["application/vnd.example.sbom"]);

  await oras.run(["cp", "-r", "--from-plain-http", "--to-plain-http", `${name}:1`, `${address}/acme/subject-copy:1`]);
  expect(await referrersOf(`${address}/acme/subject-copy:1`)).toMatchObject({
    referrers: expect.arrayContaining([
      expect.objectContaining({ artifactType: "application/vnd.example.sbom" }),
      expect.objectContaining({ artifactType: "application/vnd.example.signature" }),
    ]),
  });

  await oras.run(["manifest", "delete", "--plain-http", "-f", `${name}@${found.referrers[0]?.digest}`]);
  expect(await referrersOf(`${name}:1`)).toMatchObject({
    referrers: [{ artifactType: "application/vnd.example.signature" }],
  });
});

test("signatures are kept both ways that cosign stores them", async () => {
  const name = `${oras.server.address}/acme/signed`;
  const image = await oras.image("signed", [1000]);
  await push(image.layout, `${name}:1`);
  writeFileSync(oras.path("payload.json"), '{"critical":{}}');
  writeFileSync(oras.path("config.json"), "{}");
  const payload = "payload.json:application/vnd.dev.cosign.simplesigning.v1+json";

  // As a tag that is made of the image's digest, and as a referrer of the image.
  const tag = `${image.descriptor.digest.replace(":", "-")}.sig`;
  const config = "config.json:application/vnd.oci.image.config.v1+json";
  await oras.run(["push", "--plain-http", "--config", config, `${name}:${tag}`, payload], { cwd: oras.directory });
  const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
  await oras.run(["attach", "--plain-http", "--artifact-type", bundle, `${name}:1`, payload], { cwd: oras.directory });

  await oras.run(["pull", "--plain-http", "-o", oras.path("signature"), `${name}:${tag}`]);
  expect(readFileSync(oras.path("signature", "payload.json"), "utf8")).toBe('{"critical":{}}');
  expect(await referrersOf(`${name}:1`)).toMatchObject({ referrers: [{ artifactType: bundle }] });
});

test("a referrer may come before its subject", async () => {
  const name = `${oras.server.address}/acme/early`;
  const image = await oras.image("early", [1000]);
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.example.early",
    config: {
      mediaType: "application/vnd.oci.empty.v1+json",
      digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      size: 2,
    },
    layers: [],
    subject: image.descriptor,
  };
  writeFileSync(oras.path("early.json"), JSON.stringify(manifest));

  const config = `${name}@${manifest.config.digest}`;
  await oras.run(["blob", "push", "--plain-http", "--size", "2", config, "-"], { input: "{}" });
  await oras.run(["manifest", "push", "--plain-http", name, oras.path("early.json")]);
  await push(image.layout, `${name}:1`);

  expect(await referrersOf(`${name}:1`)).toMatchObject({
    referrers: [{ artifactType: "application/vnd.example.early" }],
  });
});

test("a second push uploads nothing", async () => {
  const name = `${oras.recorder.address}/acme/again:1`;
  const image = await oras.image("again", [1000, 100_000]);
  await push(image.layout, name);
  expect(uploadsAmong(oras.recorder.exchanges)).not.toEqual([]);

  oras.recorder.exchanges.length = 0;
  await push(image.layout, name);

  expect(uploadsAmong(oras.recorder.exchanges)).toEqual([]);
});

test("a copy to another repository mounts all blobs", async () => {
  const { address, exchanges } = oras.recorder;
  const image = await oras.image("mounted", [1000, 100_000]);
  await push(image.layout, `${address}/acme/source:1`);

  exchanges.length = 0;
  await oras.run([
    "cp",
    "--from-plain-http",
    "--to-plain-http",
    `${address}/acme/source:1`,
    `${address}/acme/target:1`,
  ]);

  expect(mountsAmong(exchanges)).toHaveLength(image.layers.length + 1);
  expect(uploadsAmong(exchanges)).toEqual([]);
  expect(await oras.digestOf("acme/target", "1")).toBe(image.descriptor.digest);
});

test("a deleted manifest takes its tag along", async () => {
  const name = `${oras.server.address}/acme/deleted`;
  const image = await oras.image("deleted", [1000]);
  await push(image.layout, `${name}:1`);

  await oras.run(["manifest", "delete", "--plain-http", "-f", `${name}:1`]);

  expect(await oras.digestOf("acme/deleted", "1")).toBeUndefined();
});
