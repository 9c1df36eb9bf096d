import { describe, it } from "vitest";
import {
  blobOf,
  configOf,
  descriptorOf,
  imagesIn,
  indexOf,
  kept,
  layerOf,
  layoutFiles,
  layoutOf,
  OCI_CONFIG,
  OCI_LAYER,
  OCI_MANIFEST,
  ociImage,
  packed,
} from "../testing/images.ts";

const LAYERS = [layerOf("base"), layerOf("application")];

describe("an OCI archive", () => {
  it("keeps a manifest whose layers are not packed", async ({ expect }) => {
    const image = await ociImage(LAYERS, { isPlain: true });
    expect(kept((await imagesIn(layoutOf(image)))[0]).manifests).toMatchObject([{ digest: image.manifest.digest }]);
  });

  it("may hold an index, whose manifests come before it", async ({ expect }) => {
    const [amd, arm] = [
      await ociImage(LAYERS),
      await ociImage([layerOf("arm")], { config: { architecture: "arm64" } }),
    ];
    const index = indexOf([descriptorOf(amd.manifest), descriptorOf(arm.manifest)]);
    const images = await imagesIn(
      layoutFiles([descriptorOf(index)], [index, amd.manifest, ...amd.blobs, arm.manifest, ...arm.blobs]),
    );
    expect(images).toMatchObject([{ names: [], id: index.digest, missingPlatforms: 0 }]);
    expect(images[0]?.platforms.map(({ architecture }) => architecture)).toEqual(["amd64", "arm64"]);
    expect(kept(images[0]).manifests.map(({ digest }) => digest)).toEqual([
      amd.manifest.digest,
      arm.manifest.digest,
      index.digest,
    ]);
  });

  it("may name one image several times", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const named = (name: string) => descriptorOf(image.manifest, { annotations: { "io.containerd.image.name": name } });
    const images = await imagesIn(
      layoutFiles(
        [named("docker.io/acme/web:1"), named("docker.io/acme/web:2"), named("docker.io/acme/web:1")],
        [image.manifest, ...image.blobs],
      ),
    );
    expect(images.map(({ names }) => names.map(({ tag }) => tag))).toEqual([["1", "2"]]);
  });

  it("may hold an artifact, whose layers are no file systems", async ({ expect }) => {
    const config = blobOf("application/vnd.cncf.helm.config.v1+json", "{}");
    const chart = blobOf("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "whatever it is");
    const manifest = blobOf(OCI_MANIFEST, {
      schemaVersion: 2,
      config: descriptorOf(config),
      layers: [descriptorOf(chart)],
    });
    const images = await imagesIn(layoutOf({ manifest, blobs: [config, chart] }));
    expect(images).toMatchObject([{ platforms: [], id: config.digest }]);
  });

  it("may leave out layers that may not be distributed, and hold ones in a compression that cannot be looked into", async ({
    expect,
  }) => {
    const config = blobOf(OCI_CONFIG, configOf(LAYERS));
    const foreign = blobOf("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "elsewhere");
    const zstd = blobOf(`${OCI_LAYER}+zstd`, new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]));
    const manifest = blobOf(OCI_MANIFEST, {
      schemaVersion: 2,
      config: descriptorOf(config),
      layers: [descriptorOf(foreign), descriptorOf(zstd)],
    });
    const images = await imagesIn(layoutOf({ manifest, blobs: [config, zstd] }));
    expect(kept(images[0]).blobs.map(({ digest }) => digest)).toEqual([config.digest, zstd.digest]);
  });

  it("with layers of several gzip members is known by its digests alone where they cannot be unpacked", async ({
    expect,
  }) => {
    const [base = layerOf("")] = LAYERS;
    const half = base.byteLength / 2;
    const members = new Blob([await packed(base.slice(0, half)), await packed(base.slice(half))]);
    const config = blobOf(OCI_CONFIG, configOf([base]));
    const layer = blobOf(`${OCI_LAYER}+gzip`, new Uint8Array(await members.arrayBuffer()));
    const manifest = blobOf(OCI_MANIFEST, {
      schemaVersion: 2,
      config: descriptorOf(config),
      layers: [descriptorOf(layer)],
    });
    expect(kept((await imagesIn(layoutOf({ manifest, blobs: [config, layer] })))[0]).manifests).toHaveLength(1);
  });
});

const attestation = (of: string) => ({
  annotations: { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of },
  platform: { os: "unknown", architecture: "unknown" },
});
const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });

describe("an index of which some platforms are missing", () => {
  it("is replaced by the one image that is there, as docker push does it", async ({ expect }) => {
    const [here, gone] = [await ociImage(LAYERS), await ociImage([layerOf("gone")])];
    const index = indexOf([
      descriptorOf(here.manifest, platform("amd64")),
      descriptorOf(gone.manifest, platform("arm64")),
      descriptorOf(blobOf(OCI_MANIFEST, "not there"), attestation(here.manifest.digest)),
    ]);
    const images = await imagesIn(layoutFiles([descriptorOf(index)], [index, here.manifest, ...here.blobs]));
    expect(images).toMatchObject([{ missingPlatforms: 1, id: here.blobs[0]?.digest }]);
    expect(kept(images[0]).manifests.map(({ digest }) => digest)).toEqual([here.manifest.digest]);
  });

  it("is replaced by an index of those that are there, with what belongs to them", async ({ expect }) => {
    const [amd, arm, gone] = [
      await ociImage(LAYERS),
      await ociImage([layerOf("arm")]),
      await ociImage([layerOf("gone")]),
    ];
    const [proof, orphan] = [await ociImage([layerOf("proof")]), await ociImage([layerOf("orphan")])];
    const index = indexOf([
      descriptorOf(amd.manifest, platform("amd64")),
      descriptorOf(gone.manifest, platform("s390x")),
      descriptorOf(arm.manifest, platform("arm64")),
      descriptorOf(proof.manifest, attestation(arm.manifest.digest)),
      descriptorOf(orphan.manifest, attestation(gone.manifest.digest)),
    ]);
    const there = [amd, arm, proof, orphan].flatMap(({ manifest, blobs }) => [manifest, ...blobs]);
    // Its manifest is there, but one of its layers is not.
    const images = await imagesIn(
      layoutFiles([descriptorOf(index)], [index, ...there, gone.manifest, ...gone.blobs.slice(0, 1)]),
    );
    expect(images[0]?.missingPlatforms).toBe(1);
    const { manifests, blobs } = kept(images[0]);
    expect(manifests.map(({ digest }) => digest).slice(0, -1)).toEqual([
      amd.manifest.digest,
      arm.manifest.digest,
      proof.manifest.digest,
    ]);
    const reduced = JSON.parse(new TextDecoder().decode(manifests.at(-1)?.bytes)) as { manifests: object[] };
    expect(reduced.manifests).toEqual([
      descriptorOf(amd.manifest, platform("amd64")),
      descriptorOf(arm.manifest, platform("arm64")),
      descriptorOf(proof.manifest, attestation(arm.manifest.digest)),
    ]);
    expect(blobs.some(({ digest }) => orphan.blobs.some((blob) => blob.digest === digest))).toBe(false);
  });

  it("is refused when none is there", async ({ expect }) => {
    const gone = await ociImage(LAYERS);
    const index = indexOf([descriptorOf(gone.manifest, platform("arm64"))]);
    await expect(imagesIn(layoutFiles([descriptorOf(index)], [index]))).rejects.toMatchObject({ code: "missing-file" });
  });
});
