/** Kubernetes clusters of an organization, whose workloads triggers update. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf, queries } from "./client.ts";

export type Cluster = components["schemas"]["Cluster"];
export type NewCluster = components["schemas"]["NewCluster"];
export type ClusterChanges = components["schemas"]["ClusterChanges"];
export type ClusterUse = components["schemas"]["ClusterUse"];

const CLUSTERS = "/api/organizations/{organization}/clusters";
const CLUSTER = `${CLUSTERS}/{cluster}` as const;

/** All clusters, by name, for who may edit the organization. */
export function useClusters(organization: string, { isEnabled = true } = {}) {
  return queries.useQuery(
    "get",
    CLUSTERS,
    { params: { path: { organization } } },
    { select: ({ clusters }) => clusters, enabled: isEnabled },
  );
}

/** What one can do with an organization's clusters. */
export function useClusterChanges(organization: string) {
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: keyOf(CLUSTERS, { organization }) });
  const add = useMutation({
    mutationFn: async (body: NewCluster) =>
      unwrap(await api.POST(CLUSTERS, { params: { path: { organization } }, body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ cluster, changes }: { cluster: string; changes: ClusterChanges }) =>
      unwrap(await api.PATCH(CLUSTER, { params: { path: { organization, cluster } }, body: changes })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async (cluster: string) =>
      unwrap(await api.DELETE(CLUSTER, { params: { path: { organization, cluster } } })),
    onSettled,
  });
  return { add, change, remove };
}

/** Tries a cluster out, changing nothing there. */
export function useClusterTest(organization: string) {
  return useMutation({
    mutationFn: async ({ cluster, use }: { cluster: string; use: ClusterUse }) =>
      unwrap(await api.POST(`${CLUSTER}/test`, { params: { path: { organization, cluster } }, body: use })),
  });
}
