/** A D1 binding that counts what it reads and writes, which is what D1 is billed by, and looks at the plan of each query. */
import { replacing } from "../../support/replacing.ts";
import { faultsOf, type Step } from "./plan.ts";
import type { Asked } from "./size.ts";

/** Statements whose plans have been looked at: a plan depends on the text alone. */
const looked = new Set<string>();

interface Original {
  statement: D1PreparedStatement;
  sql: string;
  values: unknown[];
}

/** The same binding, which adds to `asked`. */
export function countedRows(binding: D1Database, asked: Asked): D1Database {
  const originals = new WeakMap<object, Original>();
  const look = async ({ sql, values }: Original) => {
    if (looked.has(sql)) return;
    looked.add(sql);
    const { results } = await binding
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<Step>();
    asked.faults.push(...faultsOf(results).map((fault) => `${fault}: ${sql}`));
  };
  const note = (result: D1Result, sql: string) => {
    const { rows_read: read, rows_written: written } = result.meta;
    asked.statements += 1;
    asked.rowsRead += read;
    asked.rowsWritten += written;
    if (written > asked.mostWritten) [asked.mostWritten, asked.mostWriting] = [written, sql];
  };
  const timed = (results: readonly D1Result[], sql: string) => {
    const duration = results.reduce((sum, { meta }) => sum + meta.duration, 0);
    if (duration > asked.longest) [asked.longest, asked.longestSql] = [duration, sql];
  };
  const all = async <T>(original: Original): Promise<D1Result<T>> => {
    await look(original);
    const result = await original.statement.all<T>();
    note(result, original.sql);
    timed([result], original.sql);
    return result;
  };
  const wrap = (original: Original): D1PreparedStatement => {
    const { statement, sql } = original;
    const wrapped = replacing(statement, {
      bind: (...values: unknown[]) => wrap({ statement: statement.bind(...values), sql, values }),
      all: () => all(original),
      run: () => all(original),
      first: async () => (await all<Record<string, unknown>>(original)).results[0] ?? null,
      // D1 does not tell what `raw` has read: a question is asked once more, an order has no two columns of one name.
      raw: async () => {
        if (/^\s*(select|with)\b/i.test(sql)) await all(original);
        else return (await all<Record<string, unknown>>(original)).results.map((row) => Object.values(row));
        return statement.raw();
      },
    });
    originals.set(wrapped, original);
    return wrapped;
  };
  const methods = {
    prepare: (sql: string) => wrap({ statement: binding.prepare(sql), sql, values: [] }),
    batch: async (statements: D1PreparedStatement[]) => {
      const batch = statements.map((statement) => {
        const original = originals.get(statement);
        if (!original) throw new Error("a statement of another database");
        return original;
      });
      for (const original of batch) await look(original);
      const results = await binding.batch(batch.map(({ statement }) => statement));
      for (const [at, result] of results.entries()) note(result, batch[at]?.sql ?? "");
      timed(results, batch.map(({ sql }) => sql).join(";\n"));
      return results;
    },
  };
  // A copy of the database reads as many rows as the primary.
  return replacing(binding, { ...methods, withSession: () => ({ ...methods, getBookmark: () => null }) });
}
