// Imported by name, because scripts that run in Node do not have the types of the platform as globals.
import type { D1Database, D1DatabaseSession, D1PreparedStatement, D1Result } from "@cloudflare/workers-types";
import { is, Param, Placeholder, type SQL, sql } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { D1PreparedQuery, drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Queries that the platform lets one invocation of a Worker send to D1; each statement of a batch is one. */
export const MAX_QUERIES = 1000;

/** How much later than its own time a row may be written at most: longer than D1 lets a query take. */
export const MAX_WRITE_DELAY_MS = 5 * 60 * 1000;

/** How many queries an invocation has sent, whichever copies of the database they went to. */
interface Sent {
  queries: number;
}

/** What statements go through: the database, whose primary takes them, or a session. */
type Route = Pick<D1Database, "prepare" | "batch">;

/**
 * What the platform calls the state of the database as of a query: a copy that has come so far has all that was written before.
 * Of two bookmarks the greater text is the later one.
 */
export type Bookmark = string;
const BOOKMARK = /^[0-9a-f]{8}(-[0-9a-f]{8}){2}-[0-9a-f]{32}$/;

/** Reads a bookmark that a client brings; undefined when it is none. */
export function parseBookmark(text: string): Bookmark | undefined {
  return BOOKMARK.test(text) ? text : undefined;
}

/** As of what this isolate has removed or changed last: what it reads nearby has come so far. */
let latestHere: Bookmark | undefined;

function laterOf(one: Bookmark | undefined, other: Bookmark | undefined): Bookmark | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

/**
 * How many queries an invocation sends as fast as it can: more than any request takes. What sends more is housekeeping, or
 * goes through something long, and leaves room for others from then on.
 */
const UNPACED_QUERIES = 30;
/** The longest pause after a query. */
const MAX_PAUSE_MS = 20;

/**
 * Opens D1 through Drizzle. D1 has no transactions: what must happen together is one `batch()`, and no batch may hold a
 * join, whose columns D1 would mix up.
 *
 * D1 does one thing at a time. So after the first few queries each one is followed by a pause as long as it took, up to 20 ms,
 * in which requests have the database for themselves.
 *
 * @param maxQueries how many may be sent: for one invocation, {@link MAX_QUERIES}, here as on the platform. One more is an
 * error.
 */
export function openDatabase(binding: D1Database, maxQueries = Number.POSITIVE_INFINITY): Database {
  return open(binding, () => binding, { queries: 0 }, maxQueries);
}

/** The databases of a request. */
export interface Databases {
  /** The primary: it has everything that was written. */
  db: Database;
  /** The nearest copy, for what may be a second old. It is for reading only. */
  nearby: Database;
}

/**
 * Opens D1's primary as {@link openDatabase} does, and the nearest copy besides. Both together send as many queries as one may.
 *
 * @param after what the copy must have; undefined for what this isolate has written, and nothing else.
 */
export function openWithNearby(binding: D1Database, maxQueries: number, after: Bookmark | undefined): Databases {
  const sent = { queries: 0 };
  let session: D1DatabaseSession | undefined;
  const route = () => (session ??= binding.withSession(laterOf(after, latestHere) ?? "first-unconstrained"));
  return {
    db: open(binding, () => binding, sent, maxQueries),
    nearby: open(binding, route, sent, maxQueries),
  };
}

/**
 * Opens D1's primary as {@link openDatabase} does, for a request that changes something.
 *
 * @returns also a function that answers the bookmark as of what the request has done so far, and has this isolate read nothing
 * nearby that is older; undefined where there are no bookmarks.
 */
export function openWithBookmark(
  binding: D1Database,
  maxQueries: number,
): { db: Database; takeBookmark: () => Bookmark | undefined } {
  const sessions: D1DatabaseSession[] = [];
  // The first query of such a session goes to the primary, and a second one might not: so each has a session of its own.
  const route = () => {
    const session = binding.withSession("first-primary");
    sessions.push(session);
    return session;
  };
  const takeBookmark = () => {
    const bookmarks = sessions.map((session) => session.getBookmark() ?? undefined);
    const bookmark = bookmarks.reduce(laterOf, undefined);
    latestHere = laterOf(latestHere, bookmark);
    return bookmark;
  };
  return { db: open(binding, route, { queries: 0 }, maxQueries), takeBookmark };
}

function open(binding: D1Database, route: () => Route, sent: Sent, maxQueries: number): Database {
  return new Proxy(NOWHERE, new Opened(binding, route, sent, maxQueries));
}

/** What a database that was opened is known by. */
const OPENED = Symbol("opened");

/**
 * An open database. What it is for Drizzle is made when something of that is used: each request opens several databases, and one
 * that only sends queries that are written once needs no more than {@link Opened.prepare}.
 */
class Opened {
  readonly sent: Sent;
  readonly #binding: D1Database;
  readonly #route: () => Route;
  readonly #maxQueries: number;
  #pacing: Pacing | undefined;
  #drizzle: Database | undefined;

  constructor(binding: D1Database, route: () => Route, sent: Sent, maxQueries: number) {
    this.#binding = binding;
    this.#route = route;
    this.sent = sent;
    this.#maxQueries = maxQueries;
  }

  /** That of a database; undefined for one of another kind than {@link openDatabase} makes. */
  static of(db: Database): Opened | undefined {
    const opened: unknown = Reflect.get(db, OPENED);
    return opened instanceof Opened ? opened : undefined;
  }

  /** As the handler of a proxy. */
  get(_: Database, key: string | symbol): unknown {
    if (key === OPENED) return this;
    return Reflect.get((this.#drizzle ??= this.#openDrizzle()), key);
  }

  prepare(query: string): D1PreparedStatement {
    if (this.sent.queries >= this.#maxQueries) {
      throw new Error(`more than ${this.#maxQueries} queries in one invocation`);
    }
    this.sent.queries += 1;
    const statement = this.#route().prepare(query);
    return this.sent.queries > UNPACED_QUERIES ? this.#paced().statement(statement) : statement;
  }

  batch(statements: D1PreparedStatement[]): Promise<D1Result[]> {
    return this.#paced().batch(this.#route(), statements);
  }

  #paced(): Pacing {
    return (this.#pacing ??= new Pacing());
  }

  #openDrizzle(): Database {
    // Drizzle prepares a statement for every query that it sends, alone or in a batch.
    const prepare = (query: string) => this.prepare(query);
    const batch = (statements: D1PreparedStatement[]) => this.batch(statements);
    return drizzle(
      new Proxy(this.#binding, {
        get(target, key) {
          if (key === "prepare") return prepare;
          if (key === "batch") return batch;
          const value: unknown = Reflect.get(target, key);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      }),
    );
  }
}

function refuse(): never {
  throw new TypeError("nothing is sent from here");
}

/** Where queries are written that are sent elsewhere. */
const NOWHERE = drizzle({
  prepare: () => ({ bind: refuse, first: refuse, run: refuse, all: refuse, raw: refuse }),
  batch: refuse,
  exec: refuse,
  withSession: refuse,
  dump: refuse,
});

/** A query as Drizzle makes it. */
interface WrittenQuery<Row> extends PromiseLike<Row[]> {
  prepare(): unknown;
}

/**
 * A query that is written once in an isolate and sent many times, for those that pulls and tokens wait for: Drizzle takes longer
 * to write one than SQLite to answer it.
 *
 * @param write makes the query, with a `sql.placeholder` for each value that differs.
 * @returns a function that sends it with these values.
 */
export function writtenOnce<Row>(
  write: (db: Database) => WrittenQuery<Row>,
): (db: Database, values: Record<string, unknown>) => Promise<Row[]> {
  const prepare = preparedOnceWritten(write);
  return async (db, values) => {
    const { statement, query } = prepare(db, values);
    // It maps rows of the very query that the type comes from.
    return query.mapAllResult(await statement.raw()) as Row[];
  };
}

/**
 * The same without the objects that Drizzle makes of rows, which takes it as long as the query itself: for the few that nearly
 * every request waits for.
 *
 * @typeParam Columns of a row, in the order in which the query selects them, and as SQLite has them: a time is milliseconds, a
 * condition is 0 or 1.
 */
export function writtenOnceInColumns<Columns extends unknown[]>(
  write: (db: Database) => WrittenQuery<unknown>,
): (db: Database, values: Record<string, unknown>) => Promise<Columns[]> {
  const prepare = preparedOnceWritten(write);
  return async (db, values) => prepare(db, values).statement.raw<Columns>();
}

/** A value of a statement, or its placeholder in one that is written once. */
export type Given<T> = T | Placeholder;

/** Values by their names, or their placeholders. */
export type AllGiven<Values> = { [Name in keyof Values]: Given<Values[Name]> };

/**
 * A batch that is written once in an isolate for each of its shapes, and sent many times. All that differs
 * between two uses must be a value: a time from the clock would stay that of the first use.
 *
 * @param write makes the statements from values, or from a placeholder for each of them.
 * @returns a function that sends them with these values. `shape` says which statements there are, and has few values.
 */
export function batchWrittenOnce<Values extends object, Shape, T extends readonly BatchItem<"sqlite">[]>(
  write: (db: Database, values: AllGiven<Values>, shape: Shape) => T,
): (db: Database, values: Values, shape: Shape) => Promise<BatchResponse<T>> {
  const byShape = new Map<string, Written[]>();
  return async (db, values, shape) => {
    const opened = requireOpened(db);
    const key = JSON.stringify(shape);
    let batch = byShape.get(key);
    if (!batch) {
      const names = Object.keys(values);
      const places = Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as AllGiven<Values>;
      batch = write(NOWHERE, places, shape).map((statement) => writtenOf(statement));
      byShape.set(key, batch);
    }
    const given = values as Record<string, unknown>;
    const statements = batch.map(({ text, bound }) => opened.prepare(text).bind(...bound.map((value) => value(given))));
    const answers = await opened.batch(statements);
    // It maps rows of the very statements that the type comes from.
    return batch.map(({ query }, at) => query.mapResult(answers[at], true)) as BatchResponse<T>;
  };
}

/** A query as it is sent, with a function for each of its values. */
interface Written {
  query: D1PreparedQuery;
  text: string;
  bound: ((values: Record<string, unknown>) => unknown)[];
}

function preparedOnceWritten(write: (db: Database) => WrittenQuery<unknown>) {
  let written: Written | undefined;
  return (db: Database, values: Record<string, unknown>) => {
    const opened = requireOpened(db);
    const { query, text, bound } = (written ??= writtenOf(write(NOWHERE)));
    return { statement: opened.prepare(text).bind(...bound.map((value) => value(values))), query };
  };
}

function requireOpened(db: Database): Opened {
  const opened = Opened.of(db);
  if (!opened) throw new TypeError("only a database that was opened here sends queries that are written once");
  return opened;
}

function writtenOf(statement: object): Written {
  const query: unknown = "prepare" in statement && typeof statement.prepare === "function" && statement.prepare();
  if (!(query instanceof D1PreparedQuery)) throw new TypeError("D1 has no such query");
  const { sql: text, params } = query.getQuery();
  return { query, text, bound: params.map(valueOf) };
}

/** A function for a value of a query. Drizzle itself finds out at each use what kind of a value it is. */
function valueOf(param: unknown): (values: Record<string, unknown>) => unknown {
  if (is(param, Placeholder)) return ({ [param.name]: value }) => requireValue(param.name, value);
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { encoder, value: placeholder } = param;
    return ({ [placeholder.name]: value }) => {
      const given = requireValue(placeholder.name, value);
      return given === null ? null : encoder.mapToDriverValue(given);
    };
  }
  return () => param;
}

function requireValue(name: string, value: unknown): unknown {
  if (value === undefined) throw new TypeError(`the query has no value for ${name}`);
  return value;
}

/** Lets a pause follow what is sent by the statements that it has made. */
class Pacing {
  readonly #originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

  statement(original: D1PreparedStatement): D1PreparedStatement {
    const paced = new Proxy(original, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...values: unknown[]) => Promise<unknown>;
        if (key === "bind") return (...values: unknown[]) => this.statement(target.bind(...values));
        return (...values: unknown[]) => followedByPause(() => call(...values));
      },
    });
    this.#originals.set(paced, original);
    return paced;
  }

  batch<T>(route: Route, statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
    const originals = statements.map((statement) => this.#originals.get(statement) ?? statement);
    const isPaced = originals.some((original, at) => original !== statements[at]);
    return isPaced ? followedByPause(() => route.batch<T>(originals)) : route.batch<T>(originals);
  }
}

async function followedByPause<T>(send: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  try {
    return await send();
  } finally {
    // At least one turn of the clock: a chain of answers that are there at once would keep the runtime from its sockets.
    const ms = Math.min(MAX_PAUSE_MS, Math.max(1, Date.now() - startedAt));
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** How many queries were sent through a database since it was opened. */
export function countQueries(db: Database): number {
  return Opened.of(db)?.sent.queries ?? 0;
}

/** Drizzle wraps D1's error, which is known by its text alone. */
export function isConstraintFailure(error: unknown, constraint: string): boolean {
  return messagesOf(error).some((message) => message.includes(constraint));
}

/** The messages of an error and of its causes. */
export function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages;
}

/**
 * A subquery as a column of a result. In a query without joins Drizzle writes the columns at the top of an expression
 * without their tables, and a subquery would take them for its own; one level down it leaves them alone.
 */
export function asColumn<T>(subquery: SQL): SQL<T> {
  return sql<T>`${subquery}`;
}
