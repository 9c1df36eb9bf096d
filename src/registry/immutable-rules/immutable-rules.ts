/** Tags that are neither overwritten nor deleted until somebody lifts the rule that keeps them, administrators included. */
import type { Caller } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_TAG_PATTERNS } from "../../kernel/field-limits.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import type { TagPattern } from "../../model/tag-pattern.ts";
import {
  deleteImmutableTagRule,
  type ImmutableTagRule,
  insertImmutableTagRule,
  listImmutableTagRules,
} from "../../storage/immutable-rules/immutable-rules.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, requireAccountUser, requireOwnRepository } from "../rights/access.ts";

export type { ImmutableTagRule };

/** @throws RegistryError REPOSITORY_UNKNOWN, or DENIED for who may pull it only because it is shared or public. */
export async function listRules(stores: Stores, caller: Caller, name: RepositoryName): Promise<ImmutableTagRule[]> {
  requireAccountUser(caller);
  const { id } = await requireOwnRepository(stores, caller, name, "read");
  return listImmutableTagRules(stores.db, id);
}

/**
 * Sets a rule. It keeps the tags that are there already as well.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, IMMUTABLE_RULE_EXISTS, or
 * PARAMETER_INVALID when the image has as many as it may have.
 */
export async function addRule(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  pattern: TagPattern,
): Promise<ImmutableTagRule> {
  requireAccountUser(caller);
  const repository = await requireOwnRepository(stores, caller, name, "manage");
  const created = await insertImmutableTagRule(stores.db, actorOf(caller), repository, pattern);
  if (created) return created;
  // The image may have gone meanwhile.
  const rules = await listRules(stores, caller, name);
  if (rules.length >= MAX_TAG_PATTERNS && !rules.some((rule) => rule.pattern === pattern)) {
    throw new RegistryError("PARAMETER_INVALID", `an image may have at most ${MAX_TAG_PATTERNS} immutable-tag rules`);
  }
  throw new RegistryError("IMMUTABLE_RULE_EXISTS", {
    message: `image ${name} has the immutable-tag rule ${pattern} already`,
    detail: { pattern },
  });
}

/** @throws RegistryError REPOSITORY_UNKNOWN, DENIED without the right to manage the image, or IMMUTABLE_RULE_UNKNOWN. */
export async function removeRule(stores: Stores, caller: Caller, name: RepositoryName, id: number): Promise<void> {
  requireAccountUser(caller);
  const repository = await requireOwnRepository(stores, caller, name, "manage");
  if (await deleteImmutableTagRule(stores.db, actorOf(caller), repository, id)) return;
  throw new RegistryError("IMMUTABLE_RULE_UNKNOWN", `image ${name} has no immutable-tag rule ${id}`);
}

/**
 * The refusal of what would move or delete tags that rules keep.
 *
 * @param tags the first of them; none, when the rule was lifted in this moment.
 */
export function immutableTags(tags: readonly Tag[]): RegistryError {
  const problems = tags.map((tag) => ({
    message: `tag ${tag} is immutable: a rule of the image keeps it from being overwritten or deleted`,
    detail: { tag },
  }));
  const lifted = { message: "an immutable tag was in the way, whose rule is gone: repeat the request" };
  return new RegistryError("TAG_IMMUTABLE", problems.length > 0 ? problems : lifted);
}
