/** Organizations, which keep the images of an account apart (guide 5). */
import { type Caller, isAdministrator, type Level, type User } from "../../model/rights/access.ts";
import { counted } from "../../kernel/counted.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import * as storage from "../../storage/organizations/organizations.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, requireAccountUser, requireOrganization, unknownOrganization } from "../rights/access.ts";
import { deletedAccount } from "../accounts/accounts.ts";
import { cleanSoon } from "../deletion/cleanups.ts";

/** An organization as somebody sees it who has a right to it or to some of its images. */
export interface Organization extends storage.Organization {
  level: Level;
}

/**
 * Creates an organization in the caller's account, which the caller then manages.
 *
 * @throws RegistryError ORGANIZATION_EXISTS, also when another account has it: names are unique over the deployment
 * (guide 7.1.6); ORGANIZATION_QUOTA_EXCEEDED.
 */
export async function createOrganization(stores: Stores, caller: Caller, name: OrganizationName): Promise<void> {
  const { db, settings } = stores;
  const actor = actorOf(caller);
  const quota = settings.organizationQuota;
  const { outcome } = await storage.createOrganization(db, actor, name, quota);
  if (outcome === "created") return;
  if (outcome === "account-gone") throw deletedAccount();
  const detail = { namespace: name };
  if (await storage.organizationExists(db, name)) {
    const message = `organization ${name} exists already, perhaps in another account: choose another name`;
    throw new RegistryError("ORGANIZATION_EXISTS", { message, detail });
  }
  if (await storage.isNameResting(db, actor.user, name)) {
    const message = `organization ${name} was another account's until a moment ago: choose another name, or try again later`;
    throw new RegistryError("ORGANIZATION_EXISTS", { message, detail });
  }
  const message = `${actor.user.name} has created ${counted(quota, "organization")}, and more are not allowed`;
  throw new RegistryError("ORGANIZATION_QUOTA_EXCEEDED", { message, detail });
}

/** SWR's list of organizations has no pages. */
export const MAX_LISTED_ORGANIZATIONS = 10_000;

/** The organizations of the caller's account that the caller has a right to, by name: the first of them. */
export async function listOrganizations(
  { db }: Stores,
  caller: Caller,
  filter: storage.OrganizationFilter,
): Promise<Organization[]> {
  const user = requireAccountUser(caller);
  const found = await storage.listOrganizations(db, user, filter, MAX_LISTED_ORGANIZATIONS);
  return found.map((organization) => ({ ...organization, level: shownLevel(user, organization) }));
}

/** An organization that is listed for its images only counts as one to read from. */
function shownLevel(user: User, { level }: storage.Organization): Level {
  return isAdministrator(user) ? "manage" : (level ?? "read");
}

/** An organization as its page shows it. */
export interface VisibleOrganization extends storage.Organization {
  /** Undefined: a right to single images only. */
  level: Level | undefined;
}

/** One page of the organizations of the caller's account that the caller has any right in, by name. */
export async function searchOrganizations(
  { db }: Stores,
  caller: Caller,
  filter: Omit<storage.OrganizationFilter, "withImages">,
  page: storage.OrganizationPage,
) {
  const user = requireAccountUser(caller);
  const { rows, end } = await storage.searchOrganizations(db, user, { ...filter, withImages: true }, page);
  return { rows: rows.map((organization) => asVisible(user, organization)), end };
}

function asVisible(user: User, organization: storage.Organization): VisibleOrganization {
  return isAdministrator(user) ? { ...organization, level: "manage" } : organization;
}

/**
 * An organization in which the caller has any right, if only to one of its images.
 *
 * @throws RegistryError ORGANIZATION_UNKNOWN.
 */
export async function getOrganization(
  stores: Stores,
  caller: Caller,
  name: OrganizationName,
): Promise<VisibleOrganization> {
  const user = requireAccountUser(caller);
  const [organization] = await storage.listOrganizations(stores.db, user, { name, withImages: true }, 1);
  if (!organization) throw unknownOrganization(name);
  return asVisible(user, organization);
}

/** @throws RegistryError ORGANIZATION_UNKNOWN. */
export async function showOrganization(stores: Stores, caller: Caller, name: OrganizationName): Promise<Organization> {
  await requireOrganization(stores, caller, name, "read");
  const [organization] = await listOrganizations(stores, caller, { name, withImages: false });
  if (!organization) throw unknownOrganization(name);
  return organization;
}

/** @throws RegistryError ORGANIZATION_UNKNOWN, DENIED, or ORGANIZATION_NOT_EMPTY while it has images. */
export async function deleteOrganization(stores: Stores, caller: Caller, name: OrganizationName): Promise<void> {
  await requireOrganization(stores, caller, name, "manage");
  const deletion = await storage.deleteOrganization(stores.db, actorOf(caller), name);
  if (deletion.outcome === "unknown") throw unknownOrganization(name);
  if (deletion.outcome === "not-empty") {
    const message = `organization ${name} still has images: delete them first`;
    throw new RegistryError("ORGANIZATION_NOT_EMPTY", { message, detail: { namespace: name } });
  }
  await cleanSoon({ kind: "organization", targetId: deletion.id }, stores);
}
