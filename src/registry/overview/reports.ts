/** How much an account has and moves: what SWR's overview, quotas and reports tell. */
import { administers, type Manager } from "../../model/rights/access.ts";
import { dayOf, type DayValue, fillDays, lastDays } from "../../kernel/day.ts";
import { QUOTA_RESOURCES, type QuotaLimit, type QuotaResource } from "../../kernel/quotas.ts";
import { countCreatedOrganizations } from "../../storage/organizations/new-organizations.ts";
import { readQuotas } from "../../storage/quotas/quotas.ts";
import { countOrganizations, listPulledBytes, listStoredBytes } from "../../storage/overview/reports.ts";
import { type ImageTotals, totalsOf } from "../../storage/quotas/totals.ts";
import { requireAdministrator } from "../rights/management.ts";
import type { Call } from "../call.ts";

/** How many days a report goes back, the running one included. */
export const REPORT_DAYS = 30;

/** The caller's quotas: the number of organizations, and what the account stores. */
export interface OwnQuota {
  resource: QuotaResource | "organizations";
  used: number;
  limit: QuotaLimit;
}

/** How many organizations the caller has created, and may create; to an administrator also the quotas of the account. */
export async function listQuotas(call: Call<Manager>): Promise<OwnQuota[]> {
  const user = call.caller.user;
  const [created, account] = await Promise.all([
    countCreatedOrganizations(call.stores.nearby, user.id),
    administers(user, user.accountId) ? readQuotas(call.stores.nearby, "account", user.accountId) : undefined,
  ]);
  return [
    { resource: "organizations", used: created, limit: call.stores.settings.organizationQuota },
    ...(account ? QUOTA_RESOURCES.map((resource) => ({ resource, ...account[resource] })) : []),
  ];
}

export interface Overview extends ImageTotals {
  account: { id: number; name: string };
  organizations: number;
  /** Over the days of a report. */
  pulledBytes: number;
}

/** The caller's account in numbers; for a member, those of the organizations and images that they have a right to. */
export async function getOverview(call: Call<Manager>): Promise<Overview> {
  const user = call.caller.user;
  const [organizations, totals, pulled] = await Promise.all([
    countOrganizations(call.stores.nearby, user),
    totalsOf(call.stores.nearby, user),
    reportPulledBytes(call),
  ]);
  return {
    account: { id: user.accountId, name: user.accountName },
    organizations,
    ...totals,
    pulledBytes: pulled.reduce((total, { value }) => total + value, 0),
  };
}

/** Bytes pulled on each day, from the images that the caller has a right to by account or permission. */
export async function reportPulledBytes(call: Call<Manager>): Promise<DayValue[]> {
  const user = call.caller.user;
  const days = lastDays(new Date(), REPORT_DAYS);
  return fillDays(days, await listPulledBytes(call.stores.nearby, user, firstOf(days)), false);
}

/**
 * Bytes stored at the end of each day, on the running one now. What a member has a right to may be very many images, whose
 * days are not added up: each image and organization tells its own (`daily-usage.ts`).
 */
export async function reportStoredBytes(call: Call<Manager>): Promise<DayValue[]> {
  const user = requireAdministrator(call, call.caller.user.accountId);
  const now = new Date();
  const days = lastDays(now, REPORT_DAYS);
  const [past, { storedBytes }] = await Promise.all([
    listStoredBytes(call.stores.nearby, user.accountId, firstOf(days)),
    totalsOf(call.stores.nearby, user),
  ]);
  const today = dayOf(now);
  return fillDays(days, [...past.filter(({ day }) => day !== today), { day: today, value: storedBytes }], true);
}

function firstOf(days: readonly string[]): string {
  return days[0] ?? "";
}
