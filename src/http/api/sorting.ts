/** Lists that the client may have in several orders. */
import type { Page } from "../../model/images/image-search.ts";
import { because, z } from "../openapi.ts";
import type { Stores } from "../../registry/stores.ts";
import { cutSealedPage, PAGE_PARAMS, readSealedCursor } from "./paging.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/**
 * The parameters of such a list's query.
 *
 * @param sorts the fields that it can be sorted by; the first is the default.
 */
export function sortedPageParams<const S extends string>(sorts: readonly [S, ...S[]]) {
  return {
    sort: z
      .enum(sorts)
      .default(sorts[0])
      .openapi({ description: `What to sort by; ${sorts[0]} when absent.` }),
    order: z
      .enum(["asc", "desc"])
      .optional()
      .openapi({ description: "When absent, names ascend, and everything else descends." }),
    cursor: PAGE_PARAMS.cursor,
    limit: z
      .string()
      .regex(/^\d{1,9}$/, because("MUST_BE_WHOLE_NUMBER"))
      .default(String(DEFAULT_LIMIT))
      .transform(Number)
      .pipe(z.int().min(1).max(MAX_LIMIT))
      .openapi({
        type: "integer",
        minimum: 1,
        maximum: MAX_LIMIT,
        default: DEFAULT_LIMIT,
        description: "How many entries to answer at most.",
      }),
  };
}

interface SortedQuery<S> {
  sort: S;
  order?: "asc" | "desc" | undefined;
  cursor?: string | undefined;
  limit: number;
}

/**
 * Which page a query asks for, with one entry more than it is to have, which tells whether there is another page.
 *
 * @throws RegistryError PAGINATION_INVALID for a cursor of a list in another order.
 */
export async function readSearchedPage<S extends string>(stores: Stores, query: SortedQuery<S>): Promise<Page<S>> {
  const position = await readSealedCursor(stores, query.cursor, positionIn(query));
  const after = position && ([position[1], position[2]] as const);
  return { sort: query.sort, isDescending: isDescending(query), after, limit: query.limit + 1 };
}

/**
 * Cuts the page that a query asks for from what {@link readSearchedPage} let find. It may have ended before it was full, at
 * an entry that the caller may not know of.
 */
export function cutSearchedPage<T extends Entry>(
  stores: Stores,
  query: SortedQuery<string>,
  { rows, end }: { rows: readonly T[]; end: Entry | undefined },
) {
  return cutSealedPage(stores, rows, query.limit, (row) => positionOf(query, row), end && positionOf(query, end));
}

interface Entry {
  key: string | number;
  id: number;
}

function positionIn(query: SortedQuery<string>) {
  const key = query.sort === "name" ? z.string() : z.int();
  return z.tuple([z.literal(orderOf(query)), key, z.int()]);
}

function positionOf(query: SortedQuery<string>, { key, id }: Entry) {
  return [orderOf(query), key, id];
}

/** A cursor of one order makes no sense in another. */
function orderOf(query: SortedQuery<string>): string {
  return `${query.sort} ${isDescending(query) ? "desc" : "asc"}`;
}

function isDescending({ sort, order }: SortedQuery<string>): boolean {
  return order === undefined ? sort !== "name" : order === "desc";
}
