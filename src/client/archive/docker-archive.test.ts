import { it } from "vitest";
import type { Bytes } from "../bytes.ts";
import { hexOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import { configOf, dockerFiles, imagesIn, layerOf, packed, rebuilt, zstdOf } from "../testing/images.ts";

import type { TarFile } from "../testing/tar.ts";

const LAYERS = [layerOf("base"), layerOf("application")];
const diffIds = (layers: readonly Bytes[]) => layers.map((layer) => digestOf(layer));

/** What a layer says of itself in an archive of an old docker. */
const json = (layer: object) => JSON.stringify({ os: "linux", architecture: "amd64", ...layer });

it("an archive of docker save may hold several images that share layers, with several tags or none", async ({
  expect,
}) => {
  const [base = layerOf("")] = LAYERS;
  const images = await imagesIn(
    dockerFiles([
      { layers: LAYERS, tags: ["acme/web:1", "acme/web:2", "other/name:3"] },
      { layers: [base, layerOf("more"), base], tags: null },
      { layers: [], tags: [] },
    ]),
  );
  expect(images.map(({ names }) => names.map(({ reference }) => reference))).toEqual([
    ["acme/web:1", "acme/web:2", "other/name:3"],
    [],
    [],
  ]);
  expect(rebuilt(images[1]).layers).toMatchObject(diffIds([base, layerOf("more"), base]).map((diffId) => ({ diffId })));
  expect(images[1]?.size).toBe(
    configOf([base, layerOf("more"), base]).byteLength + base.byteLength + layerOf("more").byteLength,
  );
});

it.for([
  ["symbolic links, before what they lead to", "2", "../"],
  ["hard links", "1", ""],
] as const)("an archive of docker save may repeat layers by %s", async ([, type, prefix], { expect }) => {
  const [base = layerOf("")] = LAYERS;
  const files = dockerFiles([{ layers: [base, base] }]);
  const real = `${hexOf(digestOf(base))}/layer.tar`;
  const [manifest] = JSON.parse(String(files.at(-1)?.contents)) as { Layers: string[] }[];
  if (manifest) manifest.Layers = [real, "again/layer.tar"];
  const images = await imagesIn([
    { path: "again/layer.tar", type, linkName: `${prefix}${real}` },
    ...files.slice(0, -1),
    { path: "./manifest.json", contents: JSON.stringify([manifest]) },
  ]);
  expect(rebuilt(images[0]).layers).toMatchObject([{ diffId: digestOf(base) }, { diffId: digestOf(base) }]);
});

it("an archive of docker save may hold layers that are packed with zstd, or of several gzip members", async ({
  expect,
}) => {
  const layers = [...LAYERS, layerOf("third")];
  const [first = layerOf(""), second = layerOf(""), third = layerOf("")] = layers;
  const members = new Blob([await packed(second.slice(0, 99)), await packed(second.slice(99))]);
  const contents = [zstdOf(first), new Uint8Array(await members.arrayBuffer()), third];
  const paths = new Map(layers.map((layer, at) => [`${hexOf(digestOf(layer))}/layer.tar`, contents[at] ?? first]));
  const files = dockerFiles([{ layers }]).map((file) => ({ ...file, contents: paths.get(file.path) ?? file.contents }));
  const images = await imagesIn(files as TarFile[]);
  expect(rebuilt(images[0]).layers).toMatchObject([
    { digest: digestOf(contents[0] ?? first), mediaType: "application/vnd.oci.image.layer.v1.tar+zstd" },
    { digest: digestOf(contents[1] ?? first), mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip" },
    { diffId: digestOf(third) },
  ]);
});

it("an archive of docker save that lists an image once for each name holds one", async ({ expect }) => {
  const files = dockerFiles([
    { layers: LAYERS, tags: ["acme/web:1"] },
    { layers: LAYERS, tags: ["acme/web:2", "acme/web:1"] },
  ]);
  expect(await imagesIn(files)).toMatchObject([{ names: [{ tag: "1" }, { tag: "2" }] }]);
});

it("an archive of docker save may hold layers that are packed already: they stay as they are", async ({ expect }) => {
  const files = dockerFiles([{ layers: LAYERS }]);
  const [base = layerOf("")] = LAYERS;
  const path = `${hexOf(digestOf(base))}/layer.tar`;
  const contents = await packed(base);
  const images = await imagesIn(files.map((file) => (file.path === path ? { path, contents } : file)));
  expect(rebuilt(images[0]).layers).toMatchObject([
    { digest: digestOf(contents), size: contents.byteLength },
    { diffId: digestOf(LAYERS[1] ?? base) },
  ]);
});

it("an archive of docker save counts the later of two files of one name, as when it is unpacked", async ({
  expect,
}) => {
  const files = dockerFiles([{ layers: LAYERS }]);
  const wrong = files.map((file) => ({ ...file, contents: "replaced" }));
  expect(await imagesIn([...wrong, ...files])).toHaveLength(1);
});

it("an archive from before Docker 1.10 gets the configuration that docker makes of it", async ({ expect }) => {
  const [base = layerOf(""), top = layerOf("")] = LAYERS;
  const images = await imagesIn([
    {
      path: "base/json",
      contents: json({
        id: "base",
        created: "2015-01-01T00:00:00Z",
        container_config: { Cmd: ["/bin/sh", "-c", "#(nop) ADD file"] },
      }),
    },
    { path: "base/layer.tar", contents: base },
    {
      path: "top/json",
      contents: json({
        id: "top",
        parent: "base",
        Size: 7,
        author: "mia",
        created: "2015-01-02T00:00:00Z",
        config: { Cmd: ["/run"] },
      }),
    },
    { path: "top/layer.tar", contents: top },
    {
      path: "repositories",
      contents: JSON.stringify({ "acme/web": { "1": "top", latest: "top" }, base: { "1": "base" } }),
    },
  ]);
  expect(images.map(({ names }) => names.map(({ reference }) => reference))).toEqual([
    ["acme/web:1", "acme/web:latest"],
    ["base:1"],
  ]);
  const { config, layers } = rebuilt(images[0]);
  expect(layers).toMatchObject([{ diffId: digestOf(base) }, { diffId: digestOf(top) }]);
  if (!(config.content instanceof Uint8Array)) throw new Error("the configuration is made, not read");
  expect(JSON.parse(new TextDecoder().decode(config.content))).toEqual({
    os: "linux",
    architecture: "amd64",
    author: "mia",
    created: "2015-01-02T00:00:00Z",
    config: { Cmd: ["/run"] },
    history: [
      { created: "2015-01-01T00:00:00Z", created_by: "/bin/sh -c #(nop) ADD file" },
      { created: "2015-01-02T00:00:00Z", author: "mia" },
    ],
    rootfs: { type: "layers", diff_ids: [digestOf(base), digestOf(top)] },
  });
});
