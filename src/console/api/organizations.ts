/** Organizations, which keep the images of an account apart (guide 5). */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { components } from "./schema.d.ts";

export type Organization = components["schemas"]["Organization"];

const LIST = "/api/organizations";
const ONE = "/api/organizations/{organization}";
const USAGE = "/api/organizations/{organization}/usage";
const QUOTAS = "/v2/manage/projects/{project_id}/quotas";

const PAGE = 50;

/** The organizations that one has a right to, or to some image of which one has, by name. */
export function useOrganizations(search: string) {
  const query = { limit: PAGE, ...(search !== "" && { search }) };
  return useCursorList({
    queryKey: [LIST, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(LIST, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: organizationsOf,
  });
}

function organizationsOf(page: components["schemas"]["OrganizationPage"]): readonly Organization[] {
  return page.organizations;
}

/** One of them. */
export function useOrganization(organization: string) {
  return useQuery({
    queryKey: [ONE, { organization }],
    queryFn: async ({ signal }) => unwrap(await api.GET(ONE, { params: { path: { organization } }, signal })),
  });
}

/** How much an organization takes up, for who has a right to all of its images. */
export function useOrganizationUsage(organization: string) {
  return useQuery({
    queryKey: [USAGE, { organization }],
    queryFn: async ({ signal }) => unwrap(await api.GET(USAGE, { params: { path: { organization } }, signal })),
  });
}

/** How many organizations one has created, and may create (guide 1.5). */
export function useOrganizationQuota() {
  // Any project is as good as another: the registry has none.
  const path = { project_id: "berth" };
  return useQuery({
    queryKey: [QUOTAS, path],
    queryFn: async ({ signal }) => {
      const { quotas } = unwrap(await api.GET(QUOTAS, { params: { path }, signal }));
      const quota = quotas.find(({ quota_key: key }) => key === "namespace");
      return quota ? { used: quota.used, limit: quota.quota_limit } : null;
    },
  });
}

/** Creates an organization, and deletes one that has no images. */
export function useOrganizationChanges() {
  const client = useQueryClient();
  const onSuccess = () =>
    Promise.all([client.invalidateQueries({ queryKey: [LIST] }), client.invalidateQueries({ queryKey: [QUOTAS] })]);
  const create = useMutation({
    mutationFn: async (namespace: string) => {
      unwrap(await api.POST("/v2/manage/namespaces", { body: { namespace } }));
    },
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: async (namespace: string) => {
      unwrap(await api.DELETE("/v2/manage/namespaces/{namespace}", { params: { path: { namespace } } }));
    },
    onSuccess,
  });
  return { create, remove };
}
