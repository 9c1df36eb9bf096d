/** What organizations take up. */
import type { Caller } from "../../model/rights/access.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { Stores } from "../../storage/stores.ts";
import { measureOrganization, type OrganizationUsage } from "../../storage/quotas/usage.ts";
import { requireAccountUser, requireOrganization } from "../rights/access.ts";

export type { OrganizationUsage };

/** @throws RegistryError ORGANIZATION_UNKNOWN for whoever has no right to all of its images. */
export async function getUsage(stores: Stores, caller: Caller, name: OrganizationName): Promise<OrganizationUsage> {
  requireAccountUser(caller);
  const { id } = await requireOrganization(stores, caller, name, "read");
  return measureOrganization(stores.db, id);
}
