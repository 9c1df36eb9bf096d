export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_SCHEMA_1 = [
  "application/vnd.docker.distribution.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

export type ManifestMediaType =
  typeof OCI_MANIFEST | typeof OCI_INDEX | typeof DOCKER_MANIFEST | typeof DOCKER_MANIFEST_LIST;

export const MANIFEST_MEDIA_TYPES: readonly ManifestMediaType[] = [
  OCI_MANIFEST,
  OCI_INDEX,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
];

const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_MANIFEST_LIST]);
const MANIFESTS: ReadonlySet<string> = new Set(MANIFEST_MEDIA_TYPES);

export function isManifestMediaType(mediaType: string): mediaType is ManifestMediaType {
  return MANIFESTS.has(mediaType);
}

export function isIndexMediaType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

export function isSchema1MediaType(mediaType: string): boolean {
  return DOCKER_SCHEMA_1.includes(mediaType);
}

export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([OCI_CONFIG, "application/vnd.docker.container.image.v1+json"]);

/** The configuration of something that runs, as opposed to an artifact's. */
export function isImageConfig(mediaType: string): boolean {
  return IMAGE_CONFIGS.has(mediaType);
}

/** A layer of a file system, as opposed to an artifact's file. */
export function isImageLayer(mediaType: string): boolean {
  return (
    mediaType.startsWith("application/vnd.oci.image.layer.") ||
    mediaType.startsWith("application/vnd.docker.image.rootfs.")
  );
}

/** Layers that a registry need not have: OCI's non-distributable and Docker's foreign ones (image-spec, "Layer"). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith("application/vnd.oci.image.layer.nondistributable.") ||
    mediaType === "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
  );
}

export const DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
/** Docker's own media types have none for zstd. */
export const OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

const GZIP_LAYERS: ReadonlySet<string> = new Set([OCI_LAYER_GZIP, DOCKER_LAYER_GZIP]);

/** A layer that is compressed with gzip, and may be handed on. */
export function isGzipLayer(mediaType: string): boolean {
  return GZIP_LAYERS.has(mediaType);
}

/** What BuildKit's cache has in place of an image's configuration, or among the entries of an index. */
export const BUILDKIT_CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0";
