/**
 * An image as files: an OCI image layout (image-spec, "Image Layout"), with docker's `manifest.json` beside it, as
 * `docker save` writes it. So docker, podman, containerd and skopeo load it, each by what it looks for. The server writes such
 * archives, and so does `berth pull`.
 */
import { isImageConfig, isImageLayer, isIndexMediaType, isManifestMediaType, OCI_INDEX } from "./media-types.ts";

/** A file of an archive, by its text. */
export interface LayoutFile {
  path: string;
  text: string;
}

interface Described {
  mediaType: string;
  digest: string;
}

/** Of a manifest, what docker loads. */
export interface LoadedManifest<Layer extends Described = Described> {
  config?: Described | null;
  layers?: readonly Layer[] | null;
}

interface DescribedChild extends Described {
  platform?: { os?: string | undefined; architecture?: string | undefined } | null | undefined;
}

/** What an image is called once it is loaded. */
export interface LayoutName {
  /** `host/organization/image:tag`. */
  full: string;
  tag: string;
}

/**
 * The files of an archive besides its blobs.
 *
 * @param root the manifest or index that the archive is of.
 * @param names what it is to be called once it is loaded; none for what has no tag.
 * @param loaded the manifest of the single image that docker loads; undefined when there is none.
 * @param isPresent whether the archive holds a blob: layers that need not be distributed may be missing.
 */
export function describeLayout(
  { mediaType, digest, size }: Described & { size: number },
  names: readonly LayoutName[],
  loaded: LoadedManifest | undefined,
  isPresent: (digest: string) => boolean,
): LayoutFile[] {
  const root = { mediaType, digest, size };
  const named = names.map(({ full, tag }) => ({
    ...root,
    annotations: { "io.containerd.image.name": full, "org.opencontainers.image.ref.name": tag },
  }));
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: named.length > 0 ? named : [root] };
  const files = [
    { path: "oci-layout", text: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", text: JSON.stringify(index) },
  ];
  if (!loaded?.config || !isLoadable(loaded) || layersWanting(loaded, isPresent).length > 0) return files;
  const entry = {
    Config: blobPath(loaded.config.digest),
    RepoTags: names.length > 0 ? names.map(({ full }) => full) : null,
    Layers: (loaded.layers ?? []).map((layer) => blobPath(layer.digest)),
  };
  return [...files, { path: "manifest.json", text: JSON.stringify([entry]) }];
}

/** Whether this is an image, which docker can run, and no artifact. */
function isLoadable({ config, layers }: LoadedManifest): boolean {
  return isImageConfig(config?.mediaType ?? "") && (layers ?? []).every(({ mediaType }) => isImageLayer(mediaType));
}

/** The layers without which docker cannot load an image, each once; none of an artifact, which it never loads. */
export function layersWanting<Layer extends Described>(
  loaded: LoadedManifest<Layer>,
  isPresent: (digest: string) => boolean,
): Layer[] {
  if (!isLoadable(loaded)) return [];
  const absent = (loaded.layers ?? []).filter(({ digest }) => !isPresent(digest));
  return [...new Map(absent.map((layer) => [layer.digest, layer])).values()];
}

/** The child of an index for a docker that knows no index: linux/amd64, else the first image; undefined if there is none. */
export function loadedChild<Child extends DescribedChild>(manifests: readonly Child[] | null): Child | undefined {
  const images = manifests?.filter(({ platform, mediaType }) => {
    // BuildKit's attestations are for no platform.
    return isManifestMediaType(mediaType) && !isIndexMediaType(mediaType) && platform?.os !== "unknown";
  });
  return images?.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64") ?? images?.[0];
}

/** Where a blob, or a manifest, is in an archive. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
