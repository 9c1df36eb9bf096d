import { describe, it } from "vitest";
import type { Bytes } from "../bytes.ts";
import { hexOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import {
  blobOf,
  configOf,
  contentsOf,
  descriptorOf,
  dockerFiles,
  imagesIn,
  indexOf,
  kept,
  largeLayer,
  layerOf,
  layoutFiles,
  layoutOf,
  OCI_INDEX,
  OCI_MANIFEST,
  ociImage,
  type OciImage,
  packed,
  rebuilt,
  streamOfBytes,
  zstdOf,
} from "../testing/images.ts";
import { bytesOf, type TarFile, tarOf } from "../testing/tar.ts";
import { contentDigestOf } from "./archive-image.ts";
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
    "a tar.gz of several members",
    async (archive) => {
      const parts = [archive.slice(0, 700), archive.slice(700, 900), archive.slice(900)];
      return new Blob(await Promise.all(parts.map(packed)));
    },
  ],
  ["a tar.zst", async (archive) => new Blob([zstdOf(archive.slice(0, 3000)), zstdOf(archive.slice(3000))])],
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
function both(image: OciImage, tags: string[] | null, more: object = {}): TarFile[] {
  const [config, ...layers] = image.blobs.map(({ digest }) => `blobs/${digest.replace(":", "/")}`);
  return [
    ...layoutOf(image, "docker.io/acme/web:1"),
    { path: "manifest.json", contents: JSON.stringify([{ Config: config, RepoTags: tags, Layers: layers, ...more }]) },
  ];
}

/** Of an image that index.json has a name for. */
function named(name: string) {
  return { annotations: { "io.containerd.image.name": `docker.io/acme/${name}` } };
}

/** What docker's classic image store adds to the manifest that it makes up. */
function layerSources(image: OciImage) {
  return { LayerSources: Object.fromEntries(image.blobs.slice(1).map((blob) => [blob.digest, descriptorOf(blob)])) };
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
    const images = await imagesIn(both(image, ["acme/web:1"], layerSources(image)));
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "1" }], id: image.blobs[0]?.digest }]);
    expect(rebuilt(images[0]).layers).toMatchObject(diffIds(LAYERS).map((diffId) => ({ diffId })));
  });

  it("keeps a manifest of layers that are not packed which nobody made up", async ({ expect }) => {
    const image = await ociImage(LAYERS, { isPlain: true });
    const images = await imagesIn(both(image, ["acme/web:1"]));
    expect(kept(images[0]).manifests).toMatchObject([{ digest: image.manifest.digest }]);
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

const replaced = (files: TarFile[], path: string, contents: string) =>
  files.map((file) => (file.path === path ? { path, contents } : file));
/** The image, with a manifest that says something else of its layers. */
const withManifest = (image: OciImage, change: object): OciImage => {
  const json = JSON.parse(new TextDecoder().decode(image.manifest.bytes)) as object;
  return { ...image, manifest: blobOf(OCI_MANIFEST, { ...json, ...change }) };
};

/** The same archive with a manifest.json, its last file, that says of the image's layers what is true. */
function withRightEntry(files: TarFile[], image: OciImage): TarFile[] {
  const [entry] = JSON.parse(String(files.at(-1)?.contents)) as object[];
  const [config, ...layers] = image.blobs.map(({ digest }) => `blobs/${digest.replace(":", "/")}`);
  const right = { ...entry, Config: config, Layers: layers };
  return [...files.slice(0, -1), { path: "manifest.json", contents: JSON.stringify([right]) }];
}

describe("where one description cannot be used, the other counts:", () => {
  it.for<[what: string, files: (image: OciImage) => TarFile[]]>([
    ["an index.json that names null", (image) => replaced(both(image, null), "index.json", '{"manifests":null}')],
    ["an index.json that names nothing", (image) => replaced(both(image, null), "index.json", '{"manifests":[]}')],
    ["an index.json without names", (image) => replaced(both(image, null), "index.json", '{"schemaVersion":2}')],
    ["an index.json that is no JSON", (image) => replaced(both(image, null), "index.json", "{")],
    ["an index.json of odd entries", (image) => replaced(both(image, null), "index.json", '{"manifests":[{}]}')],
    ["a manifest without layers", (image) => both(withManifest(image, { layers: null }), ["acme/web:1"])],
    ["a manifest of no layers", (image) => both(withManifest(image, { layers: [] }), ["acme/web:1"])],
    [
      "a manifest of fewer layers",
      (image) => both(withManifest(image, { layers: [descriptorOf(image.blobs[1] ?? image.manifest)] }), null),
    ],
    [
      "a manifest of layers in another order",
      (image) =>
        both(
          withManifest(image, {
            layers: image.blobs
              .slice(1)
              .toReversed()
              .map((blob) => descriptorOf(blob)),
          }),
          null,
        ),
    ],
    [
      "a manifest that is not there",
      (image) => both(image, ["acme/web:1"]).filter(({ path }) => !path.endsWith(hexOf(image.manifest.digest))),
    ],
    [
      "a manifest that is damaged",
      (image) => replaced(both(image, null), `blobs/sha256/${hexOf(image.manifest.digest)}`, "{"),
    ],
    [
      "an index of nothing",
      (image) => {
        const index = indexOf([]);
        const [manifest] = both(image, null).slice(-1);
        const annotations = { "org.opencontainers.image.ref.name": "1" };
        return [
          ...layoutFiles([descriptorOf(index, { annotations })], [index, ...image.blobs]),
          manifest ?? { path: "" },
        ];
      },
    ],
  ])("manifest.json, of %s", async ([, files], { expect }) => {
    for (const isPlain of [true, false]) {
      const original = await ociImage(LAYERS, { isPlain });
      const images = await imagesIn(withRightEntry(files(original), original));
      expect(images).toMatchObject([{ id: original.blobs[0]?.digest, contents: { kind: "rebuilt" } }]);
      expect(rebuilt(images[0]).layers).toHaveLength(LAYERS.length);
    }
  });

  it.for([
    ["is no JSON", "["],
    ["is null", "null"],
    ["is a registry's manifest", '{"schemaVersion":2}'],
    ["names nothing", "[]"],
    ["names files that are not there", '"Layers":["gone","gone too"]'],
    ["has other layers", '"Layers":[]'],
  ] as const)("index.json, of a manifest.json that %s", async ([, contents], { expect }) => {
    const image = await ociImage(LAYERS);
    const files = both(image, ["acme/web:1"]);
    const own = String(files.at(-1)?.contents);
    const text = contents.startsWith('"') ? own.replaceAll(/"Layers":\[.*?\]/g, contents) : contents;
    const images = await imagesIn([...files.slice(0, -1), { path: "manifest.json", contents: text }]);
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "1" }] }]);
    expect(kept(images[0]).manifests).toMatchObject([{ digest: image.manifest.digest }]);
  });

  it("repositories, of a manifest.json that cannot be read", async ({ expect }) => {
    const images = await imagesIn([
      { path: "a/json", contents: '{"os":"linux","architecture":"amd64"}' },
      { path: "a/layer.tar", contents: LAYERS[0] ?? "" },
      { path: "repositories", contents: '{"acme/web":{"1":"a"}}' },
      { path: "manifest.json", contents: "[{}]" },
    ]);
    expect(images).toMatchObject([{ names: [{ name: "web", tag: "1" }] }]);
  });

  it("but not that of another image: the archive is refused", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const files = both(image, ["acme/other:2"]).filter(({ path }) => !path.endsWith(hexOf(image.manifest.digest)));
    await expect(imagesIn(files)).rejects.toMatchObject({ code: "missing-file" });
  });

  it("but not that of one platform for an index: the archive is refused", async ({ expect }) => {
    const other = await ociImage([layerOf("arm")], { config: { architecture: "arm64" } });
    const image = await ociImage(LAYERS);
    const single = await ociImage([layerOf("single")]);
    const index = indexOf([descriptorOf(image.manifest), descriptorOf(other.manifest)]);
    const [entry] = both(image, ["acme/web:1"]).slice(-1);
    const files = [
      ...layoutFiles(
        [descriptorOf(index, named("web:1")), descriptorOf(single.manifest, named("single:1"))],
        [index, ...[image, other, single].flatMap(({ manifest, blobs }) => [manifest, ...blobs])],
      ),
      entry ?? { path: "" },
    ];
    expect(await imagesIn(files)).toMatchObject([{ id: index.digest }, { id: single.blobs[0]?.digest }]);
    const path = `blobs/sha256/${hexOf(index.digest)}`;
    for (const [code, broken] of [
      ["missing-file", files.filter((file) => file.path !== path)],
      ["damaged", replaced(files, path, "{")],
      ["damaged", replaced(files, `blobs/sha256/${hexOf(other.manifest.digest)}`, "{")],
    ] as const) {
      await expect(imagesIn(broken), code).rejects.toMatchObject({ code });
    }
  });

  it("but not that of one platform for an index that cannot be read as one", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const odd = blobOf(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{}] });
    const [entry] = both(image, null).slice(-1);
    const files = [...layoutFiles([descriptorOf(odd)], [odd, ...image.blobs]), entry ?? { path: "" }];
    await expect(imagesIn(files)).rejects.toMatchObject({ code: "bad-manifest" });
  });

  it("and it leaves the images beside it as they are, also where the format is no longer in use", async ({
    expect,
  }) => {
    const [image, old] = [await ociImage(LAYERS), await ociImage([layerOf("old")])];
    const schema1 = blobOf("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}");
    const entries = [both(image, ["acme/web:1"]), both(old, ["acme/old:1"])].flatMap(
      (files) => JSON.parse(String(files.at(-1)?.contents)) as object[],
    );
    const images = await imagesIn([
      ...layoutFiles(
        [descriptorOf(image.manifest, named("web:1")), descriptorOf(schema1, named("old:1"))],
        [image.manifest, ...image.blobs, schema1, ...old.blobs],
      ),
      { path: "manifest.json", contents: JSON.stringify(entries) },
    ]);
    expect(images.map(({ names, contents }) => [names[0]?.name, contents.kind])).toEqual([
      ["web", "kept"],
      ["old", "rebuilt"],
    ]);
  });

  it.for<[what: string, tags: string[] | null]>([
    ["knows both", ["acme/web:1", "acme/web:2"]],
    ["knows one of", ["acme/web:2"]],
    ["does not know", null],
  ])("once for a manifest of two names, where manifest.json %s them", async ([, tags], { expect }) => {
    const image = await ociImage(LAYERS);
    const roots = ["web:1", "web:2"].map((name) => descriptorOf(image.manifest, named(name)));
    const [entry] = both(image, tags).slice(-1);
    const images = await imagesIn([...layoutFiles(roots, image.blobs), entry ?? { path: "" }]);
    expect(images).toMatchObject([{ contents: { kind: "rebuilt" } }]);
    expect(images[0]?.names.map(({ name, tag }) => `${name}:${tag}`).toSorted()).toEqual(["web:1", "web:2"]);
  });

  it("of two manifests not that of a nameless entry which may be either's", async ({ expect }) => {
    const some = [await ociImage(LAYERS), await ociImage([layerOf("other")])];
    const roots = some.map(({ manifest }, at) => descriptorOf(manifest, named(`web:${at}`)));
    const entries = some.flatMap((image) => JSON.parse(String(both(image, null).at(-1)?.contents)) as object[]);
    const files = layoutFiles(
      roots,
      some.flatMap(({ blobs }) => blobs),
    );
    const archive = [...files, { path: "manifest.json", contents: JSON.stringify(entries) }];
    await expect(imagesIn(archive)).rejects.toMatchObject({ code: "missing-file" });
  });

  it("and none when layers are damaged", async ({ expect }) => {
    const image = await ociImage(LAYERS);
    const layer = `blobs/sha256/${hexOf(image.blobs[1]?.digest ?? "")}`;
    await expect(imagesIn(replaced(both(image, null), layer, "damaged"))).rejects.toMatchObject({ code: "damaged" });
  });
});

/** What tells the only image of an archive from others. */
async function contentOf(files: readonly TarFile[]) {
  const [image] = await imagesIn(files);
  return { id: image?.id, content: image && contentDigestOf(image) };
}

it("tells images of one configuration apart by their contents, and knows the same image again", async ({ expect }) => {
  const plain = await contentOf(layoutOf(await ociImage(LAYERS, { isPlain: true })));
  const gzipped = await contentOf(layoutOf(await ociImage(LAYERS)));
  const docker = await contentOf(dockerFiles([{ layers: LAYERS }]));
  const compressed = await contentOf(
    dockerFiles([{ layers: LAYERS }]).map((file) =>
      file.path.endsWith("layer.tar") ? { ...file, contents: zstdOf(bytesOf(file.contents ?? "")) } : file,
    ),
  );
  const all = [plain, gzipped, docker, compressed];
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  expect(new Set(all.map(({ content }) => content)).size).toBe(4);
  expect(await contentOf(layoutOf(await ociImage(LAYERS), "2"))).toEqual(gzipped);
  expect(await contentOf(dockerFiles([{ layers: LAYERS, tags: ["acme/other:1"] }]))).toEqual(docker);
});
