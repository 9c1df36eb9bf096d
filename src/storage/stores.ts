import type { Env } from "../env.ts";
import { readSecrets, type Secrets } from "../model/secrets.ts";
import { readSettings, type Settings } from "../model/settings.ts";
import { type Database, MAX_QUERIES, openDatabase } from "./database.ts";
import type { Uploads } from "./content/uploads.ts";

/** All that Berth keeps anything in, and what the operator gave it. */
export interface Stores {
  db: Database;
  bucket: R2Bucket;
  uploads: Uploads;
  loginLimiter: RateLimit;
  networkLimiter: RateLimit;
  /** Ids of deliveries that are due. */
  deliveries: Queue<{ delivery: number }>;
  settings: Settings;
  secrets: Secrets;
}

/** @throws ConfigurationError naming what the operator has set wrong. */
export function openStores(env: Env): Stores {
  const settings = readSettings(env);
  return {
    db: openDatabase(env.DB, MAX_QUERIES),
    bucket: env.BUCKET,
    uploads: { sessions: env.UPLOADS, places: settings.uploadsInMemory },
    loginLimiter: env.LOGIN_LIMITER,
    networkLimiter: env.NETWORK_LIMITER,
    deliveries: env.DELIVERIES,
    settings,
    secrets: readSecrets(env),
  };
}
