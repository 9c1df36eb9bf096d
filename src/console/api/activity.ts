/** What happened last. */
import type { components } from "../../client/api/schema.d.ts";
import { queries } from "./client.ts";
import { pauseFor } from "./triggers.ts";

export type RecentPush = components["schemas"]["RecentPush"];
export type RecentDelivery = components["schemas"]["RecentDelivery"];
export type FailedSync = components["schemas"]["FailedSync"];

const LIMIT = 8;

/** The newest pushes and deliveries of triggers, of the images that the caller has a right to. Deliveries are followed to their end. */
export function useActivity() {
  return queries.useQuery(
    "get",
    "/api/activity",
    { params: { query: { limit: LIMIT } } },
    { refetchInterval: ({ state }) => pauseFor(state.data?.deliveries ?? []) },
  );
}
