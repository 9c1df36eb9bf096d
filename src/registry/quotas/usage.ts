/** What organizations take up. */
import type { Manager } from "../../model/rights/access.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { measureOrganization, type OrganizationUsage } from "../../storage/quotas/usage.ts";
import { requireOrganization } from "../rights/management.ts";
import type { Call } from "../call.ts";

export type { OrganizationUsage };

export async function getUsage(call: Call<Manager>, name: OrganizationName): Promise<OrganizationUsage> {
  const { id } = await requireOrganization(call, name, "read");
  return measureOrganization(call.stores.db, id);
}
