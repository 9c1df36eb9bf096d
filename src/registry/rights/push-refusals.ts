/** Why somebody may not push, in a sentence that tells what would help (guide 7.3.2). */
import { type Action, isMemberOfAccount, type PushFacts, type User } from "../../model/rights/access.ts";
import { EARLY_REASONS } from "../../kernel/early-reasons.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { fillIn, type Reason, reason } from "../../kernel/reasons.ts";
import {
  type OrganizationName,
  organizationOf,
  parseRepositoryName,
  type RepositoryName,
} from "../../kernel/reference.ts";
import { findAccessFacts } from "../../storage/rights/access.ts";
import type { Stores } from "../../storage/stores.ts";

const VERBS: Record<Action | "*", string> = {
  pull: "pull from",
  push: "push to",
  delete: "delete from",
  "*": "list the",
};

/**
 * The refusal of what a user may not do over the registry API.
 *
 * @param target what it would be done to; `detail` of the refusal.
 */
export async function deniedAction(
  stores: Stores,
  user: User,
  action: Action | "*",
  { type, name, detail }: { type: string; name: string; detail: { name: string } | { scope: string } },
): Promise<RegistryError> {
  const why = type === "repository" ? await explainRefusal(stores, user, action, name) : undefined;
  const message = `you do not have the permission: ${user.name} may not ${VERBS[action]} ${name}`;
  return new RegistryError("DENIED", { message: why ? `${message}: ${why}` : message, detail });
}

/** Nothing that creating the organization would not tell as well: names are unique over the deployment. */
async function explainRefusal(stores: Stores, user: User, action: string, name: string): Promise<string | undefined> {
  const repository = action === "push" ? repositoryNameOf(name) : undefined;
  if (!repository) return undefined;
  const facts = await findAccessFacts(stores.db, user, repository);
  const { organization } = facts;
  const quoted = `organization ${organizationOf(repository)}`;
  if (!organization) return reasonNotToCreate(stores.settings, user, organizationOf(repository), facts);
  if (organization.accountId !== user.accountId) return `the name of ${quoted} is taken by another account`;
  if (organization.upstream) return fillIn(EARLY_REASONS, upstreamOnly(organizationOf(repository)));
  return `no right to push there; the managers of ${quoted} can grant it`;
}

/** Why nobody may push to an organization that stands for a registry elsewhere. */
export function upstreamOnly(organization: OrganizationName): Reason<"UPSTREAM_ONLY"> {
  return reason("UPSTREAM_ONLY", { organization });
}

/** Why a push creates no organization for somebody, where there is none; undefined when it does. */
export function reasonNotToCreate(
  settings: Stores["settings"],
  user: User,
  name: OrganizationName,
  { isNameResting, createdOrganizations: created }: PushFacts,
): string | undefined {
  if (!settings.createsOrganizationOnPush) return "the organization does not exist, and a push creates none here";
  if (!isMemberOfAccount(user)) return "the organization does not exist, and a job creates none";
  if (isNameResting) return `organization ${name} was another account's until a moment ago`;
  if (created < settings.organizationQuota) return undefined;
  return `the organization does not exist, and ${user.name} has created ${created} of at most ${settings.organizationQuota}`;
}

/** The repository that a scope names; undefined for what cannot be the name of one. */
export function repositoryNameOf(name: string): RepositoryName | undefined {
  try {
    return parseRepositoryName(name);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
