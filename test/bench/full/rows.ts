/** A D1 binding that counts what it reads and writes: what D1 is billed by. */

import type { Asked } from "./size.ts";

/** The same binding, which adds to `asked`. */
export function countedRows(binding: D1Database, asked: Asked): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>();
  const note = <R extends D1Result>(result: R): R => {
    const { rows_read: read, rows_written: written } = result.meta;
    asked.statements += 1;
    asked.rowsRead += read;
    asked.rowsWritten += written;
    asked.mostWritten = Math.max(asked.mostWritten, written);
    return result;
  };
  const timed = (results: readonly D1Result[]) => {
    const duration = results.reduce((sum, { meta }) => sum + meta.duration, 0);
    asked.longest = Math.max(asked.longest, duration);
  };
  const all = async <T>(statement: D1PreparedStatement): Promise<D1Result<T>> => {
    const result = note(await statement.all<T>());
    timed([result]);
    return result;
  };
  const wrap = (original: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(original.bind(...values), sql),
      all: () => all(original),
      run: () => all(original),
      first: async () => (await all<Record<string, unknown>>(original)).results[0] ?? null,
      // D1 does not tell what `raw` has read: a question is asked once more, an order has no two columns of one name.
      raw: async () => {
        if (/^\s*(select|with)\b/i.test(sql)) await all(original);
        else return (await all<Record<string, unknown>>(original)).results.map((row) => Object.values(row));
        return original.raw();
      },
    };
    originals.set(wrapped, original);
    return wrapped as unknown as D1PreparedStatement;
  };
  const counted = {
    prepare: (sql: string) => wrap(binding.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      const results = await binding.batch(statements.map((statement) => originals.get(statement) ?? statement));
      timed(results);
      return results.map(note);
    },
  };
  return counted as unknown as D1Database;
}
