/** Organizations, which keep the images of an account apart (guide 5). */
import type { components } from "../../client/api/schema.d.ts";
import { useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

export type Organization = components["schemas"]["Organization"];

const LIST = "/api/organizations";
const ONE = "/api/organizations/{organization}";
const QUOTAS = "/api/quotas/own";

/** The organizations that one has a right to, or to some image of which one has, by name. */
export function useOrganizations(search: string) {
  return useCursorList(LIST, { query: { ...(search !== "" && { search }) } }, "organizations");
}

/** One of them. */
export function useOrganization(organization: string) {
  return queries.useQuery("get", ONE, { params: { path: { organization } } });
}

/** How much an organization takes up, for who has a right to all of its images. */
export function useOrganizationUsage(organization: string) {
  return queries.useQuery("get", `${ONE}/usage`, { params: { path: { organization } } });
}

/** How many organizations one has created, and may create (guide 1.5); null where there is no limit. */
export function useOrganizationQuota() {
  return queries.useQuery("get", QUOTAS, {}, { select: organizationQuotaOf });
}

function organizationQuotaOf({ quotas }: components["schemas"]["OwnQuotas"]) {
  const quota = quotas.find(({ resource }) => resource === "organizations");
  return quota && quota.limit !== null ? { used: quota.used, limit: quota.limit } : null;
}

/** Creates an organization, and deletes one that has no images. */
export function useOrganizationChanges() {
  const stale = [keyOf(LIST), keyOf(QUOTAS)];
  const create = useChange((name: string) => api.POST(LIST, { body: { name } }), ...stale);
  const remove = useChange((organization: string) => api.DELETE(ONE, { params: { path: { organization } } }), ...stale);
  return { create, remove };
}
