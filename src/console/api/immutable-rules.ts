/** Rules that keep an image's tags from being overwritten and deleted. */
import type { components } from "../../client/api/schema.d.ts";
import { useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";

export type ImmutableTagRule = components["schemas"]["ImmutableTagRule"];

const RULES = "/api/organizations/{organization}/images/{image}/immutable-tag-rules";
const TAGS = "/api/organizations/{organization}/images/{image}/tags";

/** All rules of an image, by pattern. */
export function useImmutableTagRules({ organization, image }: ImageName) {
  return queries.useQuery("get", RULES, { params: { path: { organization, image } } }, { select: rulesOf });
}

function rulesOf({ rules }: components["schemas"]["ImmutableTagRules"]): ImmutableTagRule[] {
  return rules;
}

/** What one can do with an image's rules. Lists of tags say which ones are immutable. */
export function useImmutableTagChanges({ organization, image }: ImageName) {
  const path = { organization, image };
  const stale = [keyOf(RULES, path), keyOf(TAGS, path)];
  const add = useChange((pattern: string) => api.POST(RULES, { params: { path }, body: { pattern } }), ...stale);
  const remove = useChange(
    ({ id }: ImmutableTagRule) => api.DELETE(`${RULES}/{id}`, { params: { path: { ...path, id } } }),
    ...stale,
  );
  return { add, remove };
}
