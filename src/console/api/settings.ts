import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { components } from "./schema.d.ts";

export type Settings = components["schemas"]["Settings"];

const SETTINGS = "/api/settings";

/** What the operator has set, and the registry's limits; the same for everybody, also before signing in. */
export function useSettings() {
  return useQuery({
    queryKey: [SETTINGS],
    queryFn: async ({ signal }) => unwrap(await api.GET(SETTINGS, { signal })),
    // It changes when the operator deploys.
    staleTime: Number.POSITIVE_INFINITY,
  });
}
