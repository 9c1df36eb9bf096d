/**
 * Sends a version's journal to its own state, as a later version's migrations have left it. Node's SQLite stands for D1: it takes the same
 * file, and a second for what takes the local D1 a minute. What it is asked has succeeded on D1, and has to succeed here.
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { readMigrations } from "../../scripts/local/migrations.ts";
import type { Trip } from "./journal.ts";

const MIGRATIONS = resolve(import.meta.dirname, "../../migrations");

/** What a trip comes to: rows of each statement, or why none of it was done. */
export type Outcome = unknown[][] | string;

/**
 * Migrates the database of a state folder that nobody else has open, and sends a journal to it.
 *
 * @param last the number of the last migration to apply, as `0012`; those that are there already are not applied again.
 */
export async function replay(stateDir: string, last: string, journal: readonly Trip[]): Promise<Outcome[]> {
  const database = openState(stateDir);
  try {
    const applied = new Set(
      database
        .prepare("SELECT name FROM d1_migrations")
        .all()
        .map(({ name }) => name),
    );
    for (const { name, statements } of await readMigrations(MIGRATIONS)) {
      if (name.slice(0, 4) > last || applied.has(name)) continue;
      const outcome = send(
        database,
        statements.map((sql) => ({ sql, values: [] })),
      );
      if (typeof outcome === "string") throw new Error(`${name}: ${outcome}`);
    }
    return journal.map((trip) => send(database, trip));
  } finally {
    database.close();
  }
}

/** Opens the registry's database in a state folder. */
export function openState(stateDir: string): DatabaseSync {
  const folder = join(stateDir, "data");
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/d1\W.*\.sqlite$/.test(file)) continue;
    // As D1 does: a name in double quotes that is no column's is a text.
    const database = new DatabaseSync(join(folder, file), { enableDoubleQuotedStringLiterals: true });
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'manifests'").get() !== undefined) return database;
    database.close();
  }
  throw new Error(`${stateDir} has no database`);
}

/** A batch is a transaction, as in D1. */
function send(database: DatabaseSync, trip: Trip): Outcome {
  database.exec("BEGIN");
  try {
    const outcome = trip.map(({ sql, values }) => database.prepare(sql).all(...values.map(bindable)));
    database.exec("COMMIT");
    return outcome;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    return String(error);
  }
}

function bindable(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return Number(value);
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`${typeof value} in a journal`);
}
