import type { Actor } from "../model/access.ts";
import { isDigest } from "../model/digest.ts";
import { holds, type Precondition } from "../model/precondition.ts";
import type { Reference, RepositoryName } from "../model/reference.ts";
import { deleteManifest as deleteWithTags } from "../storage/manifests.ts";
import { failedPrecondition } from "../storage/preconditions.ts";
import type { Stores } from "../storage/stores.ts";
import { deleteTag } from "../storage/tag-deletion.ts";
import { findWriteTarget } from "./access.ts";
import { cleanSoon } from "./cleanups.ts";
import { unknownManifest } from "./pull-manifest.ts";

/**
 * By tag: deletes that tag only. By digest: the manifest and every tag that points to it (OCI distribution-spec,
 * "Content Management").
 *
 * @throws RegistryError DENIED and UNAUTHORIZED as {@link findWriteTarget}, MANIFEST_UNKNOWN, MANIFEST_IN_USE while an
 * index needs it, TAG_IMMUTABLE, or PRECONDITION_FAILED.
 */
export async function deleteManifest(
  stores: Stores,
  actor: Actor,
  repository: RepositoryName,
  reference: Reference,
  precondition?: Precondition,
): Promise<void> {
  await findWriteTarget(stores, actor, "delete", repository);
  // What a digest names never changes: whether the condition holds is known before.
  if (isDigest(reference) && precondition && !holds(precondition, reference)) throw failedPrecondition(reference);
  const deleted = isDigest(reference)
    ? await deleteWithTags(stores.db, actor, repository, reference)
    : await deleteTag(stores.db, actor, repository, reference, precondition);
  if (!deleted) throw unknownManifest(repository, reference);
  if (isDigest(reference)) await cleanSoon({ kind: "manifests" }, stores);
}
