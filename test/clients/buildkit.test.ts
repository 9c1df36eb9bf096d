/** Images that BuildKit builds, with its cache and attestations in the registry. */
import { mkdirSync, writeFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { addReader, operatorOf } from "../support/server-people.ts";
import { uploadsAmong } from "../support/recorder.ts";
import { PASSWORD, type Server, USER } from "../support/server.ts";
import { Daemons } from "./daemons.ts";
import { useClient } from "./client-setup.ts";

const daemons = new Daemons("buildkit");
const daemonAddress = `unix://${daemons.path("buildkitd.sock")}`;
const buildctl = useClient("buildctl", {
  globalArguments: () => ["--addr", daemonAddress],
  need: "optional",
  needs: ["buildkitd", "runc"],
  prepare: async () => {
    const daemon = daemons.launch("buildkitd", [
      "--config",
      "/dev/null",
      "--addr",
      daemonAddress,
      "--root",
      daemons.path("data"),
      "--containerd-worker=false",
      "--oci-worker-snapshotter=native",
      "--oci-worker-net=host",
    ]);
    await daemons.waitFor("buildkitd", daemon, ["buildctl", "--addr", daemonAddress, "debug", "workers"]);
    mkdirSync(buildctl.path("home", "docker"));
    mkdirSync(buildctl.path("context"));
    writeFileSync(
      buildctl.path("context", "Dockerfile"),
      'FROM scratch AS parts\nCOPY first /first\n\nFROM scratch\nCOPY --from=parts /first /renamed\nCOPY second /second\nCMD ["/renamed"]\n',
    );
    for (const name of ["first", "second"]) writeFileSync(buildctl.path("context", name), `${name}\n`.repeat(1000));
  },
  cleanUp: () => daemons.stop(),
});

beforeEach(() => {
  // There is none when BuildKit is missing, and all tests are skipped.
  if ((buildctl.server as Server | undefined) !== undefined) logIn(USER, PASSWORD);
});

/** Writes what `docker login` would: buildctl hands it to the daemon. */
function logIn(user: string, password: string): void {
  const auth = Buffer.from(`${user}:${password}`).toString("base64");
  const addresses = [buildctl.server.address, buildctl.recorder.address];
  const auths = Object.fromEntries(addresses.map((address) => [address, { auth }]));
  writeFileSync(buildctl.path("home", "docker", "config.json"), JSON.stringify({ auths }));
}

/** Builds the context and pushes it under a name. Times are fixed, so that one context is one digest. */
const attemptBuild = (name: string, ...options: string[]) =>
  buildctl.attempt([
    "build",
    "--progress",
    "plain",
    "--frontend",
    "dockerfile.v0",
    "--local",
    `context=${buildctl.path("context")}`,
    "--local",
    `dockerfile=${buildctl.path("context")}`,
    "--opt",
    "build-arg:SOURCE_DATE_EPOCH=1700000000",
    "--output",
    `type=image,name=${name},push=true,oci-mediatypes=true,rewrite-timestamp=true`,
    ...options,
  ]);

async function build(name: string, ...options: string[]): Promise<string> {
  const { exitCode, output } = await attemptBuild(name, ...options);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  return output;
}

/** The copying steps that were carried out: not cached, nor their layers downloaded in place of that. */
const copiesIn = (output: string): string[] =>
  [...output.matchAll(/^#(\d+) \[.*\] COPY .*$/gm)]
    .filter(([, step]) => !output.includes(`\n#${step} CACHED`) && !output.includes(`\n#${step} sha256:`))
    .map(([line]) => line);

/** Makes the daemon forget all that it built. */
const forget = () => buildctl.run(["prune", "--all"]);

interface Manifest {
  manifests: { digest: string; platform: { architecture: string }; annotations?: Record<string, string> }[];
  layers: { digest: string; mediaType: string }[];
}

async function manifestOf(repository: string, reference: string): Promise<Manifest> {
  return (await (await buildctl.ask(`/v2/${repository}/manifests/${reference}`)).json()) as Manifest;
}

test("what is built is pushed, used as a base, and a second build uploads nothing", async () => {
  const { address, exchanges } = buildctl.recorder;
  await build(`${address}/acme/built:1`);
  const digest = await buildctl.digestOf("acme/built", "1");
  expect(digest).toBeDefined();
  expect(uploadsAmong(exchanges)).not.toEqual([]);

  exchanges.length = 0;
  await build(`${address}/acme/built:1`);
  expect(exchanges).not.toEqual([]);
  expect(uploadsAmong(exchanges)).toEqual([]);

  await forget();
  await build(`${address}/acme/built:again`);
  expect(await buildctl.digestOf("acme/built", "again")).toBe(digest);

  // The base is pulled with all its layers, which its image is made of.
  await forget();
  mkdirSync(buildctl.path("derived"));
  writeFileSync(buildctl.path("derived", "Dockerfile"), `FROM ${address}/acme/built:1\nCOPY Dockerfile /third\n`);
  await build(`${address}/acme/derived:1`, "--local", `dockerfile=${buildctl.path("derived")}`);
  const base = await manifestOf("acme/built", "1");
  const derived = await manifestOf("acme/derived", "1");
  expect(derived.layers.map((layer) => layer.digest).slice(0, 2)).toEqual(base.layers.map((layer) => layer.digest));
  expect(derived.layers).toHaveLength(3);
});

test.each([
  { kind: "an image manifest", option: "image-manifest=true" },
  { kind: "an index", option: "image-manifest=false" },
])("a cache that is kept as $kind spares a daemon that knows nothing all steps", async ({ option }) => {
  const { address } = buildctl.recorder;
  const repository = `acme/cached-${option.replace("image-manifest=", "")}`;
  const cache = `type=registry,ref=${address}/${repository}:cache`;
  await forget();
  const first = await build(`${address}/${repository}:1`, "--export-cache", `${cache},mode=max,${option}`);
  expect(copiesIn(first)).toHaveLength(3);
  const digest = await buildctl.digestOf(repository, "1");

  await forget();
  const second = await build(`${address}/${repository}:2`, "--import-cache", cache);

  expect(copiesIn(second)).toEqual([]);
  expect(await buildctl.digestOf(repository, "2")).toBe(digest);
});

test("an attestation of how it was built stands beside the image of each platform", async () => {
  const { address } = buildctl.server;
  const name = `${address}/acme/attested:1`;
  await build(name, "--opt", "attest:provenance=mode=max", "--opt", "platform=linux/amd64,linux/arm64");

  const { manifests } = await manifestOf("acme/attested", "1");
  const images = manifests.filter(({ platform }) => platform.architecture !== "unknown");
  expect(images.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64"]);
  for (const image of images) {
    const attestation = manifests.find(
      ({ annotations }) => annotations?.["vnd.docker.reference.digest"] === image.digest,
    );
    const [layer] = (await manifestOf("acme/attested", attestation?.digest ?? "")).layers;
    expect(layer?.mediaType).toBe("application/vnd.in-toto+json");
    const statement = await buildctl.ask(`/v2/acme/attested/blobs/${layer?.digest}`);
    expect(await statement.json()).toMatchObject({
      predicateType: expect.stringContaining("slsa.dev/provenance"),
      subject: [{ digest: { sha256: image.digest.replace("sha256:", "") } }],
    });
  }
});

test("a wrong password, and a user who may only pull, are told why", async () => {
  const { address } = buildctl.server;
  await build(`${address}/acme/private:1`);
  const reader = await addReader(buildctl.server, operatorOf(buildctl.server), "reader", "acme");

  logIn(USER, "wrong");
  const wrong = await attemptBuild(`${address}/acme/private:2`);
  logIn(reader.name, reader.password);
  const refused = await attemptBuild(`${address}/acme/private:2`);

  expect(wrong.exitCode).toBe(1);
  expect(wrong.output).toContain("the user name or the password is wrong");
  expect(refused.exitCode).toBe(1);
  expect(refused.output).toContain("reader may not push to acme/private");
  expect(await buildctl.digestOf("acme/private", "2")).toBeUndefined();
});
