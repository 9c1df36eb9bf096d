/** What a request asks of D1 and Durable Objects until it is answered, counted in the whole isolate, Durable Objects included. */
import { env } from "cloudflare:workers";
import { UploadSession } from "../../../src/storage/content/upload-session.ts";

export interface Trips {
  status: number;
  /** Round trips to D1 that had come back when the request was answered. */
  database: number;
  /** How many of those were made one after the other: the others went on beside them. */
  inSequence: number;
  /** Methods of upload sessions that were called. */
  sessions: string[];
}

const STATEMENT_METHODS = ["all", "first", "raw", "run"] as const;
const SESSION_METHODS = ["append", "cancel", "endIfIdle", "finish", "status", "store"] as const;
/** So that trips which were begun together overlap. */
const LEAST_MS = 20;
/** Longer than what work does between two trips. */
const QUIET_MS = 5 * LEAST_MS;

/** Sends a request and counts. */
export async function tripsOf(send: () => Promise<Response>): Promise<Trips> {
  const trips: { start: number; end: number }[] = [];
  const sessions: string[] = [];
  let clock = 0;
  const time = async (ask: () => unknown): Promise<unknown> => {
    const trip = { start: (clock += 1), end: Infinity };
    trips.push(trip);
    try {
      await scheduler.wait(LEAST_MS);
      return await ask();
    } finally {
      trip.end = clock += 1;
    }
  };
  const replaced = [
    replaceMethod(Object.getPrototypeOf(env.DB), "batch", time),
    ...STATEMENT_METHODS.map((name) => replaceMethod(Object.getPrototypeOf(env.DB.prepare("SELECT 1")), name, time)),
    ...SESSION_METHODS.map((name) =>
      replaceMethod(UploadSession.prototype, name, (call) => {
        sessions.push(name);
        return call();
      }),
    ),
  ];
  try {
    // What requests before this one have left for after their answers is not counted.
    for (let seen = -1; seen < trips.length || trips.some(({ end }) => end === Infinity);) {
      seen = trips.length;
      await scheduler.wait(QUIET_MS);
    }
    trips.length = 0;
    sessions.length = 0;
    const { status } = await send();
    const done = trips.filter(({ end }) => end !== Infinity);
    return { status, database: done.length, inSequence: longestChain(done), sessions };
  } finally {
    for (const restore of replaced) restore();
  }
}

/** Has a method of all objects of a class called by way of `wrap`, until the function that comes back is called. */
export function replaceMethod(
  target: object,
  name: string,
  wrap: (call: () => unknown, self: unknown) => unknown,
): () => void {
  const original = Object.getOwnPropertyDescriptor(target, name);
  if (typeof original?.value !== "function") throw new Error(`${name} is no method`);
  const method = original.value as (...args: unknown[]) => unknown;
  Object.defineProperty(target, name, {
    ...original,
    value: function call(this: unknown, ...args: unknown[]) {
      return wrap(() => Reflect.apply(method, this, args), this);
    },
  });
  return () => {
    Object.defineProperty(target, name, original);
  };
}

/** How many of the intervals follow one another at most, each begun after the one before had ended. */
function longestChain(intervals: readonly { start: number; end: number }[]): number {
  let [length, last] = [0, 0];
  for (const { start, end } of intervals.toSorted((one, other) => one.end - other.end)) {
    if (start < last) continue;
    length += 1;
    last = end;
  }
  return length;
}
