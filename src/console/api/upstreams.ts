/** The registry elsewhere that an organization stands for. */
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, ApiError, keyOf, queries } from "./client.ts";

export type Upstream = components["schemas"]["Upstream"];
export type UpstreamSetting = components["schemas"]["UpstreamSetting"];

const UPSTREAM = "/api/organizations/{organization}/upstream";
const IMAGES = "/api/images";

/** The registry, for who manages the organization; null when it stands for none. */
export function useUpstream(organization: string) {
  const { data, error, isPending, refetch } = queries.useQuery("get", UPSTREAM, { params: { path: { organization } } });
  const isNone = error instanceof ApiError && error.code === "UPSTREAM_UNKNOWN";
  return { upstream: isNone ? null : data, error: isNone ? null : error, isPending, refetch };
}

/** The account's remote registries, by name. */
export function useRemoteNames() {
  return queries.useQuery("get", "/api/remotes", {}, { select: ({ remotes }) => remotes });
}

/** What one can do with it. */
export function useUpstreamChanges(organization: string) {
  const path = { organization };
  const stale = [keyOf(UPSTREAM, path), keyOf(IMAGES)];
  const set = useChange(
    ({ setting, version }: { setting: UpstreamSetting; version: string | undefined }) =>
      api.PUT(UPSTREAM, { params: { path }, body: setting, ...ifUnchanged(version) }),
    ...stale,
  );
  const remove = useChange(() => api.DELETE(UPSTREAM, { params: { path } }), ...stale);
  return { set, remove };
}
