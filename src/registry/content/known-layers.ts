/** Layers that an image has already, for clients that upload an archive, where layers are not compressed: beyond SWR. */
import { withDocuments } from "../../documents.ts";
import type { Manager } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { readDiffIds } from "../../model/images/image-config.ts";
import { readManifestContent } from "../../kernel/manifest-content.ts";
import { isGzipLayer, isImageConfig } from "../../kernel/media-types.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { findMissing } from "../../storage/content/missing-parts.ts";
import type { Stores } from "../../storage/stores.ts";
import { listTagPage } from "../../storage/content/tags.ts";
import type { Call } from "../call.ts";
import { requireOrganization } from "../rights/management.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { readConfigText } from "../images/platforms.ts";
import { readManifest } from "./find-manifest.ts";
import { findBlob } from "./blobs.ts";

/** How many of an image's newest tags are looked at: builds share their base with those before them. */
export const SEARCHED_TAGS = 20;

/** A layer by what it unpacks to, and what it is called in the registry. */
export interface KnownLayer {
  diffId: string;
  digest: Digest;
  /** Bytes, compressed. */
  size: number;
}

/**
 * Which of these layers the newest tags of an image have, compressed with gzip, except those that are lost. That is no pull:
 * it keeps nothing from aging.
 *
 * @param diffIds digests of what the layers unpack to, as a configuration's `rootfs` names them.
 * @returns nothing for an image that is not there yet.
 * @throws RegistryError ORGANIZATION_UNKNOWN, or DENIED without the right to edit the organization, which uploading from
 * a page takes (guide, chapter 6).
 */
export async function findKnownLayers(
  call: Call<Manager>,
  name: RepositoryName,
  diffIds: readonly string[],
): Promise<KnownLayer[]> {
  await requireOrganization(call, organizationOf(name), "edit");
  const { repositoryId } = await findWriteTarget(call, "push", name);
  if (repositoryId === undefined) return [];
  const newest = { repositoryId, name: undefined, order: "updatedAt", isDescending: true, offset: 0 } as const;
  const tags = await listTagPage(call.stores.db, { ...newest, limit: SEARCHED_TAGS });
  const wanted = new Set(diffIds);
  const known: KnownLayer[] = [];
  for (const digest of new Set(tags.map((tag) => tag.digest))) {
    if (wanted.size === 0) break;
    for (const layer of await readLayers(call.stores, name, digest)) {
      if (wanted.delete(layer.diffId)) known.push(layer);
    }
  }
  if (known.length === 0) return known;
  const { blobs: lost } = await findMissing(
    call.stores.db,
    repositoryId,
    { blobs: known.map(({ digest }) => digest), children: [] },
    known.length,
  );
  return known.filter(({ digest }) => !lost.digests.includes(digest));
}

/** The layers of a single image; none of what is something else, or cannot be read. */
async function readLayers(stores: Stores, name: RepositoryName, digest: Digest): Promise<KnownLayer[]> {
  const { config, layers } = await withDocuments(async (memory) => {
    const manifest = await readManifest(stores.db, name, digest, memory);
    return manifest ? readManifestContent(manifest.text) : { config: undefined, layers: undefined };
  });
  if (!config || !layers || !isImageConfig(config.mediaType)) return [];
  const blob = await findBlob(stores.db, name, config.digest);
  const read = blob && (await readConfigText(stores, blob));
  const diffIds = read && "text" in read ? readDiffIds(read.text) : [];
  // Without one for each layer nobody can tell which belongs to which.
  if (diffIds.length !== layers.length) return [];
  return layers.flatMap((layer, at) => {
    const diffId = diffIds[at];
    return diffId !== undefined && isGzipLayer(layer.mediaType)
      ? [{ diffId, digest: layer.digest, size: layer.size }]
      : [];
  });
}
