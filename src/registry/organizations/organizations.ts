/** Organizations, which keep the images of an account apart (guide 5). */
import { isAdministrator, type Level, type Manager, type User } from "../../model/rights/access.ts";
import { counted } from "../../kernel/counted.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { isNameResting } from "../../storage/organizations/new-organizations.ts";
import * as storage from "../../storage/organizations/organizations.ts";
import { deletedAccount } from "../accounts/accounts.ts";
import { type Call, actorOf } from "../call.ts";
import { cleanSoon, cleanUpAfterwards } from "../deletion/cleanups.ts";
import { requireOrganization, unknownOrganization } from "../rights/management.ts";

/** An organization, as it is shown to a user who has a right to it or to some of its images. */
export interface Organization extends storage.Organization {
  level: Level;
}

/**
 * Creates an organization in the caller's account, which the caller then manages.
 *
 * @throws RegistryError ORGANIZATION_EXISTS, also when another account has it: names are unique over the deployment
 * (guide 7.1.6); ORGANIZATION_QUOTA_EXCEEDED.
 */
export async function createOrganization(call: Call<Manager>, name: OrganizationName): Promise<void> {
  const { db, settings } = call.stores;
  const actor = actorOf(call);
  const quota = settings.organizationQuota;
  const { outcome } = await storage.createOrganization(db, actor, name, quota);
  if (outcome === "created") return;
  if (outcome === "account-gone") throw deletedAccount();
  const detail = { namespace: name };
  if (await storage.organizationExists(db, name)) {
    throw refusal("ORGANIZATION_EXISTS", reason("ORGANIZATION_EXISTS", { name }), { field: "name", detail });
  }
  if (await isNameResting(db, actor.user, name)) {
    throw refusal("ORGANIZATION_EXISTS", reason("ORGANIZATION_NAME_RESTS", { name }), { field: "name", detail });
  }
  const message = `${actor.user.name} has created ${counted(quota, "organization")}, and more are not allowed`;
  throw new RegistryError("ORGANIZATION_QUOTA_EXCEEDED", { message, detail });
}

/** SWR's list of organizations has no pages. */
export const MAX_LISTED_ORGANIZATIONS = 10_000;

/** The organizations of the caller's account that the caller has a right to, by name: the first of them. */
export async function listOrganizations(
  call: Call<Manager>,
  filter: storage.OrganizationFilter,
): Promise<Organization[]> {
  const user = call.caller.user;
  const found = await storage.listOrganizations(call.stores.nearby, user, filter, MAX_LISTED_ORGANIZATIONS);
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
  call: Call<Manager>,
  filter: Omit<storage.OrganizationFilter, "withImages">,
  page: storage.OrganizationPage,
) {
  const user = call.caller.user;
  const { rows, end } = await storage.searchOrganizations(
    call.stores.nearby,
    user,
    { ...filter, withImages: true },
    page,
  );
  return { rows: rows.map((organization) => asVisible(user, organization)), end };
}

function asVisible(user: User, organization: storage.Organization): VisibleOrganization {
  return isAdministrator(user) ? { ...organization, level: "manage" } : organization;
}

/** An organization in which the caller has any right, if only to one of its images. */
export async function getOrganization(call: Call<Manager>, name: OrganizationName): Promise<VisibleOrganization> {
  const user = call.caller.user;
  const [organization] = await storage.listOrganizations(call.stores.db, user, { name, withImages: true }, 1);
  if (!organization) throw unknownOrganization(name);
  return asVisible(user, organization);
}

export async function showOrganization(call: Call<Manager>, name: OrganizationName): Promise<Organization> {
  await requireOrganization(call, name, "read");
  const [organization] = await listOrganizations(call, { name, withImages: false });
  if (!organization) throw unknownOrganization(name);
  return organization;
}

export async function deleteOrganization(call: Call<Manager>, name: OrganizationName): Promise<void> {
  await requireOrganization(call, name, "manage");
  const deletion = await storage.deleteOrganization(call.stores.db, actorOf(call), name);
  if (deletion.outcome === "unknown") throw unknownOrganization(name);
  if (deletion.outcome === "not-empty") {
    const message = `organization ${name} still has images: delete them first`;
    throw new RegistryError("ORGANIZATION_NOT_EMPTY", { message, detail: { namespace: name } });
  }
  await cleanSoon({ kind: "organization", targetId: deletion.id }, call.stores);
  call.after(() => cleanUpAfterwards(call.stores));
}
