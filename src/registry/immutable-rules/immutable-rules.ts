/** Tags that are neither overwritten nor deleted until somebody lifts the rule that keeps them, administrators included. */
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import { MAX_TAG_PATTERNS } from "../../kernel/field-limits.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import type { TagPattern } from "../../model/tag-pattern.ts";
import {
  deleteImmutableTagRule,
  type ImmutableTagRule,
  insertImmutableTagRule,
  listImmutableTagRules,
} from "../../storage/immutable-rules/immutable-rules.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOwnRepository } from "../rights/management.ts";

export type { ImmutableTagRule };

export async function listRules(call: Call<Manager>, name: RepositoryName): Promise<ImmutableTagRule[]> {
  const { id } = await requireOwnRepository(call, name, "read");
  return listImmutableTagRules(call.stores.db, id);
}

/** Sets a rule. It keeps the tags that are there already as well. */
export async function addRule(
  call: Call<Manager>,
  name: RepositoryName,
  pattern: TagPattern,
): Promise<ImmutableTagRule> {
  const repository = await requireOwnRepository(call, name, "manage");
  const created = await insertImmutableTagRule(call.stores.db, actorOf(call), repository, pattern);
  if (created) return created;
  // The image may have gone meanwhile.
  const rules = await listRules(call, name);
  if (rules.length >= MAX_TAG_PATTERNS && !rules.some((rule) => rule.pattern === pattern)) {
    throw earlyRefusal("PARAMETER_INVALID", reason("TOO_MANY_IMMUTABLE_RULES", { max: MAX_TAG_PATTERNS }));
  }
  const why = reason("IMMUTABLE_RULE_EXISTS", { image: name, pattern });
  throw earlyRefusal("IMMUTABLE_RULE_EXISTS", why, { field: "pattern", detail: { pattern } });
}

export async function removeRule(call: Call<Manager>, name: RepositoryName, id: number): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  if (await deleteImmutableTagRule(call.stores.db, actorOf(call), repository, id)) return;
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
