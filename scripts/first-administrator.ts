import { hashPassword } from "../src/model/password.ts";

export { randomPassword } from "../src/model/password.ts";

/** The name of the account that the first start or deployment makes. */
export const ADMINISTRATOR = "admin";

/** An SQL statement with its values. */
export interface Statement {
  sql: string;
  values: (string | number)[];
}

/**
 * Makes the administrator, and the account it belongs to, unless there is one: whether the last statement changes a row
 * says which.
 *
 * @param now milliseconds since 1970.
 */
export function createAdministrator(password: string, now: number): Statement[] {
  return [createAccount(now), upsertUser(password, now, "DO NOTHING")];
}

/**
 * Makes the administrator, or gives an existing one this password and its rights back.
 *
 * @param now milliseconds since 1970.
 */
export function setAdministratorPassword(password: string, now: number): Statement[] {
  const change = "DO UPDATE SET password_hash = excluded.password_hash, role = 'operator'";
  return [createAccount(now), upsertUser(password, now, change)];
}

function createAccount(now: number): Statement {
  return {
    sql: "INSERT INTO accounts (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
    values: [ADMINISTRATOR, now],
  };
}

function upsertUser(password: string, now: number, otherwise: string): Statement {
  return {
    sql:
      "INSERT INTO users (account_id, name, role, password_hash, created_at) " +
      `SELECT id, ?, 'operator', ?, ? FROM accounts WHERE name = ? ON CONFLICT (name) ${otherwise}`,
    values: [ADMINISTRATOR, hashPassword(password), now, ADMINISTRATOR],
  };
}

/** The statements as one text, for tools that take no values apart. */
export function inlined(statements: readonly Statement[]): string {
  return statements.map(inlinedStatement).join("\n");
}

function inlinedStatement(statement: Statement): string {
  const values = statement.values.map((value) =>
    typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`,
  );
  return `${statement.sql.replaceAll("?", () => values.shift() ?? "NULL")};`;
}
