/** Rules that keep an image's tags from being overwritten and deleted. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";
import type { components } from "./schema.d.ts";

export type ImmutableTagRule = components["schemas"]["ImmutableTagRule"];

const PATH = "/api/organizations/{organization}/images/{image}/immutable-tag-rules";
const TAGS = "/api/organizations/{organization}/images/{image}/tags";

/** All rules of an image, by pattern. */
export function useImmutableTagRules(path: ImageName) {
  return useQuery({
    queryKey: [PATH, path],
    queryFn: async ({ signal }) => unwrap(await api.GET(PATH, { params: { path }, signal })).rules,
  });
}

/** What one can do with an image's rules. Lists of tags say which ones are immutable. */
export function useImmutableTagChanges(path: ImageName) {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: [PATH, path] }),
      client.invalidateQueries({ queryKey: [TAGS, path] }),
    ]);
  const add = useMutation({
    mutationFn: async (pattern: string) => unwrap(await api.POST(PATH, { params: { path }, body: { pattern } })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async ({ id }: ImmutableTagRule) =>
      unwrap(await api.DELETE(`${PATH}/{id}`, { params: { path: { ...path, id } } })),
    onSettled,
  });
  return { add, remove };
}
