/** Sends a version's journal to its own state, as a later version's migrations have left it. */
import { join, resolve } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { applyMigrations, readMigrations } from "../../scripts/local/migrations.ts";
import type { Trip } from "./journal.ts";

const MIGRATIONS = resolve(import.meta.dirname, "../../migrations");

/** What a trip comes to: rows of each statement, or why none of it was done. */
export type Outcome = unknown[][] | string;

/**
 * Opens the database of a state folder that nobody else has open, and migrates it.
 *
 * @param last the number of the last migration to apply, as `0012`; those that are there already are not applied again.
 */
export async function replay(stateDir: string, last: string, journal: readonly Trip[]): Promise<Outcome[]> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: {},
      resourcePersistencePath: join(stateDir, "data"),
      workers: [{ name: "berth", modules: true, script: "export default {}", d1Databases: { DB: "DB" } }],
    }),
  );
  try {
    const database = await miniflare.getD1Database("DB");
    const files = (await readMigrations(MIGRATIONS)).filter(({ name }) => name.slice(0, 4) <= last);
    await applyMigrations(database, { files, table: "d1_migrations" });
    const outcomes: Outcome[] = [];
    for (const trip of journal) outcomes.push(await send(database, trip));
    return outcomes;
  } finally {
    await miniflare.dispose();
  }
}

async function send(database: D1Database, trip: Trip): Promise<Outcome> {
  try {
    const statements = trip.map(({ sql, values }) => database.prepare(sql).bind(...values));
    return (await database.batch(statements)).map(({ results }) => results);
  } catch (error) {
    return String(error);
  }
}
