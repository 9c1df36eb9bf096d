import type { Env } from "../env.ts";
import { type Database, openDatabase } from "./database.ts";
import type { Uploads } from "./uploads.ts";

/** All that Berth keeps anything in. */
export interface Stores {
  db: Database;
  bucket: R2Bucket;
  uploads: Uploads;
}

export function openStores(env: Env): Stores {
  return { db: openDatabase(env.DB), bucket: env.BUCKET, uploads: env.UPLOADS };
}
