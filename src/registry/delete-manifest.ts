import { isDigest } from "../model/digest.ts";
import type { Reference, RepositoryName } from "../model/reference.ts";
import { deleteManifest as deleteWithTags } from "../storage/manifests.ts";
import type { Stores } from "../storage/stores.ts";
import { deleteTag } from "../storage/tags.ts";
import { unknownManifest } from "./pull-manifest.ts";

/**
 * By tag: deletes that tag only. By digest: the manifest and every tag that points to it (OCI distribution-spec,
 * "Content Management").
 *
 * @throws RegistryError MANIFEST_UNKNOWN, or MANIFEST_IN_USE while an index needs it.
 */
export async function deleteManifest(
  stores: Stores,
  repository: RepositoryName,
  reference: Reference,
  userId: number,
): Promise<void> {
  const deleted = isDigest(reference)
    ? await deleteWithTags(stores.db, repository, reference, userId)
    : await deleteTag(stores.db, repository, reference, userId);
  if (!deleted) throw unknownManifest(repository, reference);
}
