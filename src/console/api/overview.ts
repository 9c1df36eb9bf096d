/** The account in numbers. */
import type { components } from "../../client/api/schema.d.ts";
import { queries } from "./client.ts";

export type Overview = components["schemas"]["AccountOverview"];

/** How many organizations, images and tags the account has, what they take and what was pulled. */
export function useOverview() {
  return queries.useQuery("get", "/api/overview");
}

/**
 * Bytes of each of the last days, the oldest first; the last one is today, in UTC.
 *
 * @param what what was pulled, or what was stored at the day's end: for administrators of the account only.
 */
export function useReport(what: "pulled" | "stored") {
  return queries.useQuery("get", `/api/reports/${what}-bytes`, {}, { select: ({ days }) => days });
}
