import { type Digest, isDigest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { type Precondition, failedPrecondition, holds } from "../../kernel/precondition.ts";
import type { Reference } from "../../kernel/reference.ts";
import type { RegistryCaller } from "../../model/rights/access.ts";
import { deleteManifest as deleteWithTags } from "../../storage/content/delete-manifest.ts";
import { type Call, actorOf } from "../call.ts";
import { cleanSoon, cleanUpAfterwards } from "../deletion/cleanups.ts";
import type { Access } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { settleAfter } from "./companions.ts";
import { announceRemovals } from "./edge-content.ts";
import { deleteTag } from "../deletion/delete-tags.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";
import { unknownManifest } from "./pull-manifest.ts";
import { findManifest } from "./find-manifest.ts";

/**
 * By tag: deletes that tag only. By digest: the manifest and every tag that points to it (OCI distribution-spec,
 * "Content Management").
 */
export async function deleteManifest(
  call: Call<RegistryCaller>,
  access: Access<"delete">,
  reference: Reference,
  precondition?: Precondition,
): Promise<void> {
  await deleteReferenced(call, access, reference, precondition);
  call.after(() => cleanUpAfterwards(call.stores));
}

async function deleteReferenced(
  call: Call<RegistryCaller>,
  { repository }: Access<"delete">,
  reference: Reference,
  precondition: Precondition | undefined,
): Promise<void> {
  const { stores } = call;
  const { repositoryId: id } = await findWriteTarget(call, "delete", repository);
  if (id === undefined) throw unknownManifest(repository, reference);
  if (!isDigest(reference)) {
    const isDeleted = await deleteTag(call, { id, name: repository }, reference, precondition);
    if (!isDeleted) throw unknownManifest(repository, reference);
    return;
  }
  // What a digest names never changes: whether the condition holds is known before.
  if (precondition && !holds(precondition, reference)) {
    const isThere = (await findManifest(stores.db, repository, reference)) !== undefined;
    throw isThere ? failedPrecondition(reference) : unknownManifest(repository, reference);
  }
  const deletion = await deleteWithTags(stores.db, actorOf(call), repository, reference);
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
  await announceRemovals(stores);
  // First, so that the parts of an index are noted.
  await cleanSoon({ kind: "manifests" }, stores);
  await settleAfter(call, { id, name: repository }, deletion.unsettled);
  call.after(async () => (await import("../sync/sync-queue.ts")).dispatchFreshSyncs(stores, { id, name: repository }));
}

function manifestInUse(digest: Digest, parents: readonly Digest[]): RegistryError {
  const culprits = parents.map((parent) => ({
    message: `manifest ${digest} is part of ${parent}: delete that first`,
    detail: { digest, parent },
  }));
  return new RegistryError("MANIFEST_IN_USE", culprits);
}
