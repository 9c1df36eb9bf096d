import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { MAX_SEARCH_LENGTH } from "../../kernel/field-limits.ts";
import { api, unwrap } from "./client.ts";
import type { operations } from "./schema.d.ts";

/** What one may do with all images of an organization. */
export type OrganizationLevel = NonNullable<
  NonNullable<operations["listOrganizations"]["parameters"]["query"]>["level"]
>;

const LIST = "/api/organizations";
/** As many as a field proposes. */
const PROPOSALS = 20;

/**
 * The first organizations whose names contain a text: what a field proposes.
 *
 * @param level only those with all of whose images one may do this; undefined: any in which one has a right.
 */
export function useOrganizationNames(text: string, level?: OrganizationLevel) {
  const search = text.trim().toLowerCase().slice(0, MAX_SEARCH_LENGTH);
  const query = { ...(search && { search }), ...(level && { level }), limit: PROPOSALS };
  return useQuery({
    queryKey: [LIST, query],
    queryFn: async ({ signal }) => {
      const { organizations } = unwrap(await api.GET(LIST, { params: { query }, signal }));
      return organizations.map(({ name }) => name);
    },
    placeholderData: keepPreviousData,
  });
}
