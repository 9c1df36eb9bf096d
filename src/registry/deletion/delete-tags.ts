/** Deleting tags, with the companions of their manifests. */
import { type Precondition, failedPrecondition } from "../../kernel/precondition.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { findCompanions, findResting } from "../../storage/content/companions.ts";
import { actorOf, type Call } from "../call.ts";
import {
  deleteTag as deleteOne,
  deleteTags as deleteNamed,
  type TagDeletion,
} from "../../storage/deletion/delete-tags.ts";
import { settleAfter } from "../content/companions.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";

export type { TagDeletion };

interface Repository {
  id: number;
  name: RepositoryName;
}

/**
 * Deletes tags that no rule keeps, of a repository from which the caller may delete. Companions go last: those whose
 * images are deleted along rest then, as if they had not been named, and come back with them.
 *
 * @returns for each tag whether it was deleted, and why not.
 */
export async function deleteTags(
  call: Call,
  repository: Repository,
  names: readonly Tag[],
): Promise<Map<Tag, TagDeletion>> {
  const { db } = call.stores;
  const companions = names.length > 1 ? await findCompanions(db, repository.id, names) : [];
  const others = names.filter((name) => !companions.includes(name));
  const results = new Map<Tag, TagDeletion>(names.map((name) => [name, "unknown"]));
  for (const part of [others, companions]) {
    if (part.length === 0) continue;
    const { results: found, unsettled } = await deleteNamed(db, actorOf(call), repository.name, part);
    await settleAfter(call, repository, unsettled);
    for (const [name, result] of found) results.set(name, result);
  }
  const unknown = companions.filter((name) => results.get(name) === "unknown");
  if (others.length > 0 && unknown.length > 0) {
    for (const name of await findResting(db, repository.id, unknown)) results.set(name, "deleted");
  }
  dispatchAfter(call, repository, [...results.values()].includes("deleted"));
  return results;
}

/** Lets rules of synchronization follow what was deleted. */
function dispatchAfter(call: Call, repository: Repository, isDeleted: boolean): void {
  if (!isDeleted) return;
  call.after(async () => (await import("../sync/sync-queue.ts")).dispatchFreshSyncs(call.stores, repository));
}

/**
 * The same for one.
 *
 * @param precondition must hold for it.
 * @returns whether there was one.
 */
export async function deleteTag(
  call: Call,
  repository: Repository,
  tag: Tag,
  precondition?: Precondition,
): Promise<boolean> {
  const { outcome, unsettled } = await deleteOne(call.stores.db, actorOf(call), repository.name, tag, precondition);
  if (outcome === "immutable") throw immutableTags([tag]);
  if (outcome === "precondition-failed") throw failedPrecondition(tag);
  await settleAfter(call, repository, unsettled);
  dispatchAfter(call, repository, outcome === "deleted");
  return outcome === "deleted";
}
