import { randomInt } from "node:crypto";
import { hashPassword } from "../src/model/password.ts";

/** The name of the account that the first start or deployment makes. */
export const ADMINISTRATOR = "admin";

/** An SQL statement with its values. */
export interface Statement {
  sql: string;
  values: (string | number)[];
}

/**
 * Makes the administrator unless there is one: the number of changed rows says whether it did.
 *
 * @param now milliseconds since 1970.
 */
export function createAdministrator(password: string, now: number): Statement {
  return {
    sql:
      "INSERT INTO users (name, password_hash, is_operator, created_at) VALUES (?, ?, 1, ?) " +
      "ON CONFLICT (name) DO NOTHING",
    values: [ADMINISTRATOR, hashPassword(password), now],
  };
}

/**
 * Makes the administrator, or gives an existing one this password and its rights back.
 *
 * @param now milliseconds since 1970.
 */
export function setAdministratorPassword(password: string, now: number): Statement {
  return {
    sql:
      "INSERT INTO users (name, password_hash, is_operator, created_at) VALUES (?, ?, 1, ?) " +
      "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, is_operator = 1",
    values: [ADMINISTRATOR, hashPassword(password), now],
  };
}

/** The statement as one text, for tools that take no values apart. */
export function inlined(statement: Statement): string {
  const values = statement.values.map((value) =>
    typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`,
  );
  return `${statement.sql.replaceAll("?", () => values.shift() ?? "NULL")};`;
}

/** A password of 24 characters (118 bits) that is easy to read and to type: no letters that look like another. */
export function randomPassword(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  const group = () => Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return [group(), group(), group(), group()].join("-");
}
