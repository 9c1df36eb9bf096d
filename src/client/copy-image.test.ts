import { it } from "vitest";
import { type CopyEvent, copyImage } from "./copy-image.ts";
import { digestOf } from "./hash.ts";
import { referrersTag } from "./referrers.ts";
import { RegistryClient } from "./registry-client.ts";
import {
  blobOf,
  type Blob256,
  descriptorOf,
  indexOf,
  layerOf,
  OCI_INDEX,
  OCI_MANIFEST,
  type OciImage,
  ociImage,
} from "./testing/images.ts";
import { FakeRegistry, IMPATIENT } from "./testing/registry.ts";

const LAYERS = [layerOf("base"), layerOf("application")];

function registryAt(url: string) {
  const registry = new FakeRegistry(url);
  const client = new RegistryClient({ url, fetch: registry.fetch, retry: IMPATIENT });
  return { registry, client };
}

function store(registry: FakeRegistry, { manifest, blobs }: OciImage, reference = manifest.digest): void {
  for (const { bytes } of blobs) registry.addBlob("acme/web", bytes);
  registry.addManifest("acme/web", reference, manifest.mediaType, manifest.bytes);
}

/** Something that refers to a manifest: a signature. */
function signatureOf(subject: Blob256): OciImage {
  const config = blobOf("application/vnd.oci.empty.v1+json", "{}");
  const layer = blobOf("application/vnd.dev.example.signature", `signed ${subject.digest}`);
  const manifest = blobOf(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: "application/vnd.example.signature",
    config: descriptorOf(config),
    layers: [descriptorOf(layer)],
    subject: descriptorOf(subject),
    annotations: { by: "mia" },
  });
  return { manifest, blobs: [config, layer] };
}

const runsOn = (architecture: string, variant?: string) => ({
  platform: { os: "linux", architecture, ...(variant && { variant }) },
});

/** Two registries; the first has an index of two images, one of them signed, and the signature signed again. */
async function setting() {
  const [source, target] = [registryAt("https://one.example.com"), registryAt("https://two.example.com")];
  const [amd, arm] = [await ociImage(LAYERS), await ociImage([layerOf("arm")], { config: { architecture: "arm64" } })];
  const index = indexOf([
    descriptorOf(amd.manifest, runsOn("amd64")),
    descriptorOf(arm.manifest, runsOn("arm64", "v8")),
  ]);
  store(source.registry, amd);
  store(source.registry, arm);
  source.registry.addManifest("acme/web", "1", OCI_INDEX, index.bytes);
  const signature = signatureOf(arm.manifest);
  const countersignature = signatureOf(signature.manifest);
  store(source.registry, signature);
  store(source.registry, countersignature);
  return {
    source,
    target,
    amd,
    arm,
    index,
    signatures: [signature, countersignature],
    from: { client: source.client, repository: "acme/web" },
    to: { client: target.client, repository: "mirror/web", tags: ["1", "latest"] },
  };
}

const manifestsIn = ({ manifests }: FakeRegistry) => [...(manifests.get("mirror/web")?.keys() ?? [])];

it("copies an index with all of its images, byte for byte, to all tags", async ({ expect }) => {
  const { target, amd, arm, index, from, to } = await setting();
  const events: CopyEvent[] = [];
  expect(await copyImage(from, "1", to, { onEvent: (event) => events.push(event) })).toBe(index.digest);
  expect(manifestsIn(target.registry)).toEqual([amd.manifest.digest, arm.manifest.digest, "1", index.digest, "latest"]);
  expect(target.registry.manifests.get("mirror/web")?.get("latest")?.bytes).toEqual(index.bytes);
  for (const { digest, bytes } of [...amd.blobs, ...arm.blobs]) {
    expect(target.registry.blobs.get("mirror/web")?.get(digest)).toEqual(bytes);
  }
  const sent = events.filter((event) => event.kind === "blob" && event.state === "sent");
  expect(sent).toHaveLength(amd.blobs.length + arm.blobs.length);
});

it.for([[{ os: "linux", architecture: "arm64" }], [{ os: "linux", architecture: "arm64", variant: "v8" }]])(
  "copies one platform of an index: %j",
  async ([platform], { expect }) => {
    const { target, arm, from, to } = await setting();
    expect(await copyImage(from, "1", to, { platform })).toBe(arm.manifest.digest);
    expect(manifestsIn(target.registry)).toEqual(["1", arm.manifest.digest, "latest"]);
  },
);

it("names the platforms that there are when the wanted one is not among them", async ({ expect }) => {
  const { from, to } = await setting();
  await expect(copyImage(from, "1", to, { platform: { os: "linux", architecture: "s390x" } })).rejects.toThrow(
    "1 is not made for linux/s390x, only for linux/amd64, linux/arm64/v8",
  );
});

it("copies by digest when there is no tag to give", async ({ expect }) => {
  const { target, amd, from, to } = await setting();
  await copyImage(from, amd.manifest.digest, { ...to, tags: [] });
  expect(manifestsIn(target.registry)).toEqual([amd.manifest.digest]);
});

it("copies nothing that is there", async ({ expect }) => {
  const { source, target, from, to } = await setting();
  await copyImage(from, "1", to);
  source.registry.exchanges.length = 0;
  target.registry.exchanges.length = 0;
  await copyImage(from, "1", to);
  expect(source.registry.asked("GET").filter((path) => path.includes("/blobs/"))).toEqual([]);
  expect(target.registry.asked("PUT")).toEqual(["/v2/mirror/web/manifests/1", "/v2/mirror/web/manifests/latest"]);
});

it("mounts what it copies within one registry", async ({ expect }) => {
  const { source, amd, from } = await setting();
  await copyImage(from, "1", { client: source.client, repository: "acme/copy", tags: ["1"] });
  expect(source.registry.asked("GET").filter((path) => path.includes("/blobs/"))).toEqual([]);
  for (const { digest } of amd.blobs) expect(source.registry.blobs.get("acme/copy")?.has(digest)).toBe(true);
});

it("takes along what refers to the image, and to that, when it is asked to", async ({ expect }) => {
  const { target, signatures, from, to } = await setting();
  await copyImage(from, "1", to);
  for (const { manifest } of signatures) expect(manifestsIn(target.registry)).not.toContain(manifest.digest);
  await copyImage(from, "1", to, { hasReferrers: true });
  for (const { manifest, blobs } of signatures) {
    expect(target.registry.manifests.get("mirror/web")?.get(manifest.digest)?.bytes).toEqual(manifest.bytes);
    for (const { digest } of blobs) expect(target.registry.blobs.get("mirror/web")?.has(digest)).toBe(true);
  }
});

it("keeps referrers by tag where the registry does not list them, and finds them there again", async ({ expect }) => {
  const { target, arm, signatures, from, to } = await setting();
  target.registry.hasReferrers = false;
  await copyImage(from, "1", to, { hasReferrers: true });
  const list = target.registry.manifests.get("mirror/web")?.get(referrersTag(arm.manifest.digest));
  const [signature] = signatures;
  expect(JSON.parse(new TextDecoder().decode(list?.bytes))).toMatchObject({
    mediaType: OCI_INDEX,
    manifests: [
      {
        digest: signature?.manifest.digest,
        artifactType: "application/vnd.example.signature",
        annotations: { by: "mia" },
      },
    ],
  });

  const back = registryAt("https://three.example.com");
  const home = { client: back.client, repository: "mirror/web", tags: ["1"] };
  await copyImage({ client: target.client, repository: "mirror/web" }, "1", home, { hasReferrers: true });
  for (const { manifest } of signatures) expect(manifestsIn(back.registry)).toContain(manifest.digest);
});

it("takes along what cosign keeps under tags", async ({ expect }) => {
  const { source, target, amd, from, to } = await setting();
  const signature = signatureOf(blobOf(OCI_MANIFEST, "{}"));
  const tag = `${amd.manifest.digest.replace(":", "-")}.sig`;
  store(source.registry, signature, tag);
  await copyImage(from, "1", to, { hasReferrers: true });
  expect(manifestsIn(target.registry)).toContain(tag);
});

it("says what is not there", async ({ expect }) => {
  const { from, to } = await setting();
  await expect(copyImage(from, "2", to)).rejects.toMatchObject({ status: 404, message: "there is no acme/web:2" });
});

it("does not pass on bytes that are not what they are called", async ({ expect }) => {
  const { source, target, amd, from, to } = await setting();
  const [, layer] = amd.blobs;
  if (!layer) throw new Error("the image has a layer");
  source.registry.blobs.get("acme/web")?.set(layer.digest, new Uint8Array(layer.size));
  await expect(copyImage(from, "1", to)).rejects.toMatchObject({ name: "ContentMismatch" });
  expect(target.registry.manifests.get("mirror/web")?.size ?? 0).toBe(0);
  expect(digestOf(new Uint8Array(layer.size))).not.toBe(layer.digest);
});

it("copies nothing that programs read in different ways", async ({ expect }) => {
  const { source, target, from, to, amd } = await setting();
  const text = new TextDecoder().decode(amd.manifest.bytes).replace("{", '{"Layers":[],');
  source.registry.addManifest("acme/web", "odd", OCI_MANIFEST, new TextEncoder().encode(text));
  await expect(copyImage(from, "odd", to)).rejects.toThrow("cannot be read");
  expect(manifestsIn(target.registry)).toEqual([]);
});
