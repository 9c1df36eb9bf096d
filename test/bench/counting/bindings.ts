import type { Env } from "../../../src/env.ts";
import type { Counts } from "./counts.ts";

/** Methods of R2Bucket and R2MultipartUpload that ask R2 something; the others only make objects. */
const R2_OPERATIONS = new Set(["head", "get", "put", "delete", "list", "createMultipartUpload"]);
const MULTIPART_OPERATIONS = new Set(["uploadPart", "complete", "abort"]);
const STATEMENT_OPERATIONS = new Set(["all", "run", "raw", "first"]);

/** Module state, because the Worker and its Durable Objects share the isolate: so both count here. */
export const counts: Counts = { statements: 0, roundTrips: 0, r2: {}, objects: {} };

/** The same bindings, which count what is asked of them. */
export function counted(env: Env): Env {
  return {
    ...env,
    DB: countedDatabase(env.DB),
    BUCKET: countedBucket(env.BUCKET),
    UPLOADS: countedUploads(env.UPLOADS),
  };
}

type Method = (...args: unknown[]) => unknown;

/**
 * An object whose methods are replaced by what `replace` makes of them. Natively implemented objects insist on being
 * called on themselves, so every other method is bound to the original.
 */
function intercepted<T extends object>(target: T, replace: (name: string, original: Method) => Method | undefined): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== "function") return value;
      // What it takes and gives is up to `replace` and the caller, who know the method.
      const original: Method = (...args) => Reflect.apply(value, object, args) as unknown;
      return (typeof name === "string" && replace(name, original)) || original;
    },
  });
}

function count(by: Record<string, number>, name: string): void {
  by[name] = (by[name] ?? 0) + 1;
}

const originals = new WeakMap<object, D1PreparedStatement>();

function countedDatabase(database: D1Database): D1Database {
  return intercepted(database, (name, original) => {
    if (name === "prepare") return (sql) => countedStatement(original(sql) as D1PreparedStatement);
    if (name === "batch") {
      return (statements) => {
        const list = statements as D1PreparedStatement[];
        counts.roundTrips += 1;
        counts.statements += list.length;
        return original(list.map((statement) => originals.get(statement) ?? statement));
      };
    }
    if (name === "exec") throw new Error("exec is not counted");
    return undefined;
  });
}

function countedStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const proxy = intercepted(statement, (name, original) => {
    if (name === "bind") return (...values) => countedStatement(original(...values) as D1PreparedStatement);
    if (!STATEMENT_OPERATIONS.has(name)) return undefined;
    return (...args) => {
      counts.roundTrips += 1;
      counts.statements += 1;
      return original(...args);
    };
  });
  originals.set(proxy, statement);
  return proxy;
}

function countedBucket(bucket: R2Bucket): R2Bucket {
  return intercepted(bucket, (name, original) => (...args) => {
    if (R2_OPERATIONS.has(name)) count(counts.r2, name);
    const result = original(...args);
    if (name === "resumeMultipartUpload") return countedMultipart(result as R2MultipartUpload);
    if (name === "createMultipartUpload") return (result as Promise<R2MultipartUpload>).then(countedMultipart);
    return result;
  });
}

function countedMultipart(upload: R2MultipartUpload): R2MultipartUpload {
  return intercepted(upload, (name, original) => (...args) => {
    if (MULTIPART_OPERATIONS.has(name)) count(counts.r2, name);
    return original(...args);
  });
}

function countedUploads(uploads: Env["UPLOADS"]): Env["UPLOADS"] {
  return intercepted(uploads, (name, original) => {
    if (name !== "get" && name !== "getByName") return undefined;
    return (...args) =>
      intercepted(original(...args) as DurableObjectStub, (method, call) => (...values) => {
        count(counts.objects, method);
        return call(...values);
      });
  });
}
