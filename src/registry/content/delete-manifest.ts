import type { RegistryCaller } from "../../model/rights/access.ts";
import { isDigest } from "../../kernel/digest.ts";
import { holds, type Precondition } from "../../kernel/precondition.ts";
import type { Reference } from "../../kernel/reference.ts";
import { deleteManifest as deleteWithTags, findManifest } from "../../storage/content/manifests.ts";
import { failedPrecondition } from "../../storage/content/preconditions.ts";
import { actorOf, type Call } from "../call.ts";
import type { Access } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { cleanSoon, cleanUpAfterwards } from "../deletion/cleanups.ts";
import { settleAfter } from "./companions.ts";
import { deleteTag } from "../deletion/delete-tags.ts";
import { unknownManifest } from "./pull-manifest.ts";

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
  const unsettled = await deleteWithTags(stores.db, actorOf(call), repository, reference);
  if (!unsettled) throw unknownManifest(repository, reference);
  // First, so that the parts of an index are noted.
  await cleanSoon({ kind: "manifests" }, stores);
  await settleAfter(call, { id, name: repository }, unsettled);
}
