/** Lists of the registry's API, which come by the page. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { unwrap } from "../../client/api/client.ts";
import type { paths } from "../../client/api/schema.d.ts";
import { api } from "./client.ts";

/** A list that comes by the page, as far as it has come. */
export interface CursorList<T> {
  rows: readonly T[];
  /** There is nothing to show yet. */
  isPending: boolean;
  /** What is shown is the answer to an earlier question. */
  isStale: boolean;
  error: Error | null;
  retry: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** What every page has; `next` is the cursor of the next one. */
interface Page {
  next: string | null;
}

interface ListOperation<P extends Page> {
  get: { responses: { 200: { content: { "application/json": P } } } };
}

/** The paths of the API that answer a list by the page. */
type ListPath = { [P in keyof paths]: paths[P] extends ListOperation<Page> ? P : never }[keyof paths];

type PageOf<P extends ListPath> = P extends ListPath
  ? paths[P] extends ListOperation<infer Answer>
    ? Answer
    : never
  : never;

type ParametersOf<P extends ListPath> = P extends ListPath
  ? paths[P] extends { get: { parameters: infer Parameters extends { path?: unknown; query?: unknown } } }
    ? Pick<Parameters, "path"> & Partial<Pick<Parameters, "query">>
    : never
  : never;

type RowOf<P extends ListPath, F extends keyof PageOf<P>> = PageOf<P>[F] extends readonly (infer Row)[] ? Row : never;

export interface CursorListOptions<T> {
  /** Follows what changes by itself: in how many milliseconds to ask again, by what the list has now; false: not at all. */
  pauseFor?: (rows: readonly T[]) => number | false;
}

/** Up to how many pages a list is brought up to date by itself. */
const REFRESHED_PAGES = 3;

/** Whether the answer to a query has come in so many pages that nothing but its user has it fetched again. */
export function isLong({ data }: { data: unknown }): boolean {
  const pages = typeof data === "object" && data !== null && "pages" in data ? data.pages : undefined;
  return Array.isArray(pages) && pages.length > REFRESHED_PAGES;
}

/** Empty pages after each other that are passed over; after that somebody has to ask for more. */
const MAX_EMPTY_PAGES = 20;

/**
 * Fetches a list of the registry's API page by page. Until another question is answered, the old answer stays.
 *
 * @param params of the path and the query, without a cursor.
 * @param field where a page has its entries.
 * @param options whether the list is followed.
 */
export function useCursorList<P extends ListPath, F extends Exclude<keyof PageOf<P>, "next"> & string>(
  path: P,
  params: ParametersOf<P>,
  field: F,
  { pauseFor }: CursorListOptions<RowOf<P, F>> = {},
): CursorList<RowOf<P, F>> {
  const query = useInfiniteQuery({
    // As openapi-react-query names its own, whose infinite queries cannot pass over empty pages.
    queryKey: ["get", path, { params }],
    queryFn: async ({ pageParam, signal }) => {
      let page = await fetchPage(path, params, pageParam, signal);
      // A search looks at a bounded number of entries for each page, and may find none among them.
      for (
        let empty = 1;
        empty < MAX_EMPTY_PAGES && page.next !== null && rowsOf(page, field).length === 0;
        empty += 1
      ) {
        page = await fetchPage(path, params, page.next, signal);
      }
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // All pages are asked for one after the other: too much for every return to the window.
    refetchOnWindowFocus: ({ state }) => !isLong(state),
    // Each page is a request: the more there are, the more seldom.
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? [];
      const pause = pauseFor?.(rowsOfAll<RowOf<P, F>>(pages, field)) ?? false;
      return pause === false ? false : pause * pages.length;
    },
  });
  const rows = useMemo(() => rowsOfAll<RowOf<P, F>>(query.data?.pages ?? [], field), [query.data, field]);
  const { isFetchNextPageError } = query;
  return {
    rows,
    isPending: query.isPending,
    isStale: query.isPlaceholderData,
    error: query.error,
    retry: () => void (isFetchNextPageError ? query.fetchNextPage() : query.refetch()),
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
  };
}

/** A page of any list: the types of path, parameters and answer belong together where the hook is called. */
async function fetchPage(
  path: ListPath,
  params: { path?: unknown; query?: unknown },
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const query = { ...(params.query as object | undefined), ...(cursor !== undefined && { cursor }) };
  const get = api.GET as (path: string, init: object) => Promise<{ data: Page }>;
  return unwrap(await get(path, { params: { ...params, query }, signal }));
}

function rowsOfAll<T>(pages: readonly Page[], field: string): T[] {
  return pages.flatMap((page) => rowsOf(page, field)) as T[];
}

function rowsOf(page: Page, field: string): readonly unknown[] {
  return (page as Page & Record<string, readonly unknown[]>)[field] ?? [];
}
