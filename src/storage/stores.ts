import type { Env, MessageQueue } from "../env.ts";
import { readSecrets, type Secrets } from "../model/secrets.ts";
import { readSettings, type Settings } from "../model/settings.ts";
import {
  type Bookmark,
  type Database,
  MAX_QUERIES,
  openDatabase,
  openWithBookmark,
  openWithNearby,
} from "./database.ts";
import type { Uploads } from "./content/uploads.ts";
import { databaseOf } from "./routing.ts";

/** What came of telling the cache of removals: "absent" where there is no cache, as in the local runtime. */
export type Purging = "purged" | "refused" | "absent";

/**
 * The entrypoint of the Worker that gives what is named by a digest, with Cloudflare's cache in front of it
 * (`content-source.ts`, ADR 24).
 */
export interface ContentSource {
  fetch: (url: string) => Promise<Response>;
  /** Removes all that has one of these tags from the cache, everywhere. */
  purge: (tags: string[]) => Promise<Purging>;
}

/** What the platform hands to an invocation, as far as stores are made of it. */
export interface Loopback {
  exports?: { ContentSource?: ContentSource };
}

/** All that Berth keeps anything in, and what the operator gave it. */
export interface Stores {
  /** D1's primary, which has everything that was written: for all that something is decided by. */
  db: Database;
  /** The nearest copy of it, for reads that may be a second old (ADR 26); the primary itself where that is not said otherwise. */
  nearby: Database;
  bucket: R2Bucket;
  uploads: Uploads;
  /** What asks registries that organizations stand for. */
  upstreams: Env["UPSTREAMS"];
  loginLimiter: RateLimit;
  networkLimiter: RateLimit;
  /** Ids of deliveries that are due. */
  deliveries: MessageQueue<{ delivery: number }>;
  /** Ids of jobs of synchronization that are due. */
  syncs: MessageQueue<{ sync: number }>;
  /** Undefined where the Worker has no such entrypoint. */
  contentSource: ContentSource | undefined;
  settings: Settings;
  secrets: Secrets;
}

/**
 * What a request may read nearby: "nothing"; or whatever copy is nearest, if it has come as far as a bookmark. "writes" is for a
 * request that changes something: it reads nothing nearby, and notes how far it has come.
 */
export type Nearby = "nothing" | "writes" | { after: Bookmark | undefined };

/**
 * The stores of a request, which reads nearby what it may.
 *
 * @param organization as {@link openStores} was given it.
 * @returns also a function that answers the bookmark as of what a request that changes something has done; undefined for others.
 */
export function readNearby(
  stores: Stores,
  env: Env,
  what: Nearby,
  organization?: string,
): { stores: Stores; takeBookmark: () => Bookmark | undefined } {
  if (what === "nothing") return { stores, takeBookmark: () => undefined };
  const database = databaseOf(env, organization);
  if (what === "writes") {
    const { db, takeBookmark } = openWithBookmark(database, MAX_QUERIES);
    return { stores: { ...stores, db, nearby: db }, takeBookmark };
  }
  return { stores: { ...stores, ...openWithNearby(database, MAX_QUERIES, what.after) }, takeBookmark: () => undefined };
}

/**
 * @param context of the invocation; without one, what is read is asked of the database and of R2 alone.
 * @param organization the one that is asked about, if it is known: it says which database (ADR 48).
 * @throws ConfigurationError naming what the operator has set wrong.
 */
export function openStores(env: Env, context?: Loopback, organization?: string): Stores {
  const settings = readSettings(env);
  const db = openDatabase(databaseOf(env, organization), MAX_QUERIES);
  return {
    db,
    nearby: db,
    bucket: env.BUCKET,
    uploads: { sessions: env.UPLOADS, places: settings.uploadsInMemory },
    upstreams: env.UPSTREAMS,
    loginLimiter: env.LOGIN_LIMITER,
    networkLimiter: env.NETWORK_LIMITER,
    deliveries: env.DELIVERIES,
    syncs: env.SYNCS,
    contentSource: context?.exports?.ContentSource,
    settings,
    secrets: readSecrets(env),
  };
}
