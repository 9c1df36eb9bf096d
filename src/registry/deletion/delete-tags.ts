/** Deleting tags, with what belongs to what they lead to. */
import type { Actor } from "../../model/rights/access.ts";
import { failedPrecondition, type Precondition } from "../../kernel/precondition.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { findCompanions, findResting } from "../../storage/content/companions.ts";
import type { Stores } from "../../storage/stores.ts";
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
 * Deletes tags that no rule keeps. Companions go last: those whose images are deleted along rest then, as if they had not
 * been named, and come back with them.
 *
 * @returns what came of each.
 */
export async function deleteTags(
  stores: Stores,
  actor: Actor,
  repository: Repository,
  names: readonly Tag[],
): Promise<Map<Tag, TagDeletion>> {
  const companions = names.length > 1 ? await findCompanions(stores.db, repository.id, names) : [];
  const others = names.filter((name) => !companions.includes(name));
  const results = new Map<Tag, TagDeletion>(names.map((name) => [name, "unknown"]));
  for (const part of [others, companions]) {
    if (part.length === 0) continue;
    const { results: found, unsettled } = await deleteNamed(stores.db, actor, repository.name, part);
    await settleAfter(stores, repository, actor, unsettled);
    for (const [name, result] of found) results.set(name, result);
  }
  const unknown = companions.filter((name) => results.get(name) === "unknown");
  if (others.length > 0 && unknown.length > 0) {
    for (const name of await findResting(stores.db, repository.id, unknown)) results.set(name, "deleted");
  }
  return results;
}

/**
 * The same for one.
 *
 * @param precondition must hold for it.
 * @returns whether there was one.
 * @throws RegistryError TAG_IMMUTABLE when a rule keeps it, PRECONDITION_FAILED.
 */
export async function deleteTag(
  stores: Stores,
  actor: Actor,
  repository: Repository,
  tag: Tag,
  precondition?: Precondition,
): Promise<boolean> {
  const { outcome, unsettled } = await deleteOne(stores.db, actor, repository.name, tag, precondition);
  if (outcome === "immutable") throw immutableTags([tag]);
  if (outcome === "precondition-failed") throw failedPrecondition(tag);
  await settleAfter(stores, repository, actor, unsettled);
  return outcome === "deleted";
}
