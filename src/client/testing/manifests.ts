/** Manifests of every kind that a registry takes: what the OCI conformance suite pushes, and what programs do. */
import type { DigestAlgorithm } from "../../kernel/digest.ts";
import { digestOf } from "../hash.ts";
import {
  type Blob256,
  blobOf,
  configOf,
  descriptorOf,
  layerOf,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  packed,
  zstdOf,
} from "./images.ts";

/** Something as a registry has it. */
export interface Stored {
  root: Blob256;
  /** In an order in which they can be pushed, the root last. */
  manifests: Blob256[];
  blobs: Blob256[];
}

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const OCI_FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const EMPTY = "application/vnd.oci.empty.v1+json";
const URLS = ["https://elsewhere.example.com/layer"];

interface ImageParts {
  layers?: readonly Blob256[];
  /** Layers that the registry does not have. */
  absent?: readonly Blob256[];
  config?: Blob256;
  mediaType?: string;
  /** Of the manifest. */
  more?: object;
  /** How the manifest is written. */
  write?: (manifest: object) => string;
}

/** An image manifest with its blobs. */
function image({ layers = [], absent = [], config, mediaType = OCI_MANIFEST, more = {}, write }: ImageParts): Stored {
  const configuration = config ?? blobOf(OCI_CONFIG, configOf([layerOf("base")]));
  const json = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(configuration),
    layers: [
      ...layers.map((layer) => descriptorOf(layer)),
      ...absent.map((layer) => descriptorOf(layer, { urls: URLS })),
    ],
    ...more,
  };
  const root = blobOf(mediaType, write ? write(json) : JSON.stringify(json));
  return { root, manifests: [root], blobs: [configuration, ...layers] };
}

/** An index with all below it. */
function index(children: readonly Stored[], describe: (at: number) => object = () => ({}), more: object = {}): Stored {
  const manifests = children.map(({ root }, at) => descriptorOf(root, describe(at)));
  const root = blobOf(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...more });
  return {
    root,
    manifests: [...children.flatMap((child) => child.manifests), root],
    blobs: children.flatMap((child) => child.blobs),
  };
}

const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });

/** The same bytes under the digest of another algorithm. */
function hashedBy(algorithm: DigestAlgorithm, { mediaType, bytes }: Blob256): Blob256 {
  return { mediaType, bytes, size: bytes.byteLength, digest: digestOf(bytes, undefined, algorithm) };
}

/** All kinds, each with what makes it special. `seed` makes its contents differ from those of another seed. */
export async function manifestKinds(seed: number): Promise<Map<string, Stored>> {
  const plain = [layerOf(`base ${seed}`), layerOf(`application ${seed}`)] as const;
  const gzipped = await Promise.all(plain.map(async (layer) => blobOf(`${OCI_LAYER}+gzip`, await packed(layer))));
  const tars = plain.map((layer) => blobOf(OCI_LAYER, layer));
  const config = blobOf(OCI_CONFIG, configOf(plain));
  const members = new Blob([await packed(plain[0].slice(0, 50)), await packed(plain[0].slice(50))]);
  const starGz = blobOf(`${OCI_LAYER}+gzip`, new Uint8Array(await members.arrayBuffer()));
  const file = blobOf("application/vnd.example.file", `a file ${seed}`);
  const nothing = blobOf("application/octet-stream", "");
  const empty = blobOf(EMPTY, "{}");
  const foreign = blobOf(OCI_FOREIGN, await packed(layerOf(`foreign ${seed}`)));
  const base = image({ layers: gzipped, config });
  const artifact = image({ layers: [file], config: empty, more: { artifactType: "application/vnd.example.thing" } });
  const attestation = image({
    layers: [blobOf("application/vnd.in-toto+json", "{}")],
    config: blobOf(OCI_CONFIG, { os: "unknown", architecture: "unknown", rootfs: { type: "layers", diff_ids: [] } }),
  });
  const dockerImage = image({
    layers: gzipped.map((layer) => ({ ...layer, mediaType: DOCKER_LAYER })),
    config: { ...config, mediaType: DOCKER_CONFIG },
    mediaType: DOCKER_MANIFEST,
  });
  const list = blobOf(DOCKER_LIST, {
    schemaVersion: 2,
    mediaType: DOCKER_LIST,
    manifests: [descriptorOf(dockerImage.root, platform("amd64"))],
  });
  const cache = blobOf(OCI_INDEX, {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [...gzipped, blobOf("application/vnd.buildkit.cacheconfig.v0", "{}")].map((blob) => descriptorOf(blob)),
  });
  const long = gzipped.map((layer) => hashedBy("sha512", layer));
  const absentSubject = blobOf(OCI_MANIFEST, `a subject that is not there ${seed}`);
  return new Map<string, Stored>([
    ["an image", base],
    ["an image of layers that are not packed", image({ layers: tars, config })],
    [
      "an image of zstd layers",
      image({ layers: plain.map((layer) => blobOf(`${OCI_LAYER}+zstd`, zstdOf(layer))), config }),
    ],
    ["an eStargz image", image({ layers: [starGz], config: blobOf(OCI_CONFIG, configOf([plain[0]])) })],
    [
      "an image of encrypted layers",
      image({ layers: [blobOf(`${OCI_LAYER}+gzip+encrypted`, `\u001f\u008b ${seed}`)] }),
    ],
    ["an image without layers", image({ config: blobOf(OCI_CONFIG, configOf([])) })],
    ["an image of null layers", image({ more: { layers: null } })],
    ["an image whose configuration is another's", image({ layers: gzipped })],
    ["an image whose configuration is no JSON", image({ layers: gzipped, config: blobOf(OCI_CONFIG, `no ${seed}`) })],
    ["an image of the same layer twice", image({ layers: [...gzipped, ...gzipped], config })],
    ["an image of a layer without bytes", image({ layers: [{ ...nothing, mediaType: OCI_LAYER }], config })],
    ["an image of sha512 layers", image({ layers: long, config })],
    ["an image with a sha512 configuration", image({ layers: tars, config: hashedBy("sha512", config) })],
    ["an image of a layer that is elsewhere", image({ layers: gzipped, absent: [foreign], config })],
    ["an image of a layer that may not be distributed", image({ layers: [...gzipped, foreign], config })],
    ["a Docker image", dockerImage],
    [
      "a Docker image of a foreign layer",
      image({
        absent: [{ ...foreign, mediaType: DOCKER_FOREIGN }],
        config: { ...config, mediaType: DOCKER_CONFIG },
        mediaType: DOCKER_MANIFEST,
      }),
    ],
    ["a Docker manifest list", { root: list, manifests: [...dockerImage.manifests, list], blobs: dockerImage.blobs }],
    ["an artifact", artifact],
    ["an artifact of no file", image({ layers: [empty], config: empty, more: { artifactType: "a/b" } })],
    [
      "an artifact with a configuration of its own",
      image({ layers: [file], config: blobOf("application/vnd.example+json", "{}") }),
    ],
    ["an artifact with an image's configuration", image({ layers: [file], config })],
    ["an artifact of a file without bytes", image({ layers: [nothing], config: empty, more: { artifactType: "a/b" } })],
    [
      "embedded data",
      image({
        config: empty,
        more: {
          artifactType: "a/b",
          config: descriptorOf(empty, { data: btoa("{}") }),
          layers: [descriptorOf(empty, { data: btoa("{}"), annotations: { "org.opencontainers.image.title": "x" } })],
        },
      }),
    ],
    [
      "a subject",
      image({ layers: [file], config: empty, more: { artifactType: "a/b", subject: descriptorOf(base.root) } }),
    ],
    ["a subject that is not there", image({ layers: gzipped, config, more: { subject: descriptorOf(absentSubject) } })],
    [
      "annotations",
      image({ layers: gzipped, config, more: { annotations: { "org.opencontainers.image.ref.name": "x:y", ü: "ß" } } }),
    ],
    ["unknown fields", image({ layers: gzipped, config, more: { whatever: [1, { of: "it" }] } })],
    [
      "a manifest in many lines",
      image({ layers: gzipped, config, write: (json) => `${JSON.stringify(json, undefined, 3)}\n` }),
    ],
    ["a manifest that does not say what it is", image({ layers: gzipped, config, more: { mediaType: undefined } })],
    ["an index", index([base, image({ layers: tars, config })], (at) => platform(at === 0 ? "amd64" : "arm64"))],
    ["an index without platforms", index([base, artifact])],
    ["an index of nothing", index([])],
    ["an index with attestations", index([base, attestation], (at) => platform(at === 0 ? "amd64" : "unknown"))],
    ["an index of indexes", index([index([base]), index([index([artifact]), base])])],
    ["an image below four indexes", index([index([index([index([base])])])])],
    ["an index of the same image twice", index([base, base], (at) => platform(at === 0 ? "amd64" : "arm64"))],
    [
      "an index with a subject",
      index([artifact], undefined, { subject: descriptorOf(base.root), artifactType: "a/b" }),
    ],
    ["an index with annotations", index([base], () => ({ annotations: { a: "b" } }), { annotations: { c: "d" } })],
    [
      "a build cache",
      { root: cache, manifests: [cache], blobs: [...gzipped, blobOf("application/vnd.buildkit.cacheconfig.v0", "{}")] },
    ],
    [
      "a manifest that is a layer as well",
      image({ layers: [{ ...base.root, mediaType: "application/json" }], config: empty }),
    ],
  ]);
}

/** Of all that a registry has to have for something. */
export function digestsOfStored({ manifests, blobs }: Stored): Set<string> {
  return new Set([...manifests, ...blobs].map(({ digest }) => digest));
}
