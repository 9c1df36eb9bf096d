import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { D1Database } from "@cloudflare/workers-types";

/** A migration: its file, split into statements. */
export interface Migration {
  name: string;
  statements: string[];
}

/** All migrations of a D1 database in their order, and the table that remembers the applied ones. */
export interface Migrations {
  files: Migration[];
  table: string;
}

/** Reads the migrations of a folder, in the order of their names. Takes a second, because it loads wrangler. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const { unstable_splitSqlQuery: splitStatements } = await import("wrangler");
  const names = readdirSync(directory).filter((name) => name.endsWith(".sql"));
  return names
    .sort()
    .map((name) => ({ name, statements: splitStatements(readFileSync(join(directory, name), "utf8")) }));
}

/** A migration that could not be applied; nothing of it is in the database. */
export class MigrationFailed extends Error {
  constructor(file: string, statement: string, cause: unknown) {
    super(`Migration ${file} failed: ${cause instanceof Error ? cause.message : String(cause)}\n  ${statement}`, {
      cause,
    });
  }
}

/**
 * Applies the migrations that a database does not have yet and records them as
 * `wrangler d1 migrations apply` does. A migration is applied whole or not at all.
 *
 * @returns the file names applied now.
 * @throws MigrationFailed with the file and the statement.
 */
export async function applyMigrations(database: D1Database, { files, table: name }: Migrations): Promise<string[]> {
  const table = `"${name.replaceAll('"', '""')}"`;
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS ${table}(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ` +
        `applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run();
  const readApplied = async () => {
    const { results } = await database.prepare(`SELECT name FROM ${table}`).all<{ name: string }>();
    return new Set(results.map((row) => row.name));
  };
  const applied = await readApplied();
  const pending = files.filter((file) => !applied.has(file.name));
  for (const { name: file, statements } of pending) {
    const apply = async () => {
      const record = database.prepare(`INSERT INTO ${table} (name) VALUES (?)`).bind(file);
      await database.batch([...statements.map((statement) => database.prepare(statement)), record]);
    };
    try {
      await surviveLostConnections(apply, async () => (await readApplied()).has(file));
    } catch (error) {
      const failing = isLostConnection(error) ? undefined : await findFailing(database, statements);
      throw new MigrationFailed(file, failing?.statement ?? "(all statements together)", failing?.error ?? error);
    }
  }
  return pending.map((file) => file.name);
}

/** Tries of a migration whose connection was lost, and milliseconds between them. */
const TRIES = 5;
const PAUSE_MS = 500;

/**
 * Does something again when the connection to the runtime is lost, as happens when the machine has other work for seconds. It may have
 * been done all the same.
 *
 * @param isDone whether it has.
 */
async function surviveLostConnections(act: () => Promise<void>, isDone: () => Promise<boolean>): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      if (left < TRIES && (await isDone())) return;
      await act();
      return;
    } catch (error) {
      if (left === 1 || !isLostConnection(error)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Whether nothing is known of what the database did: undici says "fetch failed". */
function isLostConnection(error: unknown): boolean {
  return error instanceof TypeError && error.message === "fetch failed";
}

/** The first statement that fails after those before it. D1 says why a batch failed but not at which statement. */
async function findFailing(
  database: D1Database,
  statements: readonly string[],
): Promise<{ statement: string; error: unknown } | undefined> {
  // Evaluating this fails, which rolls the batch back.
  const rollBack = database.prepare("SELECT json('roll back')");
  for (const [index, statement] of statements.entries()) {
    const upToHere = statements.slice(0, index + 1).map((text) => database.prepare(text));
    try {
      await database.batch([...upToHere, rollBack]);
    } catch (error) {
      if (!String(error).includes("malformed JSON")) return { statement, error };
    }
  }
  return undefined;
}
