import { openDatabase, type Database } from "../../../src/storage/database.ts";

/** What was asked of D1. */
export interface Asked {
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

/** A database that counts what is asked of it. */
export function countedDatabase(binding: D1Database): { db: Database; asked: Asked } {
  const asked: Asked = { statements: 0, rowsRead: 0, rowsWritten: 0 };
  const originals = new WeakMap<object, D1PreparedStatement>();
  const note = <R extends D1Result>(result: R): R => {
    asked.statements += 1;
    asked.rowsRead += result.meta.rows_read;
    asked.rowsWritten += result.meta.rows_written;
    return result;
  };
  const wrap = (original: D1PreparedStatement): D1PreparedStatement => {
    // What Drizzle calls of it. D1 does not tell what `raw` has read; in no query here two columns have one name.
    const statement = {
      bind: (...values: unknown[]) => wrap(original.bind(...values)),
      all: async () => note(await original.all()),
      run: async () => note(await original.run()),
      raw: async () => note(await original.all<object>()).results.map((row) => Object.values(row)),
    } as unknown as D1PreparedStatement;
    originals.set(statement, original);
    return statement;
  };
  const database = {
    prepare: (sql: string) => wrap(binding.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) =>
      (await binding.batch(statements.map((statement) => originals.get(statement) ?? statement))).map(note),
  } as unknown as D1Database;
  return { db: openDatabase(database), asked };
}
