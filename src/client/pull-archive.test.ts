import { describe, it } from "vitest";
import { readArchive } from "./archive/read-archive.ts";
import { pullArchive } from "./pull-archive.ts";
import { RegistryClient } from "./registry-client.ts";
import {
  blobOf,
  contentsOf,
  descriptorOf,
  indexOf,
  kept,
  layerOf,
  OCI_INDEX,
  OCI_MANIFEST,
  ociImage,
} from "./testing/images.ts";
import { FakeRegistry, IMPATIENT } from "./testing/registry.ts";

const LAYERS = [layerOf("base"), layerOf("application")];
const NAMES = ["registry.example.com/acme/web:1", "registry.example.com/acme/web:latest"];

const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });

async function setting() {
  const registry = new FakeRegistry();
  const client = new RegistryClient({ url: "https://registry.example.com", fetch: registry.fetch, retry: IMPATIENT });
  const [amd, arm] = [await ociImage(LAYERS), await ociImage([layerOf("arm")], { config: { architecture: "arm64" } })];
  for (const { manifest, blobs } of [amd, arm]) {
    for (const { bytes } of blobs) registry.addBlob("acme/web", bytes);
    registry.addManifest("acme/web", manifest.digest, OCI_MANIFEST, manifest.bytes);
  }
  const index = indexOf([descriptorOf(arm.manifest, platform("arm64")), descriptorOf(amd.manifest, platform("amd64"))]);
  registry.addManifest("acme/web", "all", OCI_INDEX, index.bytes);
  return { registry, from: { client, repository: "acme/web" }, amd, arm, index };
}

it("makes an archive that reads back as the same image, under the names it is given", async ({ expect }) => {
  const { from, amd } = await setting();
  let done = 0;
  const options = { names: NAMES, onProgress: (bytes: number) => (done = bytes) };
  const { stream, digest, size } = await pullArchive(from, amd.manifest.digest, options);
  const { images } = await readArchive(new Blob([await contentsOf(stream)]));
  expect(digest).toBe(amd.manifest.digest);
  expect(images).toMatchObject([{ names: NAMES.map((reference) => ({ reference })) }]);
  expect(kept(images[0]).manifests).toMatchObject([{ digest: amd.manifest.digest, bytes: amd.manifest.bytes }]);
  expect(size).toBe(amd.blobs.reduce((sum, blob) => sum + blob.size, 0));
  expect(done).toBe(size);
});

it("keeps an index whole, and gives docker load the usual platform of it", async ({ expect }) => {
  const { from, amd, index } = await setting();
  const { stream, digest } = await pullArchive(from, "all", { names: NAMES });
  const bytes = await contentsOf(stream);
  expect(digest).toBe(index.digest);
  const { images, files } = await readArchive(new Blob([bytes]));
  expect(kept(images[0]).manifests).toHaveLength(3);
  const manifest = files.find("manifest.json");
  if (!manifest) throw new Error("docker load needs a manifest.json");
  const [config, ...layers] = amd.blobs.map((blob) => `blobs/${blob.digest.replace(":", "/")}`);
  expect(JSON.parse(new TextDecoder().decode(await contentsOf(manifest.open())))).toEqual([
    { Config: config, RepoTags: NAMES, Layers: layers },
  ]);
});

it("takes only the platform that is asked for", async ({ expect }) => {
  const { from, arm } = await setting();
  const { stream, digest } = await pullArchive(from, "all", { platform: { os: "linux", architecture: "arm64" } });
  expect(digest).toBe(arm.manifest.digest);
  const { images } = await readArchive(new Blob([await contentsOf(stream)]));
  expect(images).toMatchObject([{ names: [], platforms: [{ architecture: "arm64" }] }]);
});

describe("of an image with a layer that may not be distributed", () => {
  const foreign = blobOf("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "licensed");

  async function pulled(isPresent: boolean) {
    const { registry, from, amd } = await setting();
    const [config, ...layers] = amd.blobs.map((blob) => descriptorOf(blob));
    const manifest = blobOf(OCI_MANIFEST, { schemaVersion: 2, config, layers: [...layers, descriptorOf(foreign)] });
    registry.addManifest("acme/web", "licensed", OCI_MANIFEST, manifest.bytes);
    if (isPresent) registry.addBlob("acme/web", foreign.bytes);
    const { stream, missingLayers } = await pullArchive(from, "licensed", { names: NAMES });
    const { files } = await readArchive(new Blob([await contentsOf(stream)]));
    return { files, missingLayers };
  }

  it("the archive holds the layer where the registry has it", async ({ expect }) => {
    const { files, missingLayers } = await pulled(true);
    expect(missingLayers).toEqual([]);
    expect(files.find(`blobs/${foreign.digest.replace(":", "/")}`)?.size).toBe(foreign.size);
    expect(files.find("manifest.json")).toBeDefined();
  });

  it("the archive promises docker nothing that it does not hold", async ({ expect }) => {
    const { files, missingLayers } = await pulled(false);
    expect(missingLayers).toMatchObject([{ digest: foreign.digest }]);
    expect(files.find("manifest.json")).toBeUndefined();
  });
});

it("gives docker load no artifact, and of an index no attestation", async ({ expect }) => {
  const { registry, from, arm } = await setting();
  const config = blobOf("application/vnd.cncf.helm.config.v1+json", "{}");
  registry.addBlob("acme/web", config.bytes);
  const chart = blobOf(OCI_MANIFEST, { schemaVersion: 2, config: descriptorOf(config), layers: [] });
  registry.addManifest("acme/web", "chart", OCI_MANIFEST, chart.bytes);
  const unknown = { platform: { os: "unknown", architecture: "unknown" } };
  const index = indexOf([descriptorOf(chart, unknown), descriptorOf(arm.manifest, platform("arm64"))]);
  registry.addManifest("acme/web", "index", OCI_INDEX, index.bytes);
  const filesOf = async (reference: string) =>
    (await readArchive(new Blob([await contentsOf((await pullArchive(from, reference)).stream)]))).files;
  expect((await filesOf("chart")).find("manifest.json")).toBeUndefined();
  const manifest = (await filesOf("index")).find("manifest.json");
  const text = manifest && new TextDecoder().decode(await contentsOf(manifest.open()));
  expect(text).toContain(arm.blobs[0]?.digest.slice(7));
});

it("fails when a layer is not what it is called", async ({ expect }) => {
  const { registry, from, amd } = await setting();
  const layer = amd.blobs.at(-1);
  if (!layer) throw new Error("the image has a layer");
  registry.blobs.get("acme/web")?.set(layer.digest, new Uint8Array(layer.size));
  const { stream } = await pullArchive(from, amd.manifest.digest);
  await expect(contentsOf(stream)).rejects.toMatchObject({ name: "ContentMismatch" });
});

it("stops pulling when nobody reads any more", async ({ expect }) => {
  const { from, amd } = await setting();
  const { stream } = await pullArchive(from, amd.manifest.digest);
  const reader = stream.getReader();
  await reader.read();
  await expect(reader.cancel(new Error("enough"))).resolves.toBeUndefined();
});
