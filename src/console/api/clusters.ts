/** Kubernetes clusters of an organization, whose workloads triggers update. */
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
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
  const path = { organization };
  const stale = keyOf(CLUSTERS, path);
  const add = useChange((body: NewCluster) => api.POST(CLUSTERS, { params: { path }, body }), stale);
  const change = useChange(
    ({ cluster, changes, version }: { cluster: string; changes: ClusterChanges; version?: string | undefined }) =>
      api.PATCH(CLUSTER, { params: { path: { ...path, cluster } }, body: changes, ...ifUnchanged(version) }),
    stale,
  );
  const remove = useChange((cluster: string) => api.DELETE(CLUSTER, { params: { path: { ...path, cluster } } }), stale);
  return { add, change, remove };
}

/** Tries a cluster out, changing nothing there. */
export function useClusterTest(organization: string) {
  return useChange(({ cluster, use }: { cluster: string; use: ClusterUse }) =>
    api.POST(`${CLUSTER}/test`, { params: { path: { organization, cluster } }, body: use }),
  );
}
