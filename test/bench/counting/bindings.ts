import type { Env } from "../../../src/env.ts";
import type { Counts } from "./counts.ts";

/** Methods of R2Bucket and R2MultipartUpload that ask R2 something; the others only make objects. */
const R2_OPERATIONS = new Set(["head", "get", "put", "delete", "list", "createMultipartUpload"]);
const MULTIPART_OPERATIONS = new Set(["uploadPart", "complete", "abort"]);
const STATEMENT_OPERATIONS = new Set(["all", "run", "raw", "first"]);
/** D1 has the primary do these, in whatever session. */
const WRITES = /\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|delete\s+from|update\s+\S+\s+set)\b/i;

/** Something that is asked of the platform, at one go. */
export interface Trip {
  /** Where to: D1's primary, the nearest copy of the database, R2, or a Durable Object. */
  to: "primary" | "nearby" | "r2" | "object";
  /** What R2 or the object is asked for; empty for D1. */
  operation: string;
  /** How many of SQL: a batch has several. */
  statements: number;
  /** Which object, by its id. */
  object?: string;
}

/** Sees each trip, and lets it begin by calling `ask`. */
export type Watch = (trip: Trip, ask: () => unknown) => unknown;

/** The same bindings, each of whose trips is watched. */
export function watched(env: Env, watch: Watch): Env {
  return {
    ...env,
    DB: watchedDatabase(env.DB, watch),
    BUCKET: watchedBucket(env.BUCKET, watch),
    UPLOADS: watchedUploads(env.UPLOADS, watch),
  };
}

/**
 * The same bindings, which add to the counts what is asked of them.
 *
 * @param wait what each request to D1 waits for before it is sent.
 */
export function counted(env: Env, counts: Counts, wait?: () => Promise<void>): Env {
  return watched(env, ({ to, operation, statements }, ask) => {
    counts.statements += statements;
    if (to === "primary") counts.roundTrips += 1;
    else if (to === "nearby") counts.nearbyTrips += 1;
    else count(to === "r2" ? counts.r2 : counts.objects, operation);
    return wait && (to === "primary" || to === "nearby") ? wait().then(ask) : ask();
  });
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

/** What a statement is without its proxy. */
const originals = new WeakMap<object, { statement: D1PreparedStatement; isWrite: boolean }>();

/** @param isNearby whether it is a session whose reads need not go to the primary. */
function watchedDatabase<T extends D1Database | D1DatabaseSession>(database: T, watch: Watch, isNearby = false): T {
  const destination = (isWrite: boolean) => (isNearby && !isWrite ? "nearby" : "primary");
  const watchedStatement = (statement: D1PreparedStatement, isWrite: boolean): D1PreparedStatement => {
    const proxy = intercepted(statement, (name, original) => {
      if (name === "bind") return (...values) => watchedStatement(original(...values) as D1PreparedStatement, isWrite);
      if (!STATEMENT_OPERATIONS.has(name)) return undefined;
      return (...args) => watch({ to: destination(isWrite), operation: "", statements: 1 }, () => original(...args));
    });
    originals.set(proxy, { statement, isWrite });
    return proxy;
  };
  return intercepted(database, (name, original) => {
    if (name === "prepare") {
      return (sql) => watchedStatement(original(sql) as D1PreparedStatement, WRITES.test(String(sql)));
    }
    if (name === "withSession") {
      return (start) => watchedDatabase(original(start) as D1DatabaseSession, watch, start !== "first-primary");
    }
    if (name === "batch") {
      return (statements) => {
        const known = (statements as D1PreparedStatement[]).map(
          (statement) => originals.get(statement) ?? { statement, isWrite: true },
        );
        const to = destination(known.some(({ isWrite }) => isWrite));
        const list = known.map(({ statement }) => statement);
        return watch({ to, operation: "", statements: list.length }, () => original(list));
      };
    }
    if (name === "exec") throw new Error("exec is not watched");
    return undefined;
  });
}

function watchedBucket(bucket: R2Bucket, watch: Watch): R2Bucket {
  return intercepted(bucket, (name, original) => {
    if (name === "resumeMultipartUpload") {
      return (...args) => watchedMultipart(original(...args) as R2MultipartUpload, watch);
    }
    if (!R2_OPERATIONS.has(name)) return undefined;
    return (...args) => {
      const result = watch({ to: "r2", operation: name, statements: 0 }, () => original(...args));
      if (name !== "createMultipartUpload") return result;
      return (result as Promise<R2MultipartUpload>).then((upload) => watchedMultipart(upload, watch));
    };
  });
}

function watchedMultipart(upload: R2MultipartUpload, watch: Watch): R2MultipartUpload {
  return intercepted(upload, (name, original) => {
    if (!MULTIPART_OPERATIONS.has(name)) return undefined;
    return (...args) => watch({ to: "r2", operation: name, statements: 0 }, () => original(...args));
  });
}

function watchedUploads(uploads: Env["UPLOADS"], watch: Watch): Env["UPLOADS"] {
  return intercepted(uploads, (name, original) => {
    if (name !== "get" && name !== "getByName") return undefined;
    return (...args) => {
      const stub = original(...args) as DurableObjectStub;
      const object = stub.id.toString();
      return intercepted(stub, (method, call) => (...values) => {
        return watch({ to: "object", operation: method, statements: 0, object }, () => call(...values));
      });
    };
  });
}
