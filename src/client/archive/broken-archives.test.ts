import { it } from "vitest";
import type { Bytes } from "../bytes.ts";
import { hexOf } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import {
  blobOf,
  configOf,
  descriptorOf,
  dockerFiles,
  imagesIn,
  indexOf,
  layerOf,
  layoutFiles,
  layoutOf,
  OCI_INDEX,
  OCI_MANIFEST,
  ociImage,
  packed,
  zstdOf,
} from "../testing/images.ts";
import { bytesOf, type TarFile, tarOf } from "../testing/tar.ts";
import { readArchive } from "./read-archive.ts";

const LAYERS = [layerOf("base"), layerOf("application")];
const MIB = 1024 * 1024;

const GOOD = dockerFiles([{ layers: LAYERS }]);
const without = (path: string | RegExp) =>
  GOOD.filter((file) => !(path instanceof RegExp ? path.test(file.path) : file.path === path));
const replaced = (path: RegExp, contents: string | Uint8Array) =>
  GOOD.map((file) => (path.test(file.path) ? { ...file, contents } : file));
const manifestJson = (contents: string) => [...without("manifest.json"), { path: "manifest.json", contents }];
const config = (more: object) => {
  const bytes = configOf(LAYERS, more);
  const entry = {
    Config: "config.json",
    RepoTags: null,
    Layers: LAYERS.map((layer) => `${hexOf(digestOf(layer))}/layer.tar`),
  };
  return [
    ...without("manifest.json"),
    { path: "config.json", contents: bytes },
    { path: "manifest.json", contents: JSON.stringify([entry]) },
  ];
};

it.for<[what: string, files: () => TarFile[] | Promise<TarFile[]>, code: string, path?: string]>([
  [
    "a file system, as docker export writes it",
    () => [
      { path: "etc/", type: "5" },
      { path: "etc/passwd", contents: "root" },
    ],
    "no-manifest",
  ],
  ["an archive of nothing", () => [], "no-manifest"],
  ["a manifest.json that names no image", () => manifestJson("[]"), "no-image"],
  ["a manifest.json that is no JSON", () => manifestJson("[{"), "bad-manifest", "manifest.json"],
  ["a manifest.json that is no list", () => manifestJson('{"Config":"x"}'), "bad-manifest", "manifest.json"],
  [
    "a manifest.json of other types",
    () => manifestJson('[{"Config":1,"Layers":"x"}]'),
    "bad-manifest",
    "manifest.json",
  ],
  [
    "a manifest.json with a number among the tags",
    () => manifestJson('[{"Config":"x","RepoTags":[1],"Layers":[]}]'),
    "bad-manifest",
    "manifest.json",
  ],
  [
    "a manifest.json that is a registry's manifest",
    () => manifestJson('{"schemaVersion":2}'),
    "unsupported-schema",
    "manifest.json",
  ],
  ["a manifest.json of 9 MiB", () => manifestJson(`[${" ".repeat(9 * MIB)}]`), "file-too-large", "manifest.json"],
  ["no configuration", () => without(/^[0-9a-f]+\.json$/), "missing-file"],
  ["a configuration that is not the one it is called", () => replaced(/^[0-9a-f]+\.json$/, "{}"), "damaged"],
  ["a configuration without layers", () => config({ rootfs: undefined }), "unsupported-schema", "config.json"],
  [
    "a configuration with odd layers",
    () => config({ rootfs: { type: "layers", diff_ids: ["sha256:short"] } }),
    "bad-config",
    "config.json",
  ],
  ["a configuration of fewer layers", () => config({ rootfs: { type: "layers", diff_ids: [] } }), "bad-manifest"],
  ["no layer", () => without(/layer\.tar$/), "missing-file"],
  ["a layer of other bytes", () => replaced(/layer\.tar$/, layerOf("something else")), "damaged-layer"],
  [
    "a packed layer of other bytes",
    async () => replaced(/layer\.tar$/, await packed(layerOf("something else"))),
    "damaged-layer",
  ],
  [
    "a packed layer that is cut short",
    async () => replaced(/layer\.tar$/, (await packed(LAYERS[0] ?? layerOf(""))).slice(0, -4)),
    "damaged-layer",
  ],
  [
    "a layer packed with zstd that is cut short",
    () => replaced(/layer\.tar$/, zstdOf(LAYERS[0] ?? layerOf("")).slice(0, -4)),
    "damaged-layer",
  ],
  [
    "a layer packed with zstd of other bytes",
    () => replaced(/layer\.tar$/, zstdOf(layerOf("something else"))),
    "damaged-layer",
  ],
  [
    "a layer packed with what no registry has",
    () => replaced(/layer\.tar$/, new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])),
    "unsupported-layer",
  ],
  [
    "a layer packed with zstd of too large a window",
    () => replaced(/layer\.tar$/, new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0])),
    "unsupported-layer",
  ],
  [
    "a link to nowhere",
    () => [
      ...without(/layer\.tar$/),
      ...GOOD.filter(({ path }) => path.endsWith("layer.tar")).map(({ path }) => ({
        path,
        type: "2",
        linkName: "../gone",
      })),
    ],
    "missing-file",
  ],
  [
    "a link out of the archive",
    () => [
      ...without(/layer\.tar$/),
      ...GOOD.filter(({ path }) => path.endsWith("layer.tar")).map(({ path }) => ({
        path,
        type: "2",
        linkName: "../../../etc/passwd",
      })),
    ],
    "bad-link",
  ],
  [
    "links in a circle",
    () => [
      ...without(/layer\.tar$/),
      ...GOOD.filter(({ path }) => path.endsWith("layer.tar")).map(({ path }) => ({ path, type: "1", linkName: path })),
    ],
    "bad-link",
  ],
  [
    "layers outside of the archive",
    () => manifestJson('[{"Config":"../../etc/passwd","RepoTags":null,"Layers":[]}]'),
    "bad-link",
  ],
  ["repositories that are no JSON", () => [{ path: "repositories", contents: "no" }], "bad-manifest", "repositories"],
  [
    "repositories of other types",
    () => [{ path: "repositories", contents: '{"a":{"1":2}}' }],
    "bad-manifest",
    "repositories",
  ],
  ["repositories that name no image", () => [{ path: "repositories", contents: "{}" }], "no-image"],
  [
    "a layer that is its own parent",
    () => [
      { path: "a/json", contents: '{"parent":"a"}' },
      { path: "a/layer.tar", contents: layerOf("") },
      { path: "repositories", contents: '{"a":{"1":"a"}}' },
    ],
    "bad-config",
  ],
  ["an index.json that is no JSON", () => [{ path: "index.json", contents: "no" }], "bad-manifest", "index.json"],
  [
    "an index.json of other types",
    () => [{ path: "index.json", contents: '{"manifests":[{"digest":"x"}]}' }],
    "bad-manifest",
    "index.json",
  ],
  ["an index.json that names no image", () => layoutFiles([], []), "no-image"],
  [
    "an index.json of schema 1",
    () =>
      layoutFiles([{ ...descriptorOf(blobOf("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}")) }], []),
    "unsupported-schema",
    "index.json",
  ],
  [
    "no manifest",
    async () => layoutOf(await ociImage(LAYERS)).filter(({ path }, at) => at !== 2 || path === ""),
    "missing-file",
  ],
  [
    "a manifest of schema 1",
    () => {
      const old = blobOf(OCI_MANIFEST, { schemaVersion: 1 });
      return layoutFiles([descriptorOf(old)], [old]);
    },
    "unsupported-schema",
  ],
  [
    "a manifest that is an index to some programs",
    async () => {
      const { manifest } = await ociImage(LAYERS);
      const text = new TextDecoder().decode(manifest.bytes);
      const odd = blobOf(OCI_MANIFEST, text.replace("{", '{"manifests":[],'));
      return layoutFiles([descriptorOf(odd)], [odd]);
    },
    "bad-manifest",
  ],
  [
    "a manifest with other layers for other programs",
    async () => {
      const { manifest } = await ociImage(LAYERS);
      const text = new TextDecoder().decode(manifest.bytes);
      const odd = blobOf(OCI_MANIFEST, text.replace("{", '{"Layers":[],'));
      return layoutFiles([descriptorOf(odd)], [odd]);
    },
    "bad-manifest",
  ],
  [
    "a manifest that is none",
    () => {
      const odd = blobOf(OCI_MANIFEST, { schemaVersion: 2, config: {} });
      return layoutFiles([descriptorOf(odd)], [odd]);
    },
    "bad-manifest",
  ],
  ["indexes in one another without an end", () => nested(10), "nested-too-deeply"],
  ["an index below four indexes", () => nested(4), "nested-too-deeply"],
  ["a manifest of other bytes", async () => spoiled(1), "damaged"],
  ["an OCI configuration of other bytes", async () => spoiled(2), "damaged"],
  ["an OCI layer of other bytes", async () => spoiled(3), "damaged"],
  ["no OCI layer", async () => layoutOf(await ociImage(LAYERS)).slice(0, -1), "missing-file"],
])("refuses %s", async ([, files, code, path], { expect }) => {
  const archive = tarOf(await files());
  for (const source of [new Blob([archive]), new Blob([await packed(archive)])]) {
    const failure = await readArchive(source).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ArchiveError", code, ...(path !== undefined && { particulars: { path } }) });
    // A sentence, and one more that says what to do.
    expect(String(failure)).toMatch(/[a-z].*\. [A-Z].*\.$/);
  }
});

it.for<[what: string, archive: () => Uint8Array | Promise<Uint8Array>, code: string, name?: string]>([
  ["an empty file", () => new Uint8Array(0), "empty"],
  ["text", () => bytesOf("no archive at all ".repeat(100)), "not-an-archive"],
  ["a packed text", () => packed(bytesOf("no archive at all ".repeat(100))), "not-an-archive"],
  ["an archive that is packed twice", async () => packed(await packed(tarOf(GOOD))), "not-an-archive"],
  [
    "an archive that is packed with xz",
    () => bytesOf(new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0, 0])),
    "unsupported-compression",
    "xz",
  ],
  [
    "an archive that is packed with zstd of too large a window",
    () => bytesOf(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0])),
    "unsupported-compression",
    "zstd (window > 64 MiB)",
  ],
  ["an archive that is packed with zstd and cut short", () => zstdOf(tarOf(GOOD)).slice(0, -1), "cut-short"],
  ["zstd that is none", () => bytesOf(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 8, 0, 0, 0, 0])), "damaged"],
  ["a zip", () => bytesOf(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0])), "unsupported-compression", "zip"],
  [
    "gzip that is none",
    () => bytesOf(new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, ...Array<number>(2000).fill(0xff)])),
    "damaged",
  ],
])("refuses %s", async ([, archive, code, name], { expect }) => {
  await expect(readArchive(new Blob([new Uint8Array(await archive())]))).rejects.toMatchObject({
    code,
    ...(name !== undefined && { particulars: { name } }),
  });
});

it("refuses a file that is larger than allowed without reading it", async ({ expect }) => {
  const source = {
    size: 3 * 1024 ** 3,
    stream: () => new ReadableStream<Bytes>({ pull: () => Promise.reject(new Error("it was read")) }),
  };
  await expect(readArchive(source)).rejects.toMatchObject({ code: "too-large", particulars: { limit: 2 * 1024 ** 3 } });
});

it("does not unpack a small file to the end that unpacks to a large one", async ({ expect }) => {
  const zeros = tarOf([{ path: "zeros", contents: new Uint8Array(20 * MIB) }]);
  const archive = await packed(zeros);
  expect(archive.byteLength).toBeLessThan(MIB / 10);
  await expect(readArchive(new Blob([archive]), { maxBytes: MIB })).rejects.toMatchObject({ code: "too-large" });

  const image = await ociImage([zeros]);
  await expect(imagesIn(layoutOf(image), { maxBytes: MIB })).rejects.toMatchObject({ code: "too-large" });
});

it("refuses an archive of too many files", async ({ expect }) => {
  const many = Array.from({ length: 1001 }, (_, at) => ({ path: `file-${at}` }));
  await expect(imagesIn(many, { maxFiles: 1000 })).rejects.toMatchObject({
    code: "too-many-files",
    particulars: { limit: 1000 },
  });
});

it("says when the file has changed since it was chosen", async ({ expect }) => {
  const source = { size: 10_000, stream: () => new ReadableStream<Bytes>({ pull: refuseToRead }) };
  await expect(readArchive(source)).rejects.toMatchObject({ code: "source-changed" });
});

/** Indexes, each of which names the next. */
function nested(depth: number): TarFile[] {
  let inner = blobOf(OCI_INDEX, { schemaVersion: 2, manifests: [] });
  const blobs = [inner];
  for (let at = 0; at < depth; at += 1) {
    inner = indexOf([descriptorOf(inner)]);
    blobs.push(inner);
  }
  return layoutFiles([descriptorOf(inner)], blobs);
}

/** A layout in which one file has another byte: 1 is the manifest, 2 the configuration, 3 the first layer. */
async function spoiled(at: number): Promise<TarFile[]> {
  const files = layoutOf(await ociImage(LAYERS));
  return files.map((file, index) => {
    if (index !== at + 1) return file;
    const contents = bytesOf(file.contents ?? "");
    contents[20] = (contents[20] ?? 0) ^ 1;
    return { ...file, contents };
  });
}

/** What browsers do with a file that is no longer what it was. */
function refuseToRead(): Promise<never> {
  return Promise.reject(new DOMException("changed", "NotReadableError"));
}
