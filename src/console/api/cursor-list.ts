import { keepPreviousData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

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

export interface CursorListOptions<T, P> {
  queryKey: QueryKey;
  /** @param cursor the `next` of the page before; undefined for the first page. */
  fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<P>;
  /** Stays the same between renderings. */
  rowsOf: (page: P) => readonly T[];
}

/** Up to how many pages a list is brought up to date by itself. */
const REFRESHED_PAGES = 3;

/** Empty pages after each other that are passed over; after that somebody has to ask for more. */
const MAX_EMPTY_PAGES = 20;

/** Fetches a list of the registry's API page by page. Until another question is answered, the old answer stays. */
export function useCursorList<T, P extends { next: string | null }>({
  queryKey,
  fetchPage,
  rowsOf,
}: CursorListOptions<T, P>): CursorList<T> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) => {
      let page = await fetchPage(pageParam, signal);
      // A search looks at a bounded number of entries for each page, and may find none among them.
      for (let empty = 1; empty < MAX_EMPTY_PAGES && page.next !== null && rowsOf(page).length === 0; empty += 1) {
        page = await fetchPage(page.next, signal);
      }
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: P) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // All pages are asked for one after the other: too much for every return to the window.
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= REFRESHED_PAGES,
  });
  const rows = useMemo(() => query.data?.pages.flatMap(rowsOf) ?? [], [query.data, rowsOf]);
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
