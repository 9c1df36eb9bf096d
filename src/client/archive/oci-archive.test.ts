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
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  ociImage,
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

  it("may hold what a registry takes, though no docker could run it", async ({ expect }) => {
    const [one, other] = [await ociImage(LAYERS), await ociImage([layerOf("x"), layerOf("y"), layerOf("z")])];
    const [config] = one.blobs;
    const encrypted = blobOf(`${OCI_LAYER}+gzip+encrypted`, new Uint8Array([0x1f, 0x8b, 1, 2, 3, 4]));
    const odd = blobOf(OCI_CONFIG, "no JSON");
    const layers = other.blobs.slice(1);
    for (const [configuration, files] of [
      [config, layers],
      [config, [encrypted]],
      [config, []],
      [odd, layers],
      [config, [blobOf("application/octet-stream", "an artifact")]],
    ] as const) {
      if (!configuration) throw new Error("an image has a configuration");
      const manifest = blobOf(OCI_MANIFEST, {
        schemaVersion: 2,
        config: descriptorOf(configuration),
        layers: files.map((layer) => descriptorOf(layer)),
      });
      const images = await imagesIn(layoutOf({ manifest, blobs: [configuration, ...files] }));
      expect(kept(images[0]).manifests).toMatchObject([{ digest: manifest.digest }]);
      expect(kept(images[0]).blobs).toHaveLength(1 + files.length);
    }
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

const underNames = (...names: string[]) => names.map((name) => ({ annotations: { "io.containerd.image.name": name } }));
const WEB = "docker.io/acme/web:1";

async function twoPlatforms() {
  const amd = await ociImage(LAYERS);
  const arm = await ociImage([layerOf("arm")], { config: { architecture: "arm64", variant: "v8" } });
  return { amd, arm, all: [amd, arm].flatMap(({ manifest, blobs }) => [manifest, ...blobs]) };
}

describe("a layout that lists one image for each platform", () => {
  it.for(["by index.json", "by its configuration"])(
    "under one name is one index of them: %s",
    async (by, { expect }) => {
      const { amd, arm, all } = await twoPlatforms();
      const told = (architecture: string) => (by === "by index.json" ? platform(architecture) : {});
      const roots = underNames(WEB, "docker.io/acme/web:2").flatMap((name) => [
        descriptorOf(amd.manifest, { ...name, ...told("amd64") }),
        descriptorOf(arm.manifest, { ...name, ...told("arm64") }),
      ]);
      const found = await imagesIn(layoutFiles(roots, all));
      expect(found).toMatchObject([{ joinedPlatforms: 2, missingPlatforms: 0, names: [{ tag: "1" }, { tag: "2" }] }]);
      expect(found[0]?.platforms.map(({ architecture }) => architecture)).toEqual(["amd64", "arm64"]);
      const { manifests, blobs } = kept(found[0]);
      expect(manifests.map(({ digest }) => digest).slice(0, -1)).toEqual([amd.manifest.digest, arm.manifest.digest]);
      expect(blobs).toHaveLength(amd.blobs.length + arm.blobs.length);
      const arm64 = { os: "linux", architecture: "arm64", ...(by === "by index.json" ? {} : { variant: "v8" }) };
      expect(JSON.parse(new TextDecoder().decode(manifests.at(-1)?.bytes))).toEqual({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [descriptorOf(amd.manifest, platform("amd64")), descriptorOf(arm.manifest, { platform: arm64 })],
      });
      expect(manifests.at(-1)).toMatchObject({ mediaType: OCI_INDEX, digest: found[0]?.id });
    },
  );

  it("without names is one index of them where index.json has their platforms", async ({ expect }) => {
    const { amd, arm, all } = await twoPlatforms();
    const roots = [descriptorOf(amd.manifest, platform("amd64")), descriptorOf(arm.manifest, platform("arm64"))];
    expect(await imagesIn(layoutFiles(roots, all))).toMatchObject([{ joinedPlatforms: 2, names: [] }]);
    const unknown = [descriptorOf(amd.manifest), descriptorOf(arm.manifest)];
    expect(await imagesIn(layoutFiles(unknown, all))).toHaveLength(2);
  });

  it("without names is one index of them only where manifest.json has no different names for them", async ({
    expect,
  }) => {
    const { amd, arm, all } = await twoPlatforms();
    const roots = [descriptorOf(amd.manifest, platform("amd64")), descriptorOf(arm.manifest, platform("arm64"))];
    const filesWith = (...tags: (string[] | null)[]) => {
      const entries = [amd, arm].map(({ blobs }, at) => {
        const [Config, ...Layers] = blobs.map(({ digest }) => `blobs/${digest.replace(":", "/")}`);
        return { Config, RepoTags: tags[at], Layers };
      });
      return [...layoutFiles(roots, all), { path: "manifest.json", contents: JSON.stringify(entries) }];
    };
    const namesIn = async (...tags: (string[] | null)[]) =>
      (await imagesIn(filesWith(...tags))).map(({ names, joinedPlatforms }) => [
        names.map(({ reference }) => reference),
        joinedPlatforms,
      ]);
    expect(await namesIn(["acme/web:1"], ["acme/db:1"])).toEqual([
      [["acme/web:1"], 0],
      [["acme/db:1"], 0],
    ]);
    expect(await namesIn(["acme/web:1", "acme/web:2"], ["acme/web:2", "acme/web:1"])).toEqual([
      [["acme/web:1", "acme/web:2"], 2],
    ]);
    expect(await namesIn(null, ["acme/web:1"])).toEqual([[["acme/web:1"], 2]]);
    expect(await namesIn(null, null)).toEqual([[[], 2]]);
  });

  it("keeps names that only one of them has, and attestations with what they are about", async ({ expect }) => {
    const { amd, arm, all } = await twoPlatforms();
    const proofs = [await ociImage([layerOf("proof")]), await ociImage([layerOf("proof of arm")])];
    const [name] = underNames(WEB);
    const proof = (at: number, of: string) => {
      const { annotations, ...rest } = attestation(of);
      return descriptorOf(proofs[at]?.manifest ?? amd.manifest, {
        ...rest,
        annotations: { ...annotations, ...name?.annotations },
      });
    };
    const roots = [
      descriptorOf(amd.manifest, { ...name, ...platform("amd64") }),
      descriptorOf(arm.manifest, { ...name, ...platform("arm64") }),
      descriptorOf(arm.manifest, underNames("docker.io/acme/arm:1")[0]),
      proof(0, amd.manifest.digest),
      proof(1, arm.manifest.digest),
    ];
    const more = proofs.flatMap(({ manifest, blobs }) => [manifest, ...blobs]);
    const found = await imagesIn(layoutFiles(roots, [...all, ...more]));
    expect(
      found.map(({ names, joinedPlatforms }) => [names.map(({ reference }) => reference), joinedPlatforms]),
    ).toEqual([
      [["docker.io/acme/arm:1"], 0],
      [[WEB], 2],
    ]);
    const { manifests } = JSON.parse(new TextDecoder().decode(kept(found[1]).manifests.at(-1)?.bytes)) as {
      manifests: object[];
    };
    expect(manifests[3]).toEqual(descriptorOf(proofs[1]?.manifest ?? amd.manifest, attestation(arm.manifest.digest)));
  });

  it("stays as it is when two are for one platform, or one is an index", async ({ expect }) => {
    const { amd, arm, all } = await twoPlatforms();
    const [name] = underNames(WEB);
    const other = await ociImage([layerOf("other")]);
    const index = indexOf([descriptorOf(arm.manifest, platform("arm64"))]);
    for (const second of [other, { manifest: index, blobs: [] }]) {
      const roots = [descriptorOf(amd.manifest, name), descriptorOf(second.manifest, name)];
      const found = await imagesIn(layoutFiles(roots, [...all, second.manifest, ...second.blobs]));
      expect(found.map(({ names, joinedPlatforms }) => [names[0]?.reference, joinedPlatforms])).toEqual([
        [WEB, 0],
        [WEB, 0],
      ]);
    }
  });
});
