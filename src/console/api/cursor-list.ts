/** Lists of the registry's API, which come by the page. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { unwrap } from "../../client/api/client.ts";
import type { paths } from "../../client/api/schema.d.ts";
import { type Pages, usePageSize } from "../paging.ts";
import { api } from "./client.ts";
import { FIRST_PAGE, forgetPlace, type Place, recallPlace, rememberPlace } from "./list-place.ts";
import { patiently } from "./patiently.ts";

/** A list that comes by the page, with the page of it that is on screen. */
export interface CursorList<T> {
  rows: readonly T[];
  /** There is nothing to show yet. */
  isPending: boolean;
  /** What is shown is the answer to an earlier question. */
  isStale: boolean;
  error: Error | null;
  retry: () => void;
  pages: Pages;
  /**
   * Reads the list from its start to its end, in pages of {@link LARGEST_PAGE}. A page that does not come is asked for again a few
   * times. Throws ApiError, and the signal's reason.
   */
  readAll: (signal: AbortSignal) => AsyncGenerator<readonly T[]>;
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
  /** Follows what changes by itself: in how many milliseconds to ask again, by what the page has now; false: not at all. */
  pauseFor?: (rows: readonly T[]) => number | false;
  /** How many rows the list has, where that is known before its end has been seen. */
  total?: number | undefined;
}

/** Empty pages after each other that are passed over; after that somebody has to ask for more. */
const MAX_EMPTY_PAGES = 20;

/** Rows in a page that nobody looks at: as many as each list of the registry gives. */
const LARGEST_PAGE = 100;

/**
 * Fetches a list of the registry's API, a page at a time, with as many rows as users chose. Each page is cached by itself; until
 * another question is answered, the old answer stays. Somebody who comes back to the list by the browser's Back finds the page
 * that was on screen.
 *
 * @param params of the path and the query, without a cursor and a limit.
 * @param field where a page has its entries.
 * @param options whether the list is followed, and how long it is.
 */
export function useCursorList<P extends ListPath, F extends Exclude<keyof PageOf<P>, "next"> & string>(
  path: P,
  params: ParametersOf<P>,
  field: F,
  { pauseFor, total }: CursorListOptions<RowOf<P, F>> = {},
): CursorList<RowOf<P, F>> {
  const [limit] = usePageSize();
  const [place, go] = usePlace(path, JSON.stringify([params, limit]));
  const request = requestOf(params, limit, place.at(-1)?.cursor);
  const query = useQuery({
    // As openapi-react-query names its own, whose queries cannot pass over empty pages.
    queryKey: ["get", path, request],
    queryFn: async ({ signal }) => {
      let page = await fetchPage(path, request, signal);
      // A search looks at a bounded number of entries for each page, and may find none among them.
      for (
        let empty = 1;
        empty < MAX_EMPTY_PAGES && page.next !== null && rowsOf(page, field).length === 0;
        empty += 1
      ) {
        page = await fetchPage(path, requestOf(params, limit, page.next), signal);
      }
      return page;
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => pauseFor?.(rowsOf(state.data, field) as RowOf<P, F>[]) ?? false,
  });
  const rows = rowsOf(query.data, field) as readonly RowOf<P, F>[];
  const next = query.data?.next ?? null;
  // Until the next page has come, what is said of the page is said of the one on screen.
  const [shown, setShown] = useState(place);
  if (shown !== place && !query.isPlaceholderData) setShown(place);
  const before = shown.at(-1)?.before ?? 0;

  // What was on the last page may be gone since.
  if (query.isSuccess && !query.isPlaceholderData && rows.length === 0 && next === null && place.length > 0) {
    go(place.slice(0, -1));
  }
  return {
    rows,
    isPending: query.isPending,
    isStale: query.isPlaceholderData,
    error: query.error,
    retry: () => void query.refetch(),
    pages: {
      before,
      // The last page says how many there are.
      total:
        next === null ? before + rows.length : total !== undefined && total > before + rows.length ? total : undefined,
      hasPrevious: shown.length > 0,
      hasNext: next !== null,
      isTurning: query.isPlaceholderData,
      previous: () => go(place.slice(0, -1)),
      next: () => next !== null && go([...place, { cursor: next, before: before + rows.length }]),
    },
    readAll: (signal) => readPages<RowOf<P, F>>({ path, params, field, signal }),
  };
}

/** Where a list is, kept with the entry of the browser's history. Another question begins at its first page. */
function usePlace(path: string, question: string): [place: Place, go: (place: Place) => void] {
  const [state, setState] = useState(() => ({ question, place: recallPlace(path, question) }));
  const isOther = state.question !== question;
  if (isOther) setState({ question, place: FIRST_PAGE });
  useEffect(() => {
    if (state.place.length > 0) rememberPlace(path, state.question, state.place);
    else forgetPlace(path);
  }, [path, state]);
  return [isOther ? FIRST_PAGE : state.place, (place) => setState({ question, place })];
}

interface ListRequest {
  params: { path?: unknown; query: object };
}

function requestOf(
  { query, ...params }: { path?: unknown; query?: object },
  limit: number,
  cursor: string | undefined,
): ListRequest {
  return { params: { ...params, query: { ...query, limit, ...(cursor !== undefined && { cursor }) } } };
}

interface WholeList {
  path: ListPath;
  params: { path?: unknown; query?: object };
  field: string;
  signal: AbortSignal;
}

async function* readPages<T>({ path, params, field, signal }: WholeList): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined;
  do {
    const request = requestOf(params, LARGEST_PAGE, cursor);
    const page = await patiently(() => fetchPage(path, request, signal), signal);
    yield rowsOf(page, field) as readonly T[];
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** A page of any list: the types of path, parameters and answer belong together where the hook is called. */
async function fetchPage(path: ListPath, request: ListRequest, signal: AbortSignal): Promise<Page> {
  const get = api.GET as (path: string, init: object) => Promise<{ data: Page }>;
  return unwrap(await get(path, { ...request, signal }));
}

function rowsOf(page: Page | undefined, field: string): readonly unknown[] {
  return (page as (Page & Record<string, readonly unknown[]>) | undefined)?.[field] ?? [];
}
