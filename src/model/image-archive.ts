/**
 * An image as one file: an OCI image layout (image-spec, "Image Layout"), with docker's `manifest.json` beside it, as
 * `docker save` writes it. So docker, podman, containerd and skopeo load it, each by what it looks for.
 */
import { algorithmOf, type Digest, hexOf, isDigest, shorten } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import type { ContentDescriptor, ManifestContent } from "./manifest-content.ts";
import { isImageConfig, isImageLayer, isIndexMediaType, isManifestMediaType, OCI_INDEX } from "./media-types.ts";
import type { Reference, RepositoryName, Tag } from "./reference.ts";

/** What somebody asks for of an index, `os/architecture[/variant]`. */
export interface WantedPlatform {
  os: string;
  architecture: string;
  /** Undefined: any. */
  variant: string | undefined;
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** @throws RegistryError PARAMETER_INVALID. */
export function parsePlatform(text: string): WantedPlatform {
  const parts = text.split("/");
  const [os = "", architecture = "", variant] = parts;
  if (parts.length >= 2 && parts.length <= 3 && parts.every((part) => NAME.test(part))) {
    return { os, architecture, variant };
  }
  throw new RegistryError("PARAMETER_INVALID", {
    message: `platform: "${shorten(text)}" is not of the form os/architecture or os/architecture/variant`,
    detail: { field: "platform" },
  });
}

export function formatPlatform({ os, architecture, variant }: WantedPlatform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

type Child = NonNullable<ManifestContent["manifests"]>[number];

/** The child of an index that is for a platform; undefined when there is none. */
export function childFor({ manifests }: ManifestContent, wanted: WantedPlatform): Child | undefined {
  return manifests?.find(
    ({ platform }) =>
      platform?.os === wanted.os &&
      platform.architecture === wanted.architecture &&
      (wanted.variant === undefined || platform.variant === wanted.variant),
  );
}

/** The child of an index for a docker that knows no index: linux/amd64, else the first image; undefined if there is none. */
export function loadedChild({ manifests }: ManifestContent): Child | undefined {
  const images = manifests?.filter(({ platform, mediaType }) => {
    // BuildKit's attestations are for no platform.
    return isManifestMediaType(mediaType) && !isIndexMediaType(mediaType) && platform?.os !== "unknown";
  });
  return images?.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64") ?? images?.[0];
}

/** A file of an archive, by its text. */
export interface ArchiveFile {
  path: string;
  text: string;
}

/**
 * The files of an archive besides its blobs.
 *
 * @param root the manifest or index that the archive is of.
 * @param name what it is to be called once it is loaded, `host/organization/image:tag`; undefined for what has no tag.
 * @param loaded the manifest of the single image that docker loads; undefined when there is none.
 * @param present the blobs of the archive: layers that need not be distributed may be missing.
 */
export function describeArchive(
  root: Pick<ContentDescriptor, "mediaType" | "digest" | "size">,
  name: { full: string; tag: Tag } | undefined,
  loaded: ManifestContent | undefined,
  present: ReadonlySet<Digest>,
): ArchiveFile[] {
  const { mediaType, digest, size } = root;
  const annotations = name && {
    "io.containerd.image.name": name.full,
    "org.opencontainers.image.ref.name": name.tag,
  };
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ mediaType, digest, size, ...(annotations && { annotations }) }],
  };
  const files = [
    { path: "oci-layout", text: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", text: JSON.stringify(index) },
  ];
  const entry = loaded && describeForDocker(loaded, name?.full, present);
  return entry ? [...files, { path: "manifest.json", text: JSON.stringify([entry]) }] : files;
}

/** @returns undefined for what docker cannot run, or not without parts that are elsewhere. */
function describeForDocker(
  { config, layers }: ManifestContent,
  name: string | undefined,
  present: ReadonlySet<Digest>,
) {
  if (!config || !layers || !isImageConfig(config.mediaType)) return undefined;
  if (!layers.every((layer) => isImageLayer(layer.mediaType) && present.has(layer.digest))) return undefined;
  return {
    Config: blobPath(config.digest),
    RepoTags: name === undefined ? null : [name],
    Layers: layers.map((layer) => blobPath(layer.digest)),
  };
}

/** Where a blob, or a manifest, is in an archive. */
export function blobPath(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** Enough of a digest to tell one archive from another. */
const SHORT_DIGEST_LENGTH = 12;

/** What to call an archive on a disk: of letters, digits and the signs that names have, but for slashes and colons. */
export function archiveName(
  repository: RepositoryName,
  reference: Reference,
  platform: WantedPlatform | undefined,
): string {
  const version = isDigest(reference) ? hexOf(reference).slice(0, SHORT_DIGEST_LENGTH) : reference;
  const names = [repository, version, ...(platform ? [formatPlatform(platform)] : [])];
  return `${names.join("_").replaceAll("/", "_")}.tar`;
}
