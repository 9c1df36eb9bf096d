import type { Env } from "../../../src/env.ts";
import type { Counts } from "./counts.ts";

/** Methods of R2Bucket and R2MultipartUpload that ask R2 something; the others only make objects. */
const R2_OPERATIONS = new Set(["head", "get", "put", "delete", "list", "createMultipartUpload"]);
const MULTIPART_OPERATIONS = new Set(["uploadPart", "complete", "abort"]);
const STATEMENT_OPERATIONS = new Set(["all", "run", "raw", "first"]);

/** How requests to D1 are counted. */
interface Trips {
  counts: Counts;
  /** What a request to D1 waits for before it is sent. */
  wait?: (() => Promise<void>) | undefined;
  /** Whether they are a session's whose reads need not go to the primary. */
  isNearby?: boolean;
}

/**
 * The same bindings, which add to the counts what is asked of them.
 *
 * @param wait what each request to D1 waits for before it is sent.
 */
export function counted(env: Env, counts: Counts, wait?: () => Promise<void>): Env {
  return {
    ...env,
    DB: countedDatabase(env.DB, { counts, wait }),
    BUCKET: countedBucket(env.BUCKET, counts),
    UPLOADS: countedUploads(env.UPLOADS, counts),
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

function countedDatabase<T extends D1Database | D1DatabaseSession>(database: T, trips: Trips): T {
  return intercepted(database, (name, original) => {
    if (name === "prepare") return (sql) => countedStatement(original(sql) as D1PreparedStatement, trips);
    if (name === "withSession") {
      return (start) => {
        const isNearby = start !== "first-primary";
        return countedDatabase(original(start) as D1DatabaseSession, { ...trips, isNearby });
      };
    }
    if (name === "batch") {
      return (statements) => {
        const list = statements as D1PreparedStatement[];
        return countTrip(trips, list.length, () => {
          return original(list.map((statement) => originals.get(statement) ?? statement));
        });
      };
    }
    if (name === "exec") throw new Error("exec is not counted");
    return undefined;
  });
}

function countTrip({ counts, wait, isNearby = false }: Trips, statements: number, send: () => unknown): unknown {
  if (isNearby) counts.nearbyTrips += 1;
  else counts.roundTrips += 1;
  counts.statements += statements;
  return wait ? wait().then(send) : send();
}

function countedStatement(statement: D1PreparedStatement, trips: Trips): D1PreparedStatement {
  const proxy = intercepted(statement, (name, original) => {
    if (name === "bind") {
      return (...values) => countedStatement(original(...values) as D1PreparedStatement, trips);
    }
    if (!STATEMENT_OPERATIONS.has(name)) return undefined;
    return (...args) => countTrip(trips, 1, () => original(...args));
  });
  originals.set(proxy, statement);
  return proxy;
}

function countedBucket(bucket: R2Bucket, counts: Counts): R2Bucket {
  return intercepted(bucket, (name, original) => (...args) => {
    if (R2_OPERATIONS.has(name)) count(counts.r2, name);
    const result = original(...args);
    if (name === "resumeMultipartUpload") return countedMultipart(result as R2MultipartUpload, counts);
    if (name === "createMultipartUpload") {
      return (result as Promise<R2MultipartUpload>).then((upload) => countedMultipart(upload, counts));
    }
    return result;
  });
}

function countedMultipart(upload: R2MultipartUpload, counts: Counts): R2MultipartUpload {
  return intercepted(upload, (name, original) => (...args) => {
    if (MULTIPART_OPERATIONS.has(name)) count(counts.r2, name);
    return original(...args);
  });
}

function countedUploads(uploads: Env["UPLOADS"], counts: Counts): Env["UPLOADS"] {
  return intercepted(uploads, (name, original) => {
    if (name !== "get" && name !== "getByName") return undefined;
    return (...args) =>
      intercepted(original(...args) as DurableObjectStub, (method, call) => (...values) => {
        count(counts.objects, method);
        return call(...values);
      });
  });
}
