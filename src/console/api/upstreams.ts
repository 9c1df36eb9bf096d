/** The registry elsewhere that an organization stands for. */
import { useQuery } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, ApiError, keyOf, queries } from "./client.ts";

export type Upstream = components["schemas"]["Upstream"];
export type UpstreamSetting = components["schemas"]["UpstreamSetting"];

const UPSTREAM = "/api/organizations/{organization}/upstream";
const IMAGES = "/api/images";

/** The registry, for who manages the organization; null when it stands for none. */
export function useUpstream(organization: string) {
  const params = { path: { organization } };
  return useQuery({
    queryKey: keyOf(UPSTREAM, params.path),
    // That there is none is an answer: a query that has failed begins from nothing when it is asked again, and so would the page.
    queryFn: async ({ signal }): Promise<Upstream | null> => {
      try {
        return unwrap(await api.GET(UPSTREAM, { params, signal }));
      } catch (error) {
        if (error instanceof ApiError && error.code === "UPSTREAM_UNKNOWN") return null;
        throw error;
      }
    },
  });
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
