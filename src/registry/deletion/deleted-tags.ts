/** Taking back that a tag was deleted, by hand or by aging: beyond SWR. */
import type { Manager } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { quotaExceeded } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";
import { type DeletedTag, listDeletedTags, restoreTag } from "../../storage/deletion/deleted-tags.ts";
import type { Stores } from "../../storage/stores.ts";
import { findTagRecord } from "../../storage/content/tags.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOwnImages, requireOwnRepository } from "../rights/management.ts";
import { settleAfter } from "../content/companions.ts";
import { dispatchSyncs } from "../sync/sync-queue.ts";
import { unknownRepository } from "../images/repositories.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface RestorableTag extends DeletedTag {
  /** When it can certainly no longer be restored. */
  restorableUntil: Date;
}

/**
 * Tags of an image that were deleted and can be restored, the last deleted first. Those who have a right to the image in its
 * own account may see them.
 *
 * @param before the event of the history to go on behind; undefined for the newest.
 */
export async function listRestorableTags(
  call: Call<Manager>,
  name: RepositoryName,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<{ tags: RestorableTag[]; next: number | undefined }> {
  const { id } = await requireOwnRepository(call, name, "read");
  const { tags, next } = await listDeletedTags(call.stores.db, id, graceStart(call.stores), before, limit);
  const graceMs = call.stores.settings.graceDays * DAY_MS;
  return {
    tags: tags.map((tag) => ({ ...tag, restorableUntil: new Date(tag.deletedAt.getTime() + graceMs) })),
    next,
  };
}

/** What was deleted then or before may have been collected. */
function graceStart({ settings }: Stores): Date {
  return new Date(Date.now() - settings.graceDays * DAY_MS);
}

/**
 * Gives a deleted tag back what it last pointed to, as a push would: it is as new as one. Rules that keep tags as they are
 * do not hinder, since nothing is overwritten.
 *
 * @returns what it points to.
 */
export async function restoreDeletedTag(call: Call<Manager>, name: RepositoryName, tag: Tag): Promise<Digest> {
  const repository = await requireOwnRepository(call, name, "edit");
  requireOwnImages(organizationOf(name), repository.organization);
  const actor = actorOf(call);
  const restored = await restoreTag(call.stores.db, actor, repository, tag, graceStart(call.stores), call.registry);
  switch (restored.outcome) {
    case "restored":
      await settleAfter(call, repository, restored.unsettled);
      call.after(() => dispatchSyncs(call.stores, name, restored.syncs));
      return restored.digest;
    case "repository-unknown":
      throw unknownRepository(name);
    case "quota-exceeded":
      throw quotaExceeded(restored.excess);
    case "not-restorable":
      throw await whyNotRestored(call.stores, repository, tag);
    default:
      return restored satisfies never;
  }
}

async function whyNotRestored(
  { db }: Stores,
  { id, name }: { id: number; name: RepositoryName },
  tag: Tag,
): Promise<RegistryError> {
  const detail = { tag };
  if (await findTagRecord(db, id, tag)) {
    return new RegistryError("TAG_EXISTS", { message: `tag ${tag} is in ${name}: it need not be restored`, detail });
  }
  return new RegistryError("TAG_UNKNOWN", {
    message: `tag ${tag} of ${name} cannot be restored: it was not deleted of late, or what it pointed to is gone`,
    detail,
  });
}
