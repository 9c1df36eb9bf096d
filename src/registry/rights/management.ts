/** Who may manage what, for the management APIs. What the caller may not know of is refused as what does not exist. */
import {
  administers,
  type Caller,
  isAtLeast,
  type Level,
  levelOf,
  type Manager,
  type OrganizationFacts,
  organizationLevelOf,
  type User,
  type Visitor,
} from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import type { OrganizationName, RepositoryName } from "../../kernel/reference.ts";
import { findAccessFacts, findOrganizationFacts } from "../../storage/rights/access.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Call } from "../call.ts";
import { upstreamOnly } from "./push-refusals.ts";

export interface RepositoryAccess {
  id: number;
  name: RepositoryName;
  organization: OrganizationFacts;
  isPublic: boolean;
  level: Level;
  /** Whether the level comes from the organization's own account, not from sharing or because the image is public. */
  isOwn: boolean;
}

/**
 * A repository that the caller may treat so.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN when there is none, or none that the caller may know of: the answer does not
 * tell which. DENIED when the caller's right does not reach that far.
 */
export async function requireRepository(
  { stores, caller }: Call<Visitor>,
  name: RepositoryName,
  wanted: Level,
): Promise<RepositoryAccess> {
  const facts = await findAccessFacts(stores.db, caller.user, name);
  const level = levelOf(caller.user, facts, stores.settings.allowsAnonymousPull);
  if (!level || !facts.organization || !facts.repository?.isImage) {
    throw unknownImage(name);
  }
  if (!isAtLeast(level, wanted)) throw denied(caller, wanted, name);
  const isOwn =
    administers(caller.user, facts.organization.accountId) ||
    (caller.user?.accountId === facts.organization.accountId &&
      (facts.organizationLevel !== undefined || facts.repositoryLevel !== undefined));
  return { ...facts.repository, name, organization: facts.organization, level, isOwn };
}

export function unknownImage(name: RepositoryName): RegistryError {
  return new RegistryError("REPOSITORY_UNKNOWN", { message: `image ${name} does not exist`, detail: { name } });
}

/**
 * The same for a repository of the caller's own account: that others may pull it, because it is shared or public, does
 * not let them see who else may.
 */
export async function requireOwnRepository(
  call: Call<Manager>,
  name: RepositoryName,
  wanted: Level,
): Promise<RepositoryAccess> {
  const repository = await requireRepository(call, name, wanted);
  if (!repository.isOwn) throw denied(call.caller, wanted, name);
  return repository;
}

export interface OrganizationAccess extends OrganizationFacts {
  name: OrganizationName;
  level: Level;
}

/**
 * That images of an organization, or their tags, may be made by hand.
 *
 * @throws RegistryError DENIED where it stands for a registry elsewhere, from which alone they come.
 */
export function requireOwnImages(name: OrganizationName, { upstream }: OrganizationFacts): void {
  if (!upstream) return;
  throw earlyRefusal("DENIED", upstreamOnly(name), { detail: { name } });
}

/** @throws RegistryError as {@link requireRepository}, with ORGANIZATION_UNKNOWN. */
export async function requireOrganization(
  { stores, caller }: Call<Manager>,
  name: OrganizationName,
  wanted: Level,
): Promise<OrganizationAccess> {
  const facts = await findOrganizationFacts(stores.db, caller.user, name);
  const level = organizationLevelOf(caller.user, facts);
  if (!level || !facts.organization) {
    throw unknownOrganization(name);
  }
  if (!isAtLeast(level, wanted)) throw denied(caller, wanted, name);
  return { ...facts.organization, name, level };
}

/**
 * Whether a user has a right to an organization as a whole at this moment, for what acts later in that user's name.
 *
 * @param user undefined if the user was deleted meanwhile; the answer is then no.
 */
export async function hasOrganizationRight(
  stores: Stores,
  user: User | undefined,
  name: OrganizationName,
  wanted: Level,
): Promise<boolean> {
  if (!user) return false;
  return isAtLeast(organizationLevelOf(user, await findOrganizationFacts(stores.db, user, name)), wanted);
}

export function unknownOrganization(name: OrganizationName): RegistryError {
  return new RegistryError("ORGANIZATION_UNKNOWN", {
    message: `organization ${name} does not exist`,
    detail: { namespace: name },
  });
}

/** @throws RegistryError DENIED unless the caller administers the account. */
export function requireAdministrator({ caller: { user } }: Call<Manager>, accountId: number): User {
  if (administers(user, accountId)) return user;
  throw earlyRefusal("DENIED", reason("ADMINISTRATORS_ONLY"));
}

/** @throws RegistryError DENIED unless the caller is an operator. */
export function requireOperator({ caller: { user } }: Call<Manager>): User {
  if (user.role === "operator") return user;
  throw earlyRefusal("DENIED", reason("OPERATORS_ONLY"));
}

/**
 * Restricts a query of the audit to what the caller may see: an operator sees everything, an administrator the events of the
 * account, a member what they did themselves and what concerns an organization that they manage.
 *
 * @returns the conditions to add to what they ask for.
 * @throws RegistryError DENIED, or as {@link requireOrganization}.
 */
export async function requireAuditAccess(
  call: Call<Manager>,
  wanted: {
    organization?: OrganizationName | undefined;
    userName?: string | undefined;
    accountName?: string | undefined;
  },
): Promise<{ accountId?: number; userId?: number; userName?: string }> {
  const { user } = call.caller;
  if (user.role === "operator") return {};
  if (wanted.accountName !== undefined && wanted.accountName !== user.accountName) {
    throw earlyRefusal("DENIED", reason("OTHER_AUDITS"));
  }
  if (administers(user, user.accountId)) return { accountId: user.accountId };
  const { organization, userName = organization === undefined ? user.name : undefined } = wanted;
  if (userName === user.name) return { userId: user.id, userName };
  if (organization === undefined) {
    throw earlyRefusal("DENIED", reason("OWN_AUDIT_ONLY"));
  }
  const { accountId } = await requireOrganization(call, organization, "manage");
  return { accountId };
}

const MAY_NOT = { read: "MAY_NOT_READ", edit: "MAY_NOT_EDIT", manage: "MAY_NOT_MANAGE" } as const;

function denied(caller: Caller, wanted: Level, name: string): RegistryError {
  const user = caller.user?.name ?? reason("ANONYMOUS");
  return earlyRefusal("DENIED", reason(MAY_NOT[wanted], { user, name }), { detail: { name } });
}
