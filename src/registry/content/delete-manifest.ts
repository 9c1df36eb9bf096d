import type { Actor } from "../../model/rights/access.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { failedPrecondition, holds, type Precondition } from "../../kernel/precondition.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import { deleteManifest as deleteWithTags } from "../../storage/content/delete-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import { findWriteTarget } from "../rights/access.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { settleAfter } from "./companions.ts";
import { deleteTag } from "../deletion/delete-tags.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";
import { unknownManifest } from "./pull-manifest.ts";
import { findManifest } from "./find-manifest.ts";

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
  const { repositoryId: id } = await findWriteTarget(stores, actor, "delete", repository);
  if (id === undefined) throw unknownManifest(repository, reference);
  if (!isDigest(reference)) {
    const isDeleted = await deleteTag(stores, actor, { id, name: repository }, reference, precondition);
    if (!isDeleted) throw unknownManifest(repository, reference);
    return;
  }
  // What a digest names never changes: whether the condition holds is known before.
  if (precondition && !holds(precondition, reference)) {
    const isThere = (await findManifest(stores.db, repository, reference)) !== undefined;
    throw isThere ? failedPrecondition(reference) : unknownManifest(repository, reference);
  }
  const deletion = await deleteWithTags(stores.db, actor, repository, reference);
  switch (deletion.outcome) {
    case "deleted":
      break;
    case "unknown":
      throw unknownManifest(repository, reference);
    case "tags-immutable":
      throw immutableTags(deletion.tags);
    case "in-use":
      throw manifestInUse(reference, deletion.parents);
    case "too-many-tags": {
      const message = `${reference} has more tags than one request can delete: repeat the request, which goes on`;
      throw new RegistryError("OVERLOADED", { message, detail: { digest: reference } });
    }
    default:
      return deletion satisfies never;
  }
  // First, so that the parts of an index are noted.
  await cleanSoon({ kind: "manifests" }, stores);
  await settleAfter(stores, { id, name: repository }, actor, deletion.unsettled);
}

function manifestInUse(digest: Digest, parents: readonly Digest[]): RegistryError {
  const culprits = parents.map((parent) => ({
    message: `manifest ${digest} is part of ${parent}: delete that first`,
    detail: { digest, parent },
  }));
  return new RegistryError("MANIFEST_IN_USE", culprits);
}
