/**
 * The deployment's administrator, whom the first start or deployment makes and ADMIN_PASSWORD is for: the user `admin` of
 * the first account. What is written comes from the same functions as when the registry itself creates and changes users,
 * so it ends sessions and is in the audit like that; it is run elsewhere, by D1 on this machine or by wrangler.
 */
import type { D1Database } from "@cloudflare/workers-types";
import type { Role } from "../src/model/rights/access.ts";
import { FIRST_ACCOUNT_ID, FIRST_ADMINISTRATOR } from "../src/model/accounts/account.ts";
import { MAX_KNOWN_PASSWORD_LENGTH } from "../src/kernel/field-limits.ts";
import { hashPassword, randomPassword, verifyPassword } from "../src/model/logins/passwords.ts";
import { openDatabase } from "../src/storage/database.ts";
import { accounts } from "../src/storage/schema.ts";
import { insertUserStatements, updateUserStatements } from "../src/storage/accounts/users.ts";

export const ADMINISTRATOR = FIRST_ADMINISTRATOR;

/** What the audit says of changes that were made this way. */
const BY_CHOICE = { by: "ADMIN_PASSWORD" };
const BY_FIRST_START = { by: "first start" };

/** An SQL statement with its values. */
export interface Statement {
  sql: string;
  values: (string | number | null)[];
}

/** The administrator cannot be made, or the password not be set: the message says all there is to say. */
export class AdministratorRefused extends Error {}

/** What {@link planAdministrator} goes by: the one row of {@link STATE_QUERY}. */
export interface AdministratorState {
  /** Of the account that is called as the first one. */
  account_id: number | null;
  has_first_account: number;
  has_operator: number;
  /** Of the user who is called as the administrator, in whatever account. */
  user_id: number | null;
  user_account_id: number | null;
  role: Role | null;
  password_hash: string | null;
}

/** Has no values, because wrangler takes none. */
export const STATE_QUERY = `SELECT (SELECT id FROM accounts WHERE name = '${ADMINISTRATOR}') AS account_id,
       EXISTS (SELECT 1 FROM accounts WHERE id = ${FIRST_ACCOUNT_ID}) AS has_first_account,
       EXISTS (SELECT 1 FROM users WHERE role = 'operator') AS has_operator,
       users.id AS user_id, users.account_id AS user_account_id, users.role, users.password_hash
FROM (SELECT 1) LEFT JOIN users ON users.name = '${ADMINISTRATOR}'`;

export interface AdministratorPlan {
  /** To be run together, in this order; none when nothing is to be changed. */
  statements: Statement[];
  /** A password that was made up, to be shown once they have been run. */
  password: string | undefined;
}

/**
 * Plans the changes that give the administrator the chosen password and the rights of an operator. Without a choice an
 * administrator with a random password is made where the deployment has no operator; one that somebody deleted stays
 * deleted.
 *
 * @param now milliseconds since 1970.
 * @throws AdministratorRefused when the name is another account's.
 */
export function planAdministrator(
  state: AdministratorState,
  chosen: string | undefined,
  now: number,
): AdministratorPlan {
  const { user_id: id, user_account_id: accountId, role, password_hash: stored } = state;
  const isThere = id !== null && role !== null && stored !== null;
  if (chosen === undefined && (state.has_operator === 1 || isThere)) return { statements: [], password: undefined };
  if (chosen !== undefined && chosen.length > MAX_KNOWN_PASSWORD_LENGTH) {
    throw new AdministratorRefused(`ADMIN_PASSWORD has more than ${MAX_KNOWN_PASSWORD_LENGTH} characters.`);
  }
  const password = chosen ?? randomPassword();
  if (!isThere)
    return {
      statements: create(state, password, now, chosen === undefined ? BY_FIRST_START : BY_CHOICE),
      password: chosen === undefined ? password : undefined,
    };
  if (accountId !== FIRST_ACCOUNT_ID) {
    throw new AdministratorRefused(
      `The user ${ADMINISTRATOR} belongs to another account than the deployment's first one, so ADMIN_PASSWORD does not ` +
        "apply to it. Start without ADMIN_PASSWORD, have that user deleted, and start again.",
    );
  }
  const user = { id, accountId, name: ADMINISTRATOR, role };
  const change = {
    role: role === "operator" ? undefined : ("operator" as const),
    passwordHash: verifyPassword(password, stored) ? undefined : hashPassword(password),
  };
  if (change.role === undefined && change.passwordHash === undefined) return { statements: [], password: undefined };
  const changes = updateUserStatements(NOWHERE, { user, address: undefined }, user, change, BY_CHOICE);
  return { statements: changes.map(statementOf), password: undefined };
}

function create(state: AdministratorState, password: string, now: number, detail: { by: string }): Statement[] {
  const createdAt = new Date(now);
  if (state.has_first_account === 0 && state.account_id !== null) {
    throw new AdministratorRefused(
      `The name ${ADMINISTRATOR} is that of another account than the deployment's first one, which is gone. Have that ` +
        "account deleted, and start again.",
    );
  }
  const account = { id: FIRST_ACCOUNT_ID, name: ADMINISTRATOR, createdAt };
  const accountId = FIRST_ACCOUNT_ID;
  const user = {
    accountId,
    name: ADMINISTRATOR,
    role: "operator",
    passwordHash: hashPassword(password),
    createdAt,
  } as const;
  const actor = { user: { name: ADMINISTRATOR, accountId }, address: undefined };
  return [
    ...(state.has_first_account === 0 ? [NOWHERE.insert(accounts).values(account)] : []),
    ...insertUserStatements(NOWHERE, actor, user, detail),
  ].map(statementOf);
}

function statementOf(query: { toSQL: () => { sql: string; params: unknown[] } }): Statement {
  const { sql, params } = query.toSQL();
  const values = params.map((value) => {
    if (typeof value === "string" || typeof value === "number" || value === null) return value;
    throw new Error(`a value of the statement ${sql} is neither a text nor a number`);
  });
  return { sql, values };
}

function refuse(): never {
  throw new Error("statements are only written here");
}

/** For writing statements down. */
const NOWHERE = openDatabase({ prepare: refuse, batch: refuse, exec: refuse, withSession: refuse, dump: refuse });

/**
 * Makes the administrator of a database on this machine, as {@link planAdministrator} says.
 *
 * @returns the password when it was made up just now.
 * @throws AdministratorRefused.
 */
export async function ensureAdministrator(
  database: D1Database,
  chosen: string | undefined,
): Promise<string | undefined> {
  const state = await database.prepare(STATE_QUERY).first<AdministratorState>();
  if (!state) throw new Error("the database does not tell who its administrator is");
  const { statements, password } = planAdministrator(state, chosen, Date.now());
  if (statements.length > 0) {
    await database.batch(statements.map(({ sql, values }) => database.prepare(sql).bind(...values)));
  }
  return password;
}

/** The statements as one text, for tools that take no values apart. */
export function inlined(statements: readonly Statement[]): string {
  return statements.map(inlinedStatement).join("\n");
}

function inlinedStatement(statement: Statement): string {
  const values = statement.values.map((value) => {
    if (value === null) return "NULL";
    return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
  });
  return `${statement.sql.replaceAll("?", () => values.shift() ?? "NULL")};`;
}
