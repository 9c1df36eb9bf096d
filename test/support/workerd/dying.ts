/** Processes that die, for tests of what they leave behind. */
import { env } from "cloudflare:workers";
import { openDatabase } from "../../../src/storage/database.ts";
import { openStores, type Stores } from "../../../src/storage/stores.ts";

/** The stores of a process that dies right after its n-th statement, batch or deletion of objects. */
export function dyingStores(after: number): { stores: Stores; calls: () => number } {
  let calls = 0;
  const mortal = async <T>(act: () => Promise<T>): Promise<T> => {
    if (calls >= after) throw new Error("the process is dead");
    const result = await act();
    calls += 1;
    if (calls >= after) throw new Error("the process died");
    return result;
  };
  const real = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapper = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => mortal(() => statement.all()),
      run: () => mortal(() => statement.run()),
      raw: () => mortal(() => statement.raw()),
    } as unknown as D1PreparedStatement;
    real.set(wrapper, statement);
    return wrapper;
  };
  const database = {
    prepare: (sql: string) => wrap(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      mortal(() => env.DB.batch(statements.map((statement) => real.get(statement) ?? statement))),
  } as unknown as D1Database;
  const bucket = {
    list: (options: R2ListOptions) => mortal(() => env.BUCKET.list(options)),
    delete: (keys: string[]) => mortal(() => env.BUCKET.delete(keys)),
  } as unknown as R2Bucket;
  return { stores: { ...openStores(env), db: openDatabase(database), bucket }, calls: () => calls };
}
