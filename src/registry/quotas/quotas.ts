/** Shares of what all accounts of a deployment store in: who may see them, and set them (docs/quotas.md). */
import type { Caller } from "../../model/rights/access.ts";
import type { CommonChanges, QuotaChanges, QuotaHolder, QuotaLimits, Quotas } from "../../kernel/quotas.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { findOrganizationFacts } from "../../storage/rights/access.ts";
import { readCommonLimits, readQuotas, saveLimits } from "../../storage/quotas/quotas.ts";
import type { Stores } from "../../storage/stores.ts";
import { getAccount } from "../accounts/accounts.ts";
import {
  actorOf,
  requireAccountUser,
  requireAdministrator,
  requireOperator,
  requireOrganization,
  unknownOrganization,
} from "../rights/access.ts";

/**
 * The quotas of an organization, for those who have a right to all of its images, and for operators.
 *
 * @throws RegistryError ORGANIZATION_UNKNOWN.
 */
export async function getOrganizationQuotas(stores: Stores, caller: Caller, name: OrganizationName): Promise<Quotas> {
  const { role } = requireAccountUser(caller);
  const { id } =
    role === "operator"
      ? await findOrganization(stores, name)
      : await requireOrganization(stores, caller, name, "read");
  return readQuotas(stores.db, "organization", id);
}

/**
 * The quotas of an account, for its administrators and for operators.
 *
 * @throws RegistryError ACCOUNT_UNKNOWN, DENIED.
 */
export async function getAccountQuotas(stores: Stores, caller: Caller, name: string): Promise<Quotas> {
  const { id } = await getAccount(stores, caller, name);
  if (requireAccountUser(caller).role !== "operator") requireAdministrator(caller, id);
  return readQuotas(stores.db, "account", id);
}

/** The limits of all accounts and organizations that have none of their own: operators only. */
export async function getCommonLimits(stores: Stores, caller: Caller): Promise<Record<QuotaHolder, QuotaLimits>> {
  requireOperator(caller);
  return readCommonLimits(stores.db);
}

/**
 * Gives an organization limits of its own, or takes them away: operators only.
 *
 * @throws RegistryError DENIED, ORGANIZATION_UNKNOWN.
 */
export async function setOrganizationLimits(
  stores: Stores,
  caller: Caller,
  name: OrganizationName,
  changes: QuotaChanges,
): Promise<Quotas> {
  requireOperator(caller);
  const { id, accountId } = await findOrganization(stores, name);
  const of = { holder: "organization", id, name, accountId } as const;
  await saveLimits(stores.db, actorOf(caller), [{ of, changes }]);
  return readQuotas(stores.db, "organization", id);
}

/**
 * The same for an account.
 *
 * @throws RegistryError DENIED, ACCOUNT_UNKNOWN.
 */
export async function setAccountLimits(
  stores: Stores,
  caller: Caller,
  name: string,
  changes: QuotaChanges,
): Promise<Quotas> {
  requireOperator(caller);
  const { id } = await getAccount(stores, caller, name);
  const of = { holder: "account", id, name, accountId: id } as const;
  await saveLimits(stores.db, actorOf(caller), [{ of, changes }]);
  return readQuotas(stores.db, "account", id);
}

/** Sets the limits of all that have none of their own: operators only. */
export async function setCommonLimits(
  stores: Stores,
  caller: Caller,
  changes: { [H in QuotaHolder]?: CommonChanges | undefined },
): Promise<Record<QuotaHolder, QuotaLimits>> {
  requireOperator(caller);
  const { organization = {}, account = {} } = changes;
  await saveLimits(stores.db, actorOf(caller), [
    { of: { holder: "organization", name: "default quotas" }, changes: organization },
    { of: { holder: "account", name: "default quotas" }, changes: account },
  ]);
  return readCommonLimits(stores.db);
}

async function findOrganization(stores: Stores, name: OrganizationName) {
  const { organization } = await findOrganizationFacts(stores.db, undefined, name);
  if (!organization) throw unknownOrganization(name);
  return organization;
}
