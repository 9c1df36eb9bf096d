import { env } from "cloudflare:workers";
import { openDatabase } from "../../../src/storage/database.ts";
import { openStores, type Stores } from "../../../src/storage/stores.ts";

/** The stores for a whole test, which is no single invocation of the Worker: it may send any number of queries. */
export function lastingStores(): Stores {
  return { ...openStores(env), db: openDatabase(env.DB) };
}
