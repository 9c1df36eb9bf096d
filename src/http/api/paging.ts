/** How the lists of the API page: by cursor, so that a page costs the same however far it is. */
import { RegistryError } from "../../kernel/errors.ts";
import { jsonBytes, MAX_PAGE_BYTES } from "../../kernel/excerpt.ts";
import { isSealedCursor, openCursor, sealCursor } from "../../registry/cursors.ts";
import type { Stores } from "../../registry/stores.ts";
import { z } from "../openapi.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MAX_CURSOR_LENGTH = 1000;

/** The parameters of a list's query. */
export const PAGE_PARAMS = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .openapi({
      description:
        `How many entries to answer: 1 to ${MAX_LIMIT}, default ${DEFAULT_LIMIT}. A page has fewer where they are long, ` +
        "and yet is not the last one.",
    }),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .optional()
    .openapi({ description: "The `next` of the page before; absent for the first page." }),
};

/** What a page says of the one after it. */
export const Next = z
  .string()
  .nullable()
  .openapi({
    description:
      "The `cursor` of the next page; null when this is the last one. A page of a list that is searched or filtered may " +
      "have fewer entries than were asked for, even none, and a next one all the same: it looks at a bounded number.",
  });

/**
 * Cuts a page from rows, after a query for one more than `limit`. It ends earlier where the rows are long.
 *
 * @param keyOf what the list is sorted by, as far as it takes to go on behind a row.
 * @param end where a list that was not looked through to its end is to be gone on with; undefined when it was.
 */
export function cutPage<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly (string | number)[]) {
  let bytes = 0;
  const end = rows.findIndex((row, at) => at === limit || ((bytes += jsonBytes(row)) > MAX_PAGE_BYTES && at > 0));
  const items = end < 0 ? rows : rows.slice(0, end);
  return { items, next: nextOf(items, items.length < rows.length, keyOf) };
}

/**
 * The same for a list that looks at a bounded number of rows.
 *
 * @param end where to go on if it was not looked through to its end: maybe an entry that the caller may not know of.
 */
export async function cutSealedPage<T>(
  stores: Stores,
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly (string | number)[],
  end: readonly (string | number)[] | undefined,
) {
  const { items, next } = cutPage(rows, limit, keyOf);
  if (next !== null || !end) return { items, next };
  return { items, next: await sealCursor(stores, JSON.stringify(end)) };
}

/** Reads a cursor that {@link cutSealedPage} made. */
export async function readSealedCursor<K extends z.ZodType>(
  stores: Stores,
  cursor: string | undefined,
  key: K,
): Promise<z.output<K> | undefined> {
  if (cursor === undefined || !isSealedCursor(cursor)) return readCursor(cursor, key);
  const opened = await openCursor(stores, cursor);
  return parseKey(opened ?? "", key);
}

/** The `next` of a page; null when there is no more. */
export function nextOf<T>(items: readonly T[], hasMore: boolean, keyOf: (row: T) => readonly (string | number)[]) {
  const last = items.at(-1);
  return hasMore && last !== undefined ? formatCursor(keyOf(last)) : null;
}

/** Makes the `next` of a page that {@link cutPage} does not cut. */
export function formatCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/**
 * Reads a cursor that {@link cutPage} made; undefined for the first page.
 *
 * @param key the types of what the list is sorted by.
 */
export function readCursor<K extends z.ZodType>(cursor: string | undefined, key: K): z.output<K> | undefined {
  return cursor === undefined ? undefined : parseKey(Buffer.from(cursor, "base64url").toString(), key);
}

function parseKey<K extends z.ZodType>(text: string, key: K): z.output<K> {
  const parsed = key.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new RegistryError("PAGINATION_INVALID", "cursor is not the `next` of a page of this list");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
