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
