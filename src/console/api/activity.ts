/** What happened last. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { components } from "./schema.d.ts";

export type RecentPush = components["schemas"]["RecentPush"];
export type RecentDelivery = components["schemas"]["RecentDelivery"];

const LIMIT = 8;

/** The newest pushes and deliveries of triggers, of the images that the caller has a right to. */
export function useActivity() {
  return useQuery({
    queryKey: ["/api/activity", { limit: LIMIT }],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/api/activity", { params: { query: { limit: LIMIT } }, signal })),
  });
}
