import { it } from "vitest";
import { unpack } from "./archive/compression.ts";
import { type Archive, readArchive } from "./archive/read-archive.ts";
import type { Bytes } from "./bytes.ts";
import { isDenied, isSignedOut } from "./errors.ts";
import { digestOf } from "./hash.ts";
import { type ImageTarget, pushArchive, type PushEvent, type PushOptions } from "./push-archive.ts";
import { RegistryClient } from "./registry-client.ts";
import {
  configOf,
  contentsOf,
  dockerFiles,
  largeLayer,
  layerOf,
  layoutOf,
  OCI_INDEX,
  descriptorOf,
  indexOf,
  layoutFiles,
  ociImage,
  packed,
  streamOfBytes,
  zstdOf,
} from "./testing/images.ts";
import { FakeRegistry, type Fault, IMPATIENT, refusal } from "./testing/registry.ts";
import { type TarFile, tarOf } from "./testing/tar.ts";

const LAYERS = [layerOf("base"), layerOf("application")];
const LIMITS = { maxRequestBytes: 20_000, maxBufferedBytes: 20_000 };

function setting() {
  const registry = new FakeRegistry();
  const client = new RegistryClient({ url: "https://registry.example.com", fetch: registry.fetch, retry: IMPATIENT });
  return { registry, client };
}

/** Puts every image of an archive under one name, as 1, 2 and so on. */
function targetsOf({ images }: Archive, repository = "acme/web"): ImageTarget[] {
  return images.map((image, at) => ({ image, repository, tags: [String(at + 1)] }));
}

async function read(files: readonly TarFile[], { isPacked = false } = {}): Promise<Archive> {
  const archive = tarOf(files);
  return readArchive(new Blob([isPacked ? await packed(archive) : archive]));
}

/** What a registry has under a reference, with all layers unpacked. */
async function imageAt(registry: FakeRegistry, repository: string, reference: string) {
  const stored = registry.manifests.get(repository)?.get(reference);
  if (!stored) throw new Error(`there is no ${repository}:${reference}`);
  const manifest = JSON.parse(new TextDecoder().decode(stored.bytes)) as {
    mediaType: string;
    config: { mediaType: string; digest: string; size: number };
    layers: { mediaType: string; digest: string; size: number }[];
  };
  const blob = (digest: string): Bytes => {
    const bytes = registry.blobs.get(repository)?.get(digest);
    if (!bytes) throw new Error(`there is no ${digest}`);
    return bytes;
  };
  const layers = manifest.layers.map(({ digest }) => contentsOf(unpack(streamOfBytes(blob(digest)), "gzip")));
  return {
    manifest,
    digest: digestOf(stored.bytes),
    config: blob(manifest.config.digest),
    layers: await Promise.all(layers),
  };
}

const uploadsOf = (registry: FakeRegistry) => registry.asked("PUT").filter((path) => path.includes("/uploads/"));

it.for([false, true])(
  "pushes an image of docker save, compressed, with the same id and layers (tar.gz: %s)",
  async (isPacked, { expect }) => {
    const { registry, client } = setting();
    const archive = await read(dockerFiles([{ layers: LAYERS }]), { isPacked });
    const [pushed] = await pushArchive(client, archive, targetsOf(archive));
    const { manifest, digest, config, layers } = await imageAt(registry, "acme/web", "1");
    expect(pushed?.digest).toBe(digest);
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      config: { mediaType: "application/vnd.docker.container.image.v1+json", size: config.byteLength },
    });
    expect(config).toEqual(configOf(LAYERS));
    expect(layers).toEqual(LAYERS);
    for (const { mediaType, digest: layer, size } of manifest.layers) {
      expect(mediaType).toBe("application/vnd.docker.image.rootfs.diff.tar.gzip");
      expect(registry.blobs.get("acme/web")?.get(layer)?.byteLength).toBe(size);
    }
  },
);

it("pushes an image with its own manifest byte for byte, and an index with its images first", async ({ expect }) => {
  const { registry, client } = setting();
  const [amd, arm] = [await ociImage(LAYERS), await ociImage([layerOf("arm")], { isPlain: true })];
  const index = indexOf([descriptorOf(amd.manifest), descriptorOf(arm.manifest)]);
  const all = [index, ...[amd, arm].flatMap(({ manifest, blobs }) => [manifest, ...blobs])];
  const archive = await read(layoutFiles([descriptorOf(index)], all));
  const [pushed] = await pushArchive(client, archive, targetsOf(archive));
  expect(pushed?.digest).toBe(index.digest);
  expect(registry.manifests.get("acme/web")?.get("1")).toEqual({ mediaType: OCI_INDEX, bytes: index.bytes });
  expect(registry.asked("PUT").filter((path) => path.includes("/manifests/"))).toEqual([
    `/v2/acme/web/manifests/${amd.manifest.digest}`,
    `/v2/acme/web/manifests/${arm.manifest.digest}`,
    "/v2/acme/web/manifests/1",
  ]);
  for (const { digest, bytes } of [...amd.blobs, ...arm.blobs]) {
    expect(registry.blobs.get("acme/web")?.get(digest)).toEqual(bytes);
  }
});

it("gives an image several tags, or none", async ({ expect }) => {
  const { registry, client } = setting();
  const archive = await read(dockerFiles([{ layers: LAYERS }]));
  const [image] = archive.images;
  if (!image) throw new Error("the archive has an image");
  const [, untagged] = await pushArchive(client, archive, [
    { image, repository: "acme/web", tags: ["1", "latest"] },
    { image, repository: "acme/other", tags: [] },
  ]);
  expect([...(registry.manifests.get("acme/web")?.keys() ?? [])].filter((key) => !key.includes(":"))).toEqual([
    "1",
    "latest",
  ]);
  expect([...(registry.manifests.get("acme/other")?.keys() ?? [])]).toEqual([untagged?.digest]);
});

it("sends a layer once that two images share, also to another repository", async ({ expect }) => {
  const { registry, client } = setting();
  const [base = layerOf("")] = LAYERS;
  const archive = await read(dockerFiles([{ layers: LAYERS }, { layers: [base, layerOf("other"), base] }]));
  const [first, second] = targetsOf(archive);
  if (!first || !second) throw new Error("the archive has two images");
  await pushArchive(client, archive, [first, { ...second, repository: "acme/second" }]);
  expect((await imageAt(registry, "acme/second", "2")).layers).toEqual([base, layerOf("other"), base]);
  // Three layers and two configurations.
  expect(uploadsOf(registry)).toHaveLength(5);
});

it("sends nothing that is there, also when somebody else compressed it", async ({ expect }) => {
  const { registry, client } = setting();
  const files = dockerFiles([{ layers: LAYERS }]);
  const archive = await read(files);
  await pushArchive(client, archive, targetsOf(archive));
  const before = await imageAt(registry, "acme/web", "1");
  registry.exchanges.length = 0;

  const again = await read(files);
  const events: PushEvent[] = [];
  await pushArchive(client, again, targetsOf(again), { onEvent: (event) => events.push(event) });
  expect(uploadsOf(registry)).toEqual([]);
  expect((await imageAt(registry, "acme/web", "1")).digest).toBe(before.digest);
  const states = events.flatMap((event) => (event.kind === "blob" ? [event.blob.state] : []));
  expect(states).toEqual(["present", "present", "present"]);

  const elsewhere = await read(files);
  registry.exchanges.length = 0;
  const known = new Map(
    before.layers.map((layer, at) => [digestOf(layer), before.manifest.layers[at] ?? { digest: "", size: 0 }]),
  );
  const findLayers = async () => known;
  await pushArchive(
    client,
    elsewhere,
    targetsOf(elsewhere).map((target) => ({ ...target, tags: ["new"] })),
    { findLayers },
  );
  expect(uploadsOf(registry)).toEqual([]);
});

it("sends a layer all the same that only seems to be there", async ({ expect }) => {
  const { registry, client } = setting();
  const archive = await read(dockerFiles([{ layers: LAYERS }]));
  const gone = { digest: `sha256:${"0".repeat(64)}`, size: 1 };
  const memory = new Map<string, typeof gone>(LAYERS.map((layer) => [digestOf(layer), gone]));
  await pushArchive(client, archive, targetsOf(archive), { memory });
  expect((await imageAt(registry, "acme/web", "1")).layers).toEqual(LAYERS);
  expect(registry.uploads.size).toBe(0);
});

it("sends only the rest when a push that failed is begun again", async ({ expect }) => {
  const { registry, client } = setting();
  const layers = [largeLayer(60_000, 1), largeLayer(60_000, 2), largeLayer(60_000, 3)];
  const archive = await read(dockerFiles([{ layers }]));
  const lostAfterFive: Fault = ({ method }) => {
    const isLost = method === "PATCH" && registry.asked("PATCH").length > 5;
    return isLost ? Promise.reject(new TypeError("no network")) : undefined;
  };
  registry.faults.push(...Array<Fault>(IMPATIENT.attempts).fill(lostAfterFive));
  const options: PushOptions = { limits: LIMITS, jobs: 1 };
  await expect(pushArchive(client, archive, targetsOf(archive), options)).rejects.toMatchObject({
    name: "NetworkLost",
  });
  const arrived = registry.blobs.get("acme/web")?.size ?? 0;
  expect(arrived).toBeGreaterThan(0);
  expect(registry.uploads.size).toBe(0);

  registry.faults.length = 0;
  registry.exchanges.length = 0;
  await pushArchive(client, archive, targetsOf(archive), options);
  expect(uploadsOf(registry)).toHaveLength(layers.length + 1 - arrived);
  expect((await imageAt(registry, "acme/web", "1")).layers).toEqual(layers);
});

it("tells how far each layer is, never backwards, and what became of it", async ({ expect }) => {
  const { client } = setting();
  const layer = largeLayer(100_000);
  const archive = await read(dockerFiles([{ layers: [layer] }]));
  const events: PushEvent[] = [];
  await pushArchive(client, archive, targetsOf(archive), { limits: LIMITS, onEvent: (event) => events.push(event) });
  expect(events[0]).toMatchObject({
    kind: "image-started",
    blobs: [{ state: "waiting", size: layer.byteLength, done: 0 }, {}],
  });
  expect(events.at(-1)).toMatchObject({ kind: "image-pushed" });
  const steps = events.flatMap((event) =>
    event.kind === "blob" && event.blob.digest === digestOf(layer) ? [event.blob] : [],
  );
  expect(steps.length).toBeGreaterThan(4);
  expect(steps.at(-1)).toMatchObject({ state: "sent", done: layer.byteLength });
  const done = steps.map((step) => step.done);
  expect(done).toEqual(done.toSorted((one, other) => one - other));
});

it.for([
  [401, isSignedOut],
  [403, isDenied],
] as const)(
  "tells a %i in the middle from other failures, and leaves nothing half done",
  async ([status, is], { expect }) => {
    const { registry, client } = setting();
    const archive = await read(dockerFiles([{ layers: [largeLayer(60_000)] }]));
    let chunks = 0;
    registry.faults.push(({ method }) => {
      return method === "PATCH" && (chunks += 1) === 2
        ? refusal(status, status === 401 ? "UNAUTHORIZED" : "DENIED")
        : undefined;
    });
    const failure = await pushArchive(client, archive, targetsOf(archive), { limits: LIMITS }).catch(
      (error: unknown) => error,
    );
    expect(is(failure)).toBe(true);
    expect([isSignedOut, isDenied].filter((test) => test(failure))).toHaveLength(1);
    expect(registry.uploads.size).toBe(0);
  },
);

it("stops when it is told to, and takes back what it was sending", async ({ expect }) => {
  const { registry, client } = setting();
  const archive = await read(dockerFiles([{ layers: [largeLayer(200_000, 1), largeLayer(200_000, 2)] }]), {
    isPacked: true,
  });
  const stop = new AbortController();
  const onEvent = (event: PushEvent) => {
    if (event.kind === "blob" && event.blob.done > 50_000) stop.abort(new Error("enough"));
  };
  const push = pushArchive(client, archive, targetsOf(archive), { limits: LIMITS, signal: stop.signal, onEvent });
  await expect(push).rejects.toThrow("enough");
  expect(registry.uploads.size).toBe(0);
  expect(registry.manifests.get("acme/web")?.size ?? 0).toBe(0);
});

it("does not push a file that has changed since it was checked", async ({ expect }) => {
  const { registry, client } = setting();
  const bytes = tarOf(dockerFiles([{ layers: [largeLayer(60_000)] }]));
  const archive = await readArchive({ size: bytes.byteLength, stream: (from) => streamOfBytes(bytes.slice(from)) });
  bytes[30_000] = (bytes[30_000] ?? 0) ^ 1;
  await expect(pushArchive(client, archive, targetsOf(archive), { limits: LIMITS })).rejects.toMatchObject({
    code: "source-changed",
  });
  expect(registry.manifests.get("acme/web")?.size ?? 0).toBe(0);
});

it("pushes what another program keeps in an archive, and layers that cannot be looked into", async ({ expect }) => {
  const { registry, client } = setting();
  const image = await ociImage(LAYERS);
  const archive = await read(layoutOf(image), { isPacked: true });
  await pushArchive(client, archive, targetsOf(archive));
  const { manifest } = await imageAt(registry, "acme/web", "1");
  expect(manifest.layers.map(({ digest }) => digest)).toEqual(image.blobs.slice(1).map(({ digest }) => digest));
});

it("refuses two images for one tag before anything is sent", async ({ expect }) => {
  const { registry, client } = setting();
  const archive = await read(dockerFiles([{ layers: LAYERS }, { layers: LAYERS.slice(1) }]));
  const targets = targetsOf(archive).map((target) => ({ ...target, tags: [...target.tags, "latest"] }));
  await expect(pushArchive(client, archive, targets)).rejects.toMatchObject({
    code: "same-target",
    message: expect.stringMatching(/acme\/web:latest.*a tag of its own/),
  });
  expect(registry.exchanges).toEqual([]);
  const twice = archive.images.slice(0, 1).flatMap((image) => [
    { image, repository: "acme/web", tags: ["1"] },
    { image, repository: "acme/web", tags: ["1"] },
  ]);
  await expect(pushArchive(client, archive, twice)).resolves.toHaveLength(2);
});

const oci = (name: string) => `application/vnd.oci.image.${name}`;

it("keeps a layer that is packed with zstd, in a manifest that has a name for it", async ({ expect }) => {
  const { registry, client } = setting();
  const [base = layerOf(""), application = layerOf("")] = LAYERS;
  const third = layerOf("third");
  const layers = [base, application, third];
  const contents = new Map<unknown, Bytes>([
    [base, zstdOf(base)],
    [application, await packed(application)],
  ]);
  const files = dockerFiles([{ layers }]).map((file) => {
    const repacked = contents.get(file.contents);
    return repacked ? { ...file, contents: repacked } : file;
  });
  const archive = await read(files);
  await pushArchive(client, archive, targetsOf(archive));
  const stored = registry.manifests.get("acme/web")?.get("1");
  const manifest = JSON.parse(new TextDecoder().decode(stored?.bytes)) as { layers: { digest: string }[] };
  expect(stored?.mediaType).toBe(oci("manifest.v1+json"));
  expect(manifest).toMatchObject({
    mediaType: oci("manifest.v1+json"),
    config: { mediaType: oci("config.v1+json"), digest: digestOf(configOf(layers)) },
    layers: [
      { mediaType: oci("layer.v1.tar+zstd"), digest: digestOf(zstdOf(base)) },
      { mediaType: oci("layer.v1.tar+gzip"), digest: digestOf(await packed(application)) },
      { mediaType: oci("layer.v1.tar+gzip"), digest: digestOf(await packed(third)) },
    ],
  });
});
