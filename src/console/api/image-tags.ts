/** An image's tags: lists, changes, history. */
import { keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { runAll } from "../../client/jobs.ts";
import { MAX_DELETED_TAGS } from "../../kernel/field-limits.ts";
import { api, ApiError, queries } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";
import { type ImageName, isTag } from "../../kernel/reference.ts";
import { invalidateImage } from "./image.ts";

export type Tag = components["schemas"]["Tag"];
export type TagEvent = components["schemas"]["TagEvent"];
export type RestorableTag = components["schemas"]["RestorableTag"];
export type TagDeletion = components["schemas"]["TagDeletions"]["results"][number];

/** What a list of tags is sorted and searched by. */
export interface TagSearch {
  /** A part of the names; "" for all. */
  text: string;
  sort: "name" | "updated" | "size";
  order: "asc" | "desc";
}

/** How many tags are proposed to choose from. */
const SUGGESTIONS = 20;
/** How many tags are restored at the same time, each by a request of its own. */
const RESTORED_AT_ONCE = 6;

const TAGS = "/api/organizations/{organization}/images/{image}/tags";
const HISTORY = "/api/organizations/{organization}/images/{image}/history";
const TAG_HISTORY = `${TAGS}/{tag}/history` as const;
const RESTORABLE = "/api/organizations/{organization}/images/{image}/restorable-tags";

/**
 * An image's tags.
 *
 * @param count how many the image has.
 */
export function useTags(
  { organization, image }: ImageName,
  { text, sort, order }: TagSearch,
  count: number,
): CursorList<Tag> {
  const path = { organization, image };
  const query = { ...(text !== "" && { q: text }), sort, order };
  return useCursorList(TAGS, { path, query }, "tags", { total: text === "" ? count : undefined });
}

/** The tags of an image that were pushed last, a few of them. */
export function useNewestTags(image: ImageName) {
  return useFewTags(image, "");
}

/** A few tags, to choose one from: the one that was typed, and of those that have that in their names the ones that were pushed last. */
export function useTagSuggestions(image: ImageName, text: string): { tags: readonly Tag[]; isFetching: boolean } {
  const found = useFewTags(image, text);
  const typed = useTag(image, isTag(text) ? text : undefined);
  const others = (found.data ?? []).filter(({ name }) => name !== typed.data?.name);
  return { tags: typed.data ? [typed.data, ...others] : others, isFetching: found.isFetching || typed.isFetching };
}

function useFewTags({ organization, image }: ImageName, text: string) {
  const path = { organization, image };
  const query = { ...(text !== "" && { q: text }), sort: "updated" as const, limit: SUGGESTIONS };
  return queries.useQuery(
    "get",
    TAGS,
    { params: { path, query } },
    { select: ({ tags }) => tags, placeholderData: keepPreviousData },
  );
}

/**
 * One of an image's tags; null when there is none of that name.
 *
 * @param tag undefined while there is none to ask for.
 */
export function useTag({ organization, image }: ImageName, tag: string | undefined) {
  const path = { organization, image };
  const query = { ...(tag !== undefined && { name: tag }), limit: 1 };
  return queries.useQuery(
    "get",
    TAGS,
    { params: { path, query } },
    { select: ({ tags: [found] }) => found ?? null, enabled: tag !== undefined },
  );
}

/** Deletes tags, each by itself: the answer tells of each whether it is gone. Takes the right to manage the image. */
export function useDeleteTags(name: ImageName) {
  const client = useQueryClient();
  const path = { organization: name.organization, image: name.image };
  return useMutation({
    mutationFn: async (tags: readonly string[]) => {
      const results: TagDeletion[] = [];
      for (let from = 0; from < tags.length; from += MAX_DELETED_TAGS) {
        const body = { tags: tags.slice(from, from + MAX_DELETED_TAGS) };
        results.push(...unwrap(await api.POST(`${TAGS}/delete`, { params: { path }, body })).results);
      }
      return results;
    },
    onSettled: () => invalidateImage(client, name),
  });
}

/**
 * Restores deleted tags. Needs the right to edit the image.
 *
 * The mutation throws ApiError for the first tag that cannot be restored; others may be by then.
 */
export function useRestoreTags(name: ImageName) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (tags: readonly string[]) => {
      await runAll(tags, { jobs: RESTORED_AT_ONCE }, async (tag, signal) => {
        const path = { organization: name.organization, image: name.image, tag };
        unwrap(await api.POST(`${TAGS}/{tag}/restore`, { params: { path }, signal }));
      });
    },
    onSettled: () => invalidateImage(client, name),
  });
}

/** Whether the registry refused something because a rule keeps a tag. */
export function isKeptByRule(error: unknown): boolean {
  return error instanceof ApiError && error.code === "TAG_IMMUTABLE";
}

/** Gives another tag to what a tag points to. Takes the right to edit the image. */
export function useRetag({ organization, image }: ImageName) {
  const client = useQueryClient();
  const path = { organization, image };
  return useMutation({
    mutationFn: async ({
      source,
      destination,
      overrides,
    }: {
      source: string;
      destination: string;
      overrides: boolean;
    }) => {
      const body = { name: destination, source, override: overrides };
      return unwrap(await api.POST(TAGS, { params: { path }, body }));
    },
    onSuccess: () => invalidateImage(client, path),
  });
}

/**
 * What happened to an image's tags, newest first. For those who have a right to it in its own account.
 *
 * @param tag only what happened to this one.
 */
export function useTagHistory({ organization, image }: ImageName, tag?: string): CursorList<TagEvent> {
  const path = { organization, image };
  return useCursorList(
    tag === undefined ? HISTORY : TAG_HISTORY,
    tag === undefined ? { path } : { path: { ...path, tag } },
    "events",
  );
}

/** Tags that were deleted and can be restored, the last deleted first. */
export function useRestorableTags({ organization, image }: ImageName): CursorList<RestorableTag> {
  return useCursorList(RESTORABLE, { path: { organization, image } }, "tags");
}
