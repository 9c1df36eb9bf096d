/** What the routes of SWR's API have in common on the wire: parameters, paging, levels and times. */
import type { Context } from "hono";
import type { Level } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { parseOrganizationName, parseRepositoryName, type RepositoryName } from "../../kernel/reference.ts";
import { z } from "../openapi.ts";

// --- Paths ---

/** The organization in a path. Text that is not a valid name is refused with ORGANIZATION_INVALID. */
const namespace = z
  .string()
  .transform(parseOrganizationName)
  .openapi({
    param: { name: "namespace", in: "path" },
    type: "string",
    description: "Name of an organization: 1 to 64 characters.",
    example: "acme",
  });

const repository = z.string().openapi({
  param: { name: "repository", in: "path" },
  description: "Name of an image without its organization: 1 to 128 characters, with `$` instead of `/`.",
  example: "shop$web",
});

export const NamespaceParams = z.object({ namespace });
export const RepositoryParams = z.object({ namespace, repository });

/** Clients name a project of their cloud, of which Berth has none: any name will do. */
export const ProjectParams = z.object({
  project_id: z.string().openapi({ param: { name: "project_id", in: "path" } }),
});

/** The whole name of the repository in a path. */
export function repositoryOf(params: z.output<typeof RepositoryParams>): RepositoryName {
  return parseRepositoryName(`${params.namespace}/${withSlashes(params.repository)}`);
}

/** An image's name as paths and queries write it: `$` stands for `/`. */
export function withSlashes(name: string): string {
  return name.replaceAll("$", "/");
}

// --- Queries ---

/** A parameter of a query; which values make sense is checked later, because `filter` may hold it instead. */
export function queryParam(description: string) {
  return z.string().optional().openapi({ description });
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Leaving entries out costs as much as answering them. */
export const MAX_OFFSET = 10_000;

export const PAGING = {
  limit: queryParam("How many entries to answer: 1 to 1000, default 100."),
  offset: queryParam(`How many entries to leave out before: 0 to ${MAX_OFFSET}, default 0.`),
};

export const ORDER = {
  order_column: queryParam("What to sort by."),
  order_type: queryParam("`asc` or `desc`."),
};

export const FILTER = {
  filter: queryParam("The same parameters as `key::value|key::value`. With it, all others are ignored."),
};

/**
 * The parameters of a query, which may come by themselves or within `filter`; then the others count for nothing.
 *
 * @param keys those that the route knows.
 */
export function readQuery<K extends string>(
  query: Partial<Record<K | "filter", string | undefined>>,
  keys: readonly K[],
): Partial<Record<K, string>> {
  if (query.filter) return parseFilter(query.filter, keys);
  const values: Partial<Record<K, string>> = {};
  for (const key of keys) {
    if (query[key] !== undefined) values[key] = query[key];
  }
  return values;
}

/**
 * Reads a `filter`, `key::value|key::value` (SWR API reference, "listReposDetails").
 *
 * @throws RegistryError FILTER_INVALID for what has another form, an unknown key or one key twice.
 */
export function parseFilter<K extends string>(filter: string, keys: readonly K[]): Partial<Record<K, string>> {
  const values: Partial<Record<K, string>> = {};
  for (const pair of filter.split("|")) {
    const [name, value, ...rest] = pair.split("::");
    const key = keys.find((known) => known === name);
    const refuse = (why: string) => new RegistryError("FILTER_INVALID", `filter: "${pair.slice(0, 100)}" ${why}`);
    if (value === undefined || rest.length > 0) throw refuse("is not of the form key::value");
    if (key === undefined) throw refuse(`has an unknown key: expected ${keys.join(", ")}`);
    if (values[key] !== undefined) throw refuse("repeats a key");
    values[key] = value;
  }
  return values;
}

/** Which entries of a list an answer has. */
export interface Paging {
  limit: number;
  offset: number;
}

interface PagingTexts {
  limit?: string | undefined;
  offset?: string | undefined;
}

/** @throws RegistryError PAGINATION_INVALID unless `limit` is 1 to 1000 and `offset` 0 to 10000, where given. */
export function readPaging(texts: PagingTexts): Paging {
  return readShortPaging(texts, DEFAULT_LIMIT, MAX_LIMIT);
}

/** The same for lists whose pages are shorter. */
export function readShortPaging({ limit, offset }: PagingTexts, defaultLimit: number, maxLimit: number): Paging {
  const paging = { limit: readNumber("limit", limit, defaultLimit), offset: readNumber("offset", offset, 0) };
  if (paging.limit < 1 || paging.limit > maxLimit) {
    throw new RegistryError("PAGINATION_INVALID", `limit must be between 1 and ${maxLimit}, not ${paging.limit}`);
  }
  if (paging.offset > MAX_OFFSET) {
    const advice = "narrow the list, or go on with the list of the same under /api, whose pages have a cursor";
    throw new RegistryError(
      "PAGINATION_INVALID",
      `offset must be at most ${MAX_OFFSET}, not ${paging.offset}: ${advice}`,
    );
  }
  return paging;
}

/** @throws RegistryError PAGINATION_INVALID for anything but a number of up to 15 digits, where given. */
export function readNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RegistryError("PAGINATION_INVALID", `${name} must be a number, not "${text.slice(0, 50)}"`);
}

export interface Order<C> {
  column: C;
  isDescending: boolean;
}

/**
 * Reads what a list is sorted by.
 *
 * @param columns what each name that `order_column` may have stands for.
 */
export function readOrder<C>(
  { order_column: name, order_type: direction }: { order_column?: string | undefined; order_type?: string | undefined },
  columns: Readonly<Record<string, C>>,
  fallback: Order<C>,
): Order<C> {
  if (direction !== undefined && direction !== "asc" && direction !== "desc") {
    throw new RegistryError("ORDER_INVALID", `order_type must be asc or desc, not "${direction.slice(0, 50)}"`);
  }
  const isDescending = direction === undefined ? fallback.isDescending : direction === "desc";
  if (name === undefined) return { column: fallback.column, isDescending };
  const known = Object.entries(columns).find(([key]) => key === name);
  if (known) return { column: known[1], isDescending };
  const expected = Object.keys(columns).join(", ");
  throw new RegistryError("ORDER_INVALID", `order_column must be one of ${expected}, not "${name.slice(0, 50)}"`);
}

// --- Answers ---

/** What SWR answers to a change that has nothing to tell: clients fail on a body that is no JSON. */
export const Done = z.object({}).openapi("Done");

/** Says which part of a list an answer has; the middle number is a count, not an end. */
export function setContentRange(c: Context, offset: number, count: number, total: number): void {
  c.header("Content-Range", `${offset}-${count}/${total}`);
}

/** What {@link setContentRange} sets, for the description of an answer. */
export const CONTENT_RANGE = z.object({
  "Content-Range": z.string().openapi({
    description: "`offset-count/total`: how many entries were left out before, are here, and are there in all.",
    example: "0-100/250",
  }),
});

/** RFC 3339 in UTC. */
export const Time = z.string().openapi({ format: "date-time", example: "2026-11-24T08:00:00.000Z" });

export function formatTime(time: Date): string {
  return time.toISOString();
}

const AUTH_OF = { read: 1, edit: 3, manage: 7 } as const satisfies Record<Level, number>;

export function authOf(level: Level): number {
  return AUTH_OF[level];
}

/** @throws RegistryError PERMISSION_INVALID for anything but the numbers 1, 3 and 7. */
export function levelOfAuth(auth: unknown): Level {
  switch (auth) {
    case 1:
      return "read";
    case 3:
      return "edit";
    case 7:
      return "manage";
    default:
      throw new RegistryError("PERMISSION_INVALID", "auth must be 1 (read), 3 (edit) or 7 (manage)");
  }
}
