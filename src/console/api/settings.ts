import type { components } from "../../client/api/schema.d.ts";
import { queries } from "./client.ts";

export type Settings = components["schemas"]["Settings"];

/** What the operator has set, and the registry's limits; the same for everybody, also before signing in. */
export function useSettings() {
  // It changes when the operator deploys.
  return queries.useQuery("get", "/api/settings", {}, { staleTime: Number.POSITIVE_INFINITY });
}
