/** By which rule an image's tags age (guide 4.8), and what garbage collection takes. */
import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { MAX_RETAINED_TAGS, MAX_RETENTION_DAYS } from "../../kernel/field-limits.ts";
import { api, keyOf, queries } from "./client.ts";
import { ifUnchanged } from "./change.ts";
import { useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { invalidateImage } from "./image.ts";

export type Aging = components["schemas"]["Aging"];
export type AgingRule = components["schemas"]["AgingRule"];
export type PreviewedTag = components["schemas"]["PreviewedTag"];
export type AgingLogEntry = components["schemas"]["AgingLogEntry"];

/** What a rule says, whether or not it is saved. */
export type AgingRuleContent = Required<components["schemas"]["NewAgingRule"]>;

/** What the number of a rule may be. */
export const MAX_AGING_AMOUNT: Readonly<Record<AgingRuleContent["kind"], number>> = {
  date_rule: MAX_RETENTION_DAYS,
  tag_rule: MAX_RETAINED_TAGS,
};

const AGING = "/api/organizations/{organization}/images/{image}/aging";
const RULE = `${AGING}/rule` as const;
const PREVIEW = `${AGING}/preview` as const;
const GARBAGE = "/api/organizations/{organization}/images/{image}/garbage-collection";

/** An image's rule, null when it has none, and whether garbage collection leaves its manifests that no tag needs. */
export function useAging({ organization, image }: ImageName) {
  return queries.useQuery("get", AGING, { params: { path: { organization, image } } });
}

/** Setting a rule runs it at once, so that anything told of the image's tags is out of date afterwards. */
export function useAgingChanges(path: ImageName) {
  const client = useQueryClient();
  const onSettled = () => invalidateImage(client, path);
  const save = useMutation({
    mutationFn: async ({ rule, version }: { rule: AgingRuleContent; version: string | undefined }) =>
      unwrap(await api.PUT(RULE, { params: { path }, body: rule, ...ifUnchanged(version) })),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: async () => unwrap(await api.DELETE(RULE, { params: { path } })),
    onSettled,
  });
  return { save, remove };
}

/** How many tags a page of a preview has: nearly every image's at once, because what would go stands at the end. */
const PREVIEW_PAGE = 1000;

/** What a rule would do if it ran now, the newest tags first: a list that comes by the page. */
export function agingPreview(path: ImageName, rule: AgingRuleContent) {
  return infiniteQueryOptions({
    queryKey: ["post", PREVIEW, { params: { path }, body: rule }],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PREVIEW_PAGE, ...(pageParam !== undefined && { cursor: pageParam }) };
      return unwrap(await api.POST(PREVIEW, { params: { path, query }, body: rule, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // It is asked for on purpose, and shows that moment.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** The tags that rules have deleted, the last one first. */
export function useAgingLog({ organization, image }: ImageName) {
  return useCursorList(`${AGING}/log`, { path: { organization, image } }, "entries");
}

/** Has garbage collection keep manifests that no tag needs, or not. The wanted state is on screen at once. */
export function useSetKeepsUntagged({ organization, image }: ImageName) {
  const client = useQueryClient();
  const path = { organization, image };
  const queryKey = keyOf(AGING, path);
  return useMutation({
    mutationFn: async (keepsUntagged: boolean) =>
      // A switch: what was seen is the other position.
      unwrap(
        await api.PUT(GARBAGE, { params: { path }, body: { keepsUntagged }, ...ifUnchanged(String(!keepsUntagged)) }),
      ),
    onMutate: (keepsUntagged) =>
      client.setQueryData<Aging>(queryKey, (before) => before && { ...before, keepsUntagged }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}
