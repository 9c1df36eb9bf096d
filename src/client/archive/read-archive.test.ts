import { describe, it } from "vitest";
import type { Bytes } from "../bytes.ts";
import { digestOf } from "../hash.ts";
import {
  configOf,
  contentsOf,
  descriptorOf,
  dockerFiles,
  imagesIn,
  kept,
  largeLayer,
  layerOf,
  layoutOf,
  OCI_MANIFEST,
  ociImage,
  type OciImage,
  packed,
  rebuilt,
  streamOfBytes,
} from "../testing/images.ts";
import { type TarFile, tarOf } from "../testing/tar.ts";
import { readArchive } from "./read-archive.ts";

const LAYERS = [layerOf("base"), layerOf("application")];

/** All ways in which one archive may be given. */
const SOURCES: [
  name: string,
  make: (archive: Bytes) => Promise<Blob | { size: number; stream: (from: number) => ReadableStream<Bytes> }>,
][] = [
  ["a tar", async (archive) => new Blob([archive])],
  ["a tar.gz", async (archive) => new Blob([await packed(archive)])],
  [
    "a tar that is no Blob",
    async (archive) => ({ size: archive.byteLength, stream: (from) => streamOfBytes(archive.slice(from), 1000) }),
  ],
];

const diffIds = (layers: readonly Bytes[]) => layers.map((layer) => digestOf(layer));

describe.for(SOURCES)("%s", ([, make]) => {
  it("of docker save holds the image as docker knows it", async ({ expect }) => {
    const { images } = await readArchive(
      await make(tarOf(dockerFiles([{ layers: LAYERS, tags: ["registry.example.com/acme/web:1"] }]))),
    );
    expect(images).toMatchObject([
      {
        id: digestOf(configOf(LAYERS)),
        names: [{ reference: "registry.example.com/acme/web:1", name: "web", tag: "1" }],
        platforms: [{ os: "linux", architecture: "amd64" }],
        missingPlatforms: 0,
      },
    ]);
    const { config, layers } = rebuilt(images[0]);
    expect(config.content).toEqual(configOf(LAYERS));
    expect(layers).toMatchObject(diffIds(LAYERS).map((diffId) => ({ diffId })));
  });

  it("of an OCI layout holds the image with its own manifest", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const { images } = await readArchive(await make(tarOf(layoutOf(image, "docker.io/acme/web:2"))));
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "2" }], id: image.blobs[0]?.digest }]);
    const { manifests, blobs } = kept(images[0]);
    expect(manifests).toEqual([
      { mediaType: OCI_MANIFEST, digest: image.manifest.digest, bytes: image.manifest.bytes },
    ]);
    expect(blobs.map(({ digest }) => digest)).toEqual(image.blobs.map(({ digest }) => digest));
  });

  it("gives layers to read, in any order and again", async ({ expect }) => {
    const { images } = await readArchive(await make(tarOf(dockerFiles([{ layers: LAYERS }]))));
    const { layers } = rebuilt(images[0]);
    for (const at of [1, 0, 1]) {
      const content = layers[at]?.content;
      if (!content || content instanceof Uint8Array) throw new Error("a layer is a file");
      expect(await contentsOf(content.open())).toEqual(LAYERS[at]);
    }
  });

  it("is cut short, wherever it ends", async ({ expect }) => {
    const large = largeLayer(40_000);
    const archive = tarOf(dockerFiles([{ layers: [large] }]));
    for (const end of [1000, 20_000, 41_000, archive.byteLength - 1500]) {
      const source = await make(archive.slice(0, end));
      await expect(readArchive(source), `after ${end} bytes`).rejects.toMatchObject({ code: "cut-short" });
    }
  });

  it("is too large once it is unpacked, whatever it says of itself", async ({ expect }) => {
    const archive = tarOf(dockerFiles([{ layers: [largeLayer(60_000)] }]));
    await expect(readArchive(await make(archive), { maxBytes: 50_000 })).rejects.toMatchObject({
      code: "too-large",
      particulars: { limit: 50_000 },
    });
  });

  it("is not read on when the user has changed their mind", async ({ expect }) => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(readArchive(await make(tarOf(dockerFiles([{ layers: LAYERS }]))), { signal })).rejects.toThrow(
      "enough",
    );
  });

  it("tells how far it is", async ({ expect }) => {
    const seen: number[] = [];
    const archive = tarOf(dockerFiles([{ layers: [largeLayer(300_000)] }]));
    await readArchive(await make(archive), { onProgress: (fraction) => seen.push(fraction) });
    expect(seen.at(-1)).toBeGreaterThan(0.9);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });
});

/** An archive that says everything twice. */
function both(image: OciImage, tags: string[] | null): TarFile[] {
  const [config, ...layers] = image.blobs.map(({ digest }) => `blobs/${digest.replace(":", "/")}`);
  return [
    ...layoutOf(image, "docker.io/acme/web:1"),
    { path: "manifest.json", contents: JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers }]) },
  ];
}

describe("an archive with manifest.json and index.json", () => {
  it("keeps the manifest of the containerd image store", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const images = await imagesIn(both(image, ["acme/web:1"]));
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "1" }] }]);
    expect(kept(images[0]).manifests).toMatchObject([{ digest: image.manifest.digest }]);
  });

  it("makes a new manifest in place of the one that docker makes up as it saves", async ({ expect }) => {
    const image = await ociImage(LAYERS, { isPlain: true });
    const images = await imagesIn(both(image, ["acme/web:1"]));
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "1" }], id: image.blobs[0]?.digest }]);
    expect(rebuilt(images[0]).layers).toMatchObject(diffIds(LAYERS).map((diffId) => ({ diffId })));
  });

  it("takes names from where they are, and images that only manifest.json knows", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const files = both(image, ["acme/web:1"]).filter(({ path }) => path !== "index.json" && path !== "manifest.json");
    const [docker] = JSON.parse(String(both(image, ["acme/web:5"]).at(-1)?.contents)) as object[];
    const others = dockerFiles([{ layers: [layerOf("other")], tags: ["acme/other:1"] }]);
    const [other] = JSON.parse(String(others.at(-1)?.contents)) as object[];
    const images = await imagesIn([
      ...files,
      ...others.slice(0, -1),
      { path: "index.json", contents: JSON.stringify({ schemaVersion: 2, manifests: [descriptorOf(image.manifest)] }) },
      { path: "manifest.json", contents: JSON.stringify([docker, other]) },
    ]);
    expect(images.map(({ names, contents }) => [names[0]?.reference, contents.kind])).toEqual([
      ["acme/web:5", "kept"],
      ["acme/other:1", "rebuilt"],
    ]);
  });
});
