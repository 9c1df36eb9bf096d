/** Quotas of accounts and organizations: who may see and set them (docs/quotas.md). */
import type { Versions } from "../../kernel/precondition.ts";
import type { Manager } from "../../model/rights/access.ts";
import type { CommonChanges, QuotaChanges, QuotaHolder, QuotaLimits, Quotas } from "../../kernel/quotas.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { findOrganizationFacts } from "../../storage/rights/access.ts";
import { readCommonLimits, readQuotas, saveLimits } from "../../storage/quotas/quotas.ts";
import type { Stores } from "../../storage/stores.ts";
import { getAccount } from "../accounts/accounts.ts";
import { actorOf, type Call } from "../call.ts";
import {
  requireAdministrator,
  requireOperator,
  requireOrganization,
  unknownOrganization,
} from "../rights/management.ts";
import { unlessChanged } from "../versions.ts";

/** The quotas of an organization, for those who have a right to all of its images, and for operators. */
export async function getOrganizationQuotas(call: Call<Manager>, name: OrganizationName): Promise<Quotas> {
  const { role } = call.caller.user;
  const { id } =
    role === "operator" ? await findOrganization(call.stores, name) : await requireOrganization(call, name, "read");
  return readQuotas(call.stores.db, "organization", id);
}

/** The quotas of an account, for its administrators and for operators. */
export async function getAccountQuotas(call: Call<Manager>, name: string): Promise<Quotas> {
  const { id } = await getAccount(call, name);
  if (call.caller.user.role !== "operator") requireAdministrator(call, id);
  return readQuotas(call.stores.db, "account", id);
}

/** The limits of all accounts and organizations that have none of their own: operators only. */
export async function getCommonLimits(call: Call<Manager>): Promise<Record<QuotaHolder, QuotaLimits>> {
  requireOperator(call);
  return readCommonLimits(call.stores.db);
}

/** Gives an organization limits of its own, or takes them away: operators only. */
export async function setOrganizationLimits(
  call: Call<Manager>,
  name: OrganizationName,
  changes: QuotaChanges,
  versions?: Versions,
): Promise<Quotas> {
  requireOperator(call);
  const { id, accountId } = await findOrganization(call.stores, name);
  const of = { holder: "organization", id, name, accountId } as const;
  const saving = saveLimits(call.stores.db, actorOf(call), [{ of, changes }], versions);
  await unlessChanged(`the quota of organization ${name}`, saving);
  return readQuotas(call.stores.db, "organization", id);
}

/** The same for an account. */
export async function setAccountLimits(
  call: Call<Manager>,
  name: string,
  changes: QuotaChanges,
  versions?: Versions,
): Promise<Quotas> {
  requireOperator(call);
  const { id } = await getAccount(call, name);
  const of = { holder: "account", id, name, accountId: id } as const;
  const saving = saveLimits(call.stores.db, actorOf(call), [{ of, changes }], versions);
  await unlessChanged(`the quota of account ${name}`, saving);
  return readQuotas(call.stores.db, "account", id);
}

/** Sets the limits of all that have none of their own: operators only. */
export async function setCommonLimits(
  call: Call<Manager>,
  changes: { [H in QuotaHolder]?: CommonChanges | undefined },
  versions?: Versions,
): Promise<Record<QuotaHolder, QuotaLimits>> {
  requireOperator(call);
  const { organization = {}, account = {} } = changes;
  const all = [
    { of: { holder: "organization", name: "default quotas" }, changes: organization },
    { of: { holder: "account", name: "default quotas" }, changes: account },
  ] as const;
  await unlessChanged("the default quotas", saveLimits(call.stores.db, actorOf(call), all, versions));
  return readCommonLimits(call.stores.db);
}

async function findOrganization(stores: Stores, name: OrganizationName) {
  const { organization } = await findOrganizationFacts(stores.db, undefined, name);
  if (!organization) throw unknownOrganization(name);
  return organization;
}
