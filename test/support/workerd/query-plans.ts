import { env } from "cloudflare:workers";

/**
 * How SQLite goes about a query, a step in each line.
 *
 * @param isOuter only the steps of the query itself, not those of its subqueries.
 */
export async function planOf(
  query: { toSQL(): { sql: string; params: unknown[] } },
  isOuter = false,
): Promise<string[]> {
  const { sql, params } = query.toSQL();
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ detail: string; parent: number }>();
  return results.filter((row) => !isOuter || row.parent === 0).map((row) => row.detail);
}

/** Tables of which a registry may have a million rows, or a hundred thousand. */
const LARGE_TABLES =
  /^SCAN (accounts|audit_events|blobs|daily_pulls|deliveries|manifest_blobs|manifest_children|manifest_platforms|manifests|organization_blobs|organization_permissions|organizations|repositories|repository_blobs|repository_permissions|retention_log|retention_rules|shares|tag_history|tags|triggers|users)(?!\w)/;

/**
 * How a list of `storage/bounded.ts` goes about it.
 *
 * @param index the one that it walks.
 * @param isWhole whether the list is of all that the index has, which then is walked from its beginning.
 * @returns `walks`: the steps that use the index. `faults`: steps that read all of a large table or of an index of one, and
 * sorts of what the walk finds, which has to come in order.
 */
export async function walkOf(
  query: { toSQL(): { sql: string; params: unknown[] } },
  index: string,
  isWhole = false,
): Promise<{ walks: string[]; faults: string[] }> {
  const { sql, params } = query.toSQL();
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ parent: number; detail: string }>();
  const walk = new RegExp(`^(SEARCH${isWhole ? "|SCAN" : ""}) \\S+ USING (COVERING )?INDEX ${index}( |$)`);
  const isWalk = ({ detail }: { detail: string }) => walk.test(detail);
  const parents = new Set(results.filter(isWalk).map(({ parent }) => parent));
  const isSort = ({ detail, parent }: { detail: string; parent: number }) =>
    parents.has(parent) && detail.includes("TEMP B-TREE");
  // What a bounded subquery under the name of its table has found is read as a whole.
  const bounded = results.flatMap(({ detail }) => /^CO-ROUTINE (\w+)$/.exec(detail)?.[1] ?? []);
  const scans = results.filter((step) => LARGE_TABLES.test(step.detail) && !isWalk(step)).map(({ detail }) => detail);
  for (const table of bounded) {
    const at = scans.indexOf(`SCAN ${table}`);
    if (at !== -1) scans.splice(at, 1);
  }
  return {
    walks: results.filter(isWalk).map(({ detail }) => detail),
    faults: [...results.filter(isSort).map(({ detail }) => detail), ...scans],
  };
}
