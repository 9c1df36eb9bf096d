/** The account in numbers. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";

/** How many organizations, images and tags the account has, what they take and what was pulled. */
export function useOverview() {
  return useQuery({
    queryKey: ["/v2/manage/overview"],
    queryFn: async ({ signal }) => unwrap(await api.GET("/v2/manage/overview", { signal })),
  });
}

/**
 * Bytes of each of the last days, the oldest first; the last one is today, in UTC.
 *
 * @param resource what was pulled, or what was stored at the day's end: for administrators of the account only.
 */
export function useReport(resource: "downflow" | "store") {
  const path = { resource_type: resource, frequency: "daily" } as const;
  return useQuery({
    queryKey: ["/v2/manage/reports/{resource_type}/{frequency}", path],
    queryFn: async ({ signal }) =>
      unwrap(await api.GET("/v2/manage/reports/{resource_type}/{frequency}", { params: { path }, signal })),
  });
}
