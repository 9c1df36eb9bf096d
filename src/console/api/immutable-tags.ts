/** Rules that keep an image's tags from being overwritten and deleted. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf, queries } from "./client.ts";
import type { ImageName } from "./image-name.ts";

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
  const client = useQueryClient();
  const path = { organization, image };
  const onSettled = () =>
    Promise.all(([RULES, TAGS] as const).map((url) => client.invalidateQueries({ queryKey: keyOf(url, path) })));
  const add = useMutation({
    mutationFn: async (pattern: string) => unwrap(await api.POST(RULES, { params: { path }, body: { pattern } })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async ({ id }: ImmutableTagRule) =>
      unwrap(await api.DELETE(`${RULES}/{id}`, { params: { path: { ...path, id } } })),
    onSettled,
  });
  return { add, remove };
}
