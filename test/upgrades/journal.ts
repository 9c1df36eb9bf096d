/**
 * Notes every statement that a Worker sends to D1, in order. `record.ts` puts this file into the sources of the version that it records,
 * so it imports nothing, and does with any version.
 */

/** A statement with what is bound to it. */
export interface Statement {
  sql: string;
  values: unknown[];
}

/** What is sent to D1 at one go: a batch has several. */
export type Trip = Statement[];

const SENDS: ReadonlySet<PropertyKey> = new Set(["all", "run", "raw", "first"]);

interface Bindable {
  bind: (...values: unknown[]) => Bindable;
}
interface Sql {
  prepare: (sql: string) => Bindable;
  batch: (statements: Bindable[]) => unknown;
  withSession: (start: unknown) => Sql;
}

/** What a statement is without its proxy. A batch of a session may have statements of the database itself. */
const originals = new WeakMap<Bindable, Statement & { original: Bindable }>();

/** The same database, which notes in `journal` what it is asked. */
export function journaled(database: Sql, journal: Trip[]): Sql {
  const noted = (original: Bindable, sql: string, values: unknown[]): Bindable => {
    const proxy = wrapped(original, (name, call) => {
      if (name === "bind") return (...next) => noted(original.bind(...next), sql, next);
      if (!SENDS.has(name)) return call;
      return (...args) => {
        journal.push([{ sql, values }]);
        return call(...args);
      };
    });
    originals.set(proxy, { sql, values, original });
    return proxy;
  };
  return wrapped(database, (name, call) => {
    if (name === "prepare") return (sql) => noted(database.prepare(String(sql)), String(sql), []);
    if (name === "withSession") return (start) => journaled(database.withSession(start), journal);
    if (name !== "batch") return call;
    return (statements) => {
      const known = (statements as Bindable[]).map((statement) => {
        const found = originals.get(statement);
        if (found === undefined) throw new Error("a statement of another database");
        return found;
      });
      journal.push(known.map(({ sql, values }) => ({ sql, values })));
      return database.batch(known.map(({ original }) => original));
    };
  });
}

type Call = (...args: unknown[]) => unknown;

/** An object each of whose functions `replace` may replace. Those of the runtime insist on being called on their own object. */
function wrapped<T extends object>(target: T, replace: (name: PropertyKey, call: Call) => Call): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      return replace(name, (...args) => Reflect.apply(value, object, args));
    },
  });
}
