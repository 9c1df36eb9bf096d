import type { Actor } from "../model/access.ts";
import { isDigest } from "../model/digest.ts";
import type { Reference, RepositoryName } from "../model/reference.ts";
import { deleteManifest as deleteWithTags } from "../storage/manifests.ts";
import type { Stores } from "../storage/stores.ts";
import { deleteTag } from "../storage/tag-deletion.ts";
import { findWriteTarget } from "./access.ts";
import { cleanSoon } from "./cleanups.ts";
import { unknownManifest } from "./pull-manifest.ts";

/**
 * By tag: deletes that tag only. By digest: the manifest and every tag that points to it (OCI distribution-spec,
 * "Content Management").
 *
 * @throws RegistryError DENIED and UNAUTHORIZED as {@link findWriteTarget}, MANIFEST_UNKNOWN, MANIFEST_IN_USE while an index needs it, or TAG_IMMUTABLE.
 */
export async function deleteManifest(
  stores: Stores,
  actor: Actor,
  repository: RepositoryName,
  reference: Reference,
): Promise<void> {
  await findWriteTarget(stores, actor, "delete", repository);
  const deleted = isDigest(reference)
    ? await deleteWithTags(stores.db, actor, repository, reference)
    : await deleteTag(stores.db, actor, repository, reference);
  if (!deleted) throw unknownManifest(repository, reference);
  if (isDigest(reference)) await cleanSoon({ kind: "manifests" }, stores);
}
