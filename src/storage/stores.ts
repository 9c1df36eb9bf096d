import type { Env } from "../env.ts";
import { readSecrets, type Secrets } from "../model/secrets.ts";
import { readSettings, type Settings } from "../model/settings.ts";
import { type Database, MAX_QUERIES, openDatabase } from "./database.ts";
import type { Uploads } from "./content/uploads.ts";

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
  db: Database;
  bucket: R2Bucket;
  uploads: Uploads;
  loginLimiter: RateLimit;
  networkLimiter: RateLimit;
  /** Ids of deliveries that are due. */
  deliveries: Queue<{ delivery: number }>;
  /** Undefined where the Worker has no such entrypoint. */
  contentSource: ContentSource | undefined;
  settings: Settings;
  secrets: Secrets;
}

/**
 * @param context of the invocation; without one, what is read is asked of the database and of R2 alone.
 * @throws ConfigurationError naming what the operator has set wrong.
 */
export function openStores(env: Env, context?: Loopback): Stores {
  const settings = readSettings(env);
  return {
    db: openDatabase(env.DB, MAX_QUERIES),
    bucket: env.BUCKET,
    uploads: { sessions: env.UPLOADS, places: settings.uploadsInMemory },
    loginLimiter: env.LOGIN_LIMITER,
    networkLimiter: env.NETWORK_LIMITER,
    deliveries: env.DELIVERIES,
    contentSource: context?.exports?.ContentSource,
    settings,
    secrets: readSecrets(env),
  };
}
