import { keepPreviousData } from "@tanstack/react-query";
import type { operations } from "../../client/api/schema.d.ts";
import { MAX_SEARCH_LENGTH } from "../../kernel/field-limits.ts";
import { queries } from "./client.ts";

/** What one may do with all images of an organization. */
export type OrganizationLevel = NonNullable<
  NonNullable<operations["listOrganizations"]["parameters"]["query"]>["level"]
>;

/** As many as a field proposes. */
const PROPOSALS = 20;

/**
 * The first organizations whose names contain a text: what a field proposes.
 *
 * @param level only those with all of whose images one may do this; undefined: any in which one has a right.
 * @param options nothing is asked for while it is not enabled.
 */
export function useOrganizationNames(text: string, level?: OrganizationLevel, { isEnabled = true } = {}) {
  const search = text.trim().toLowerCase().slice(0, MAX_SEARCH_LENGTH);
  const query = { ...(search && { search }), ...(level && { level }), limit: PROPOSALS };
  return queries.useQuery(
    "get",
    "/api/organizations",
    { params: { query } },
    {
      enabled: isEnabled,
      select: ({ organizations }) => organizations.map(({ name }) => name),
      placeholderData: keepPreviousData,
    },
  );
}
