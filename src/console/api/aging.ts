/** By which rule an image's tags age (guide 4.8), and what garbage collection takes. */
import { infiniteQueryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MAX_RETAINED_TAGS, MAX_RETENTION_DAYS } from "../../kernel/field-limits.ts";
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { invalidateImage } from "./image.ts";
import type { components } from "./schema.d.ts";

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
const RULE = "/api/organizations/{organization}/images/{image}/aging/rule";
const LOG = "/api/organizations/{organization}/images/{image}/aging/log";
const PREVIEW = "/api/organizations/{organization}/images/{image}/aging/preview";
const GARBAGE = "/api/organizations/{organization}/images/{image}/garbage-collection";

/** An image's rule, null when it has none, and whether garbage collection leaves its manifests that no tag needs. */
export function useAging({ organization, image }: ImageName) {
  const path = { organization, image };
  return useQuery({
    queryKey: [AGING, path],
    queryFn: async ({ signal }) => unwrap(await api.GET(AGING, { params: { path }, signal })),
  });
}

/** Setting a rule runs it at once, so that anything told of the image's tags is out of date afterwards. */
export function useAgingChanges(path: ImageName) {
  const client = useQueryClient();
  const onSettled = () => invalidateImage(client, path);
  const save = useMutation({
    mutationFn: async (body: AgingRuleContent) => unwrap(await api.PUT(RULE, { params: { path }, body })),
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
    queryKey: [PREVIEW, path, rule],
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

const LOG_PAGE = 50;

/** The tags that rules have deleted, the last one first. */
export function useAgingLog(path: ImageName) {
  return useCursorList({
    queryKey: [LOG, path],
    fetchPage: async (cursor, signal) => {
      const query = { limit: LOG_PAGE, ...(cursor && { cursor }) };
      return unwrap(await api.GET(LOG, { params: { path, query }, signal }));
    },
    rowsOf: entriesOf,
  });
}

function entriesOf(page: components["schemas"]["AgingLog"]): readonly AgingLogEntry[] {
  return page.entries;
}

/** Has garbage collection keep manifests that no tag needs, or not. The wanted state is on screen at once. */
export function useSetKeepsUntagged(path: ImageName) {
  const client = useQueryClient();
  const queryKey = [AGING, path];
  return useMutation({
    mutationFn: async (keepsUntagged: boolean) =>
      unwrap(await api.PUT(GARBAGE, { params: { path }, body: { keepsUntagged } })),
    onMutate: (keepsUntagged) =>
      client.setQueryData<Aging>(queryKey, (before) => before && { ...before, keepsUntagged }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}
