import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";

/** Where a D1 database's migrations are and which table remembers the applied ones. */
export interface MigrationSource {
  directory: string;
  table: string;
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
 * Applies the migrations that a database does not have yet, in the order of their file names, and records them as
 * `wrangler d1 migrations apply` does. A migration is applied whole or not at all.
 *
 * @returns the file names applied now.
 * @throws MigrationFailed with the file and the statement.
 */
export async function applyMigrations(database: D1Database, source: MigrationSource): Promise<string[]> {
  const table = `"${source.table.replaceAll('"', '""')}"`;
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS ${table}(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ` +
        `applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run();
  const { results } = await database.prepare(`SELECT name FROM ${table}`).all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));
  const pending = readdirSync(source.directory)
    .filter((file) => file.endsWith(".sql") && !applied.has(file))
    .sort();
  if (pending.length === 0) return pending;
  // Loaded only here: wrangler takes a second to load, and most starts have nothing to apply.
  const { unstable_splitSqlQuery: splitStatements } = await import("wrangler");
  for (const file of pending) {
    const statements = splitStatements(readFileSync(join(source.directory, file), "utf8"));
    const record = database.prepare(`INSERT INTO ${table} (name) VALUES (?)`).bind(file);
    try {
      await database.batch([...statements.map((statement) => database.prepare(statement)), record]);
    } catch (error) {
      const failing = await findFailing(database, statements);
      throw new MigrationFailed(file, failing?.statement ?? "(all statements together)", failing?.error ?? error);
    }
  }
  return pending;
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
