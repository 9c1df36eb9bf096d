/** Accounts: tenants, each with users and organizations of its own. */
import type { Manager } from "../../model/rights/access.ts";
import { FIRST_ACCOUNT_ID } from "../../model/accounts/account.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import { randomPassword } from "../../model/logins/passwords.ts";
import {
  type AccountRecord,
  deleteAccount,
  findAccount,
  insertAccount,
  listAccounts as list,
} from "../../storage/accounts/accounts.ts";
import type { NamePage } from "../../storage/accounts/users.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOperator } from "../rights/management.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { hashNewPassword } from "../logins/password-hashing.ts";
import { refuseReservedName } from "../organizations/reserved-names.ts";

export type { AccountRecord };

export interface NewAccount {
  name: string;
  createdAt: Date;
  administrator: {
    name: string;
    /** Only one that was made up: shown this once. */
    password: string | undefined;
  };
}

/**
 * Creates an account with its first administrator, who unless given has the account's name and a generated password.
 */
export async function createAccount(
  call: Call<Manager>,
  { name, administrator }: { name: string; administrator: { name: string; password: string } | undefined },
): Promise<NewAccount> {
  const operator = requireOperator(call);
  const password = administrator ? undefined : randomPassword();
  const first = { name, ...administrator };
  refuseReservedName(first.name);
  const createdAt = new Date();
  const passwordHash = await hashNewPassword(operator, administrator?.password ?? password ?? "");
  const { outcome } = await insertAccount(call.stores.db, actorOf(call), {
    name,
    createdAt,
    administrator: { name: first.name, passwordHash },
  });
  if (outcome === "account-exists") throw taken("ACCOUNT_EXISTS", name, "name");
  if (outcome === "user-exists") throw taken("USER_EXISTS", first.name, administrator ? "administrator.name" : "name");
  return { name, createdAt, administrator: { name: first.name, password } };
}

function taken(code: "ACCOUNT_EXISTS" | "USER_EXISTS", name: string, field: string): RegistryError {
  return earlyRefusal(code, reason(code, { name }), { field, detail: { name } });
}

export async function listAccounts(call: Call<Manager>, page: NamePage): ReturnType<typeof list> {
  requireOperator(call);
  return list(call.stores.nearby, page);
}

/** An account, for operators and its own users. */
export async function getAccount(call: Call<Manager>, name: string): Promise<AccountRecord> {
  const user = call.caller.user;
  const account = await findAccount(call.stores.db, name);
  if (account && (user.role === "operator" || user.accountId === account.id)) return account;
  throw unknownAccount(name);
}

/** Deletes an account with its users (guide 5: its organizations must be gone). */
export async function removeAccount(call: Call<Manager>, name: string): Promise<void> {
  const user = requireOperator(call);
  const account = await findAccount(call.stores.db, name);
  if (!account) throw unknownAccount(name);
  const refuse = (why: string) => {
    return new RegistryError("ACCOUNT_IN_USE", { message: `account ${name} ${why}`, detail: { name } });
  };
  if (account.id === user.accountId) throw refuse("is your own");
  if (account.id === FIRST_ACCOUNT_ID) throw refuse("is the deployment's own, which ADMIN_PASSWORD is for");
  if (!(await deleteAccount(call.stores.db, actorOf(call), account))) {
    throw refuse("still has organizations, or the deployment's last operator");
  }
  await cleanSoon({ kind: "account", targetId: account.id }, call.stores);
}

export function unknownAccount(name: string): RegistryError {
  return new RegistryError("ACCOUNT_UNKNOWN", { message: `account ${name} does not exist`, detail: { name } });
}

/** For who would make something in an account that was deleted since the request began. */
export function deletedAccount(): RegistryError {
  return new RegistryError("ACCOUNT_UNKNOWN", "the account was deleted meanwhile");
}
