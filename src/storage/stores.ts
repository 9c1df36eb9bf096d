import type { Env } from "../env.ts";
import { readSettings, type Settings } from "../model/settings.ts";
import { type Database, openDatabase } from "./database.ts";
import type { Uploads } from "./uploads.ts";

/** All that Berth keeps anything in, and what the operator gave it. */
export interface Stores {
  db: Database;
  bucket: R2Bucket;
  uploads: Uploads;
  loginLimiter: RateLimit;
  /** Ids of deliveries that are due. */
  deliveries: Queue<{ delivery: number }>;
  settings: Settings;
  secrets: Secrets;
}

export interface Secrets {
  /** Signs tokens. */
  token: string;
  /** Encrypts the secrets of access keys: 32 bytes, base64. */
  encryption: string;
}

export function openStores(env: Env): Stores {
  const settings = readSettings(env);
  return {
    db: openDatabase(env.DB),
    bucket: env.BUCKET,
    uploads: { sessions: env.UPLOADS, places: settings.uploadsInMemory },
    loginLimiter: env.LOGIN_LIMITER,
    deliveries: env.DELIVERIES,
    settings,
    secrets: { token: env.TOKEN_SECRET, encryption: env.ENCRYPTION_KEY },
  };
}
