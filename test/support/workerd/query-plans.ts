/** The statements that a function of `storage` sends to D1, and how SQLite goes about each. */
import { env } from "cloudflare:workers";
import { type Database, openDatabase } from "../../../src/storage/database.ts";
import { replacing } from "../replacing.ts";

/** Does something with a database. */
type Act = (db: Database) => PromiseLike<unknown>;

export interface SentStatement {
  sql: string;
  values: unknown[];
}

/** Runs something and answers the statements that it sent, in order. */
export async function statementsOf(act: Act): Promise<SentStatement[]> {
  const sent: SentStatement[] = [];
  const database = replacing(env.DB, {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => {
        sent.push({ sql, values });
        return env.DB.prepare(sql).bind(...values);
      },
    }),
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  });
  await act(openDatabase(database));
  return sent;
}

interface Step {
  parent: number;
  detail: string;
}

async function explain({ sql, values }: SentStatement): Promise<Step[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<Step>();
  return results;
}

interface Wanted {
  /** Only the steps of the statements themselves, not those of their subqueries. */
  isOuter?: boolean;
  /** Only statements that meet this. */
  isMeant?: RegExp;
}

/** Runs something and answers how SQLite goes about each statement that it sent, a step in each line. */
export async function plansOf(act: Act, { isOuter = false, isMeant = /^/ }: Wanted = {}): Promise<string[][]> {
  const sent = (await statementsOf(act)).filter(({ sql }) => isMeant.test(sql));
  const plans = await Promise.all(sent.map(explain));
  return plans.map((plan) => plan.filter((step) => !isOuter || step.parent === 0).map((step) => step.detail));
}

/** The same of the first such statement. */
export async function planOf(act: Act, wanted?: Wanted): Promise<string[]> {
  const [first] = await plansOf(act, wanted);
  if (!first) throw new Error("no such statement was sent");
  return first;
}

/** Those steps of a plan that read all of a table: not what a parameter lists, nor the one row that a subquery finds. */
export function scansIn(plan: readonly string[]): string[] {
  const isHarmless = /^SCAN (CONSTANT ROW|\(subquery-\d+\)|found LEFT-JOIN|asked VIRTUAL TABLE INDEX)/;
  return plan.filter((step) => step.startsWith("SCAN") && !isHarmless.test(step));
}

/** Tables of which a registry may have a million rows, or a hundred thousand. */
const LARGE_TABLES =
  /^SCAN (accounts|audit_events|blobs|daily_image_usage|daily_organization_usage|daily_pulls|deliveries|manifest_blobs|manifest_children|manifest_platforms|manifests|organization_blobs|organization_permissions|organizations|repositories|repository_blobs|repository_permissions|retention_log|retention_rules|shares|tag_history|tags|triggers|users)(?!\w)/;

/**
 * How a list of `storage/bounded.ts` goes about it.
 *
 * @param index the one that it walks.
 * @param isWhole whether the list is of all that the index has, which then is walked from its beginning.
 * @param isMeant which of the statements that are sent is the list: the first that meets this.
 * @returns `walks`: the steps that use the index. `faults`: steps that read all of a large table or of an index of one, and
 * sorts of what the walk finds, which has to come in order.
 */
export async function walkOf(
  act: Act,
  index: string,
  { isWhole = false, isMeant = /^/ }: { isWhole?: boolean; isMeant?: RegExp } = {},
): Promise<{ walks: string[]; faults: string[] }> {
  const list = (await statementsOf(act)).find(({ sql }) => isMeant.test(sql));
  if (!list) throw new Error("no such statement was sent");
  const results = await explain(list);
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
