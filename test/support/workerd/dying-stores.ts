/** Processes that die, for tests of what they leave behind. */
import { env } from "cloudflare:workers";
import { openDatabase } from "../../../src/storage/database.ts";
import { openStores, type Stores } from "../../../src/storage/stores.ts";
import { replacing } from "../replacing.ts";

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
    const wrapper = replacing(statement, {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => mortal(() => statement.all()),
      run: () => mortal(() => statement.run()),
      raw: () => mortal(() => statement.raw()),
    });
    real.set(wrapper, statement);
    return wrapper;
  };
  const database = replacing(env.DB, {
    prepare: (sql: string) => wrap(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      mortal(() => env.DB.batch(statements.map((statement) => real.get(statement) ?? statement))),
  });
  const bucket = replacing(env.BUCKET, {
    list: (options: R2ListOptions) => mortal(() => env.BUCKET.list(options)),
    delete: (keys: string[]) => mortal(() => env.BUCKET.delete(keys)),
  });
  return { stores: { ...openStores(env), db: openDatabase(database), bucket }, calls: () => calls };
}
