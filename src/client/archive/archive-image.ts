/** Images as they are found in an archive, checked and ready to be pushed. */
import type { Bytes } from "../bytes.ts";
import type { DescribedPlatform } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import type { ArchiveFile } from "./archive-files.ts";
import type { ArchiveName } from "./image-name.ts";

/** Something that goes to the registry byte for byte. */
export interface ArchiveBlob {
  digest: string;
  /** Bytes. */
  size: number;
  mediaType: string;
  content: ArchiveFile | Bytes;
}

/** A layer that is compressed on its way: nobody knows its digest yet. */
export interface PlainLayer {
  /** The digest of what is in the archive; the image's configuration names it. */
  diffId: string;
  /** Bytes in the archive. */
  size: number;
  content: ArchiveFile;
}

/** A manifest or an index, exactly as it is to be stored. */
export interface ArchiveManifest {
  mediaType: string;
  digest: string;
  bytes: Bytes;
}

/** An image whose manifest is in the archive, and stays as it is. */
export interface KeptImage {
  kind: "kept";
  /** Each once, in an order in which they can be pushed: the last one is what the tag names. */
  manifests: ArchiveManifest[];
  blobs: ArchiveBlob[];
}

/** An image without a manifest, or with one that docker only made up as it saved the image: it gets a new one. */
export interface RebuiltImage {
  kind: "rebuilt";
  config: ArchiveBlob;
  /** In the order of the file system; a layer may come twice. */
  layers: (ArchiveBlob | PlainLayer)[];
}

export interface ArchiveImage {
  /** What the archive calls it; nothing when it was saved by its id. */
  names: ArchiveName[];
  /** What docker calls the image's id: the digest of its configuration; of an index, its own. */
  id: string;
  platforms: DescribedPlatform[];
  /** Bytes in the archive. */
  size: number;
  contents: KeptImage | RebuiltImage;
  /** How many platforms an index names that the archive does not hold; they are left out. */
  missingPlatforms: number;
  /** How many images of the archive, one for each platform, became one index here; 0 when it is as the archive has it. */
  joinedPlatforms: number;
}

export function isPlainLayer(layer: ArchiveBlob | PlainLayer): layer is PlainLayer {
  return "diffId" in layer;
}

/**
 * A digest that two images share only if a push of either leads to the same manifest. The id does not tell: artifacts have one
 * configuration, and so have builds that differ in how their layers are compressed.
 */
export function contentDigestOf({ contents }: ArchiveImage): string {
  if (contents.kind === "kept") return contents.manifests.at(-1)?.digest ?? "";
  const layers = contents.layers.map((layer) => (isPlainLayer(layer) ? layer.diffId : layer.digest));
  return digestOf(new TextEncoder().encode([contents.config.digest, ...layers].join("\n")));
}
