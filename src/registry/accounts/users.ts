/** The users of an account. */
import type { Caller, Role, User } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_ACCOUNT_USERS } from "../../kernel/limits.ts";
import { findAccount } from "../../storage/accounts/accounts.ts";
import type { Stores } from "../../storage/stores.ts";
import {
  deleteUser,
  findUserById,
  findUserByName,
  insertUser,
  type ListedUser,
  listUsers as list,
  type NamePage,
  updateUser,
  type UserRecord,
} from "../../storage/accounts/users.ts";
import { deletedAccount, unknownAccount } from "./accounts.ts";
import { actorOf, requireAccountUser, requireAdministrator, requireOperator, requireUser } from "../rights/access.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { hashNewPassword } from "../logins/password-hashing.ts";
import { refuseReservedName } from "../organizations/reserved-names.ts";

export type { ListedUser, NamePage };

/** The users of the caller's account: whoever may grant rights must be able to name them. */
export async function listUsers(stores: Stores, caller: Caller, page: NamePage): ReturnType<typeof list> {
  return list(stores.db, requireAccountUser(caller).accountId, page);
}

/**
 * Finds a user of the caller's own account.
 *
 * @throws RegistryError USER_UNKNOWN, also for users of other accounts.
 */
async function findColleague(stores: Stores, caller: Caller, name: string): Promise<UserRecord> {
  const { accountId } = requireAccountUser(caller);
  const user = await findUserByName(stores.db, name);
  if (user?.accountId === accountId) return user;
  throw unknownUser(shorten(name));
}

/** The same by the id that IAM's and SWR's APIs have for a user. */
export async function findColleagueById(stores: Stores, caller: Caller, id: string): Promise<UserRecord> {
  const { accountId } = requireAccountUser(caller);
  const user = /^\d{1,15}$/.test(id) ? await findUserById(stores.db, Number(id)) : undefined;
  if (user?.accountId === accountId) return user;
  throw unknownUser(shorten(id));
}

export function unknownUser(name: string): RegistryError {
  return new RegistryError("USER_UNKNOWN", { message: `user ${name} does not exist`, detail: { name } });
}

/**
 * The same for administrators, who manage the account's users.
 *
 * @throws RegistryError DENIED, USER_UNKNOWN.
 */
export async function requireManagedUser(stores: Stores, caller: Caller, name: string): Promise<UserRecord> {
  requireAdministrator(caller, requireAccountUser(caller).accountId);
  return findColleague(stores, caller, name);
}

/**
 * The same for what changes the user, or takes something from them: only operators do that to an operator.
 *
 * @throws RegistryError DENIED, USER_UNKNOWN.
 */
export async function requireChangeableUser(stores: Stores, caller: Caller, name: string): Promise<UserRecord> {
  const user = await requireManagedUser(stores, caller, name);
  if (user.role === "operator") requireOperator(caller);
  return user;
}

/**
 * Creates a user in the caller's account; an operator may name another one.
 *
 * @throws RegistryError DENIED, ACCOUNT_UNKNOWN, USER_EXISTS, USER_RESERVED.
 */
export async function createUser(
  stores: Stores,
  caller: Caller,
  user: { name: string; password: string; role: Role; account?: string | undefined },
): Promise<ListedUser> {
  const { name, password, role, account } = user;
  const accountId = await accountFor(stores, caller, account);
  if (role === "operator") requireOperator(caller);
  refuseReservedName(name);
  const passwordHash = await hashNewPassword(requireUser(caller), password);
  const createdAt = new Date();
  const created = { accountId, name, role, passwordHash, createdAt };
  const creation = await insertUser(stores.db, actorOf(caller), created);
  switch (creation.outcome) {
    case "created":
      return { id: creation.id, name, role, createdAt };
    case "name-taken":
      throw new RegistryError("USER_EXISTS", { message: `there is a user ${name} already`, detail: { name } });
    case "account-full": {
      const most = MAX_ACCOUNT_USERS.toLocaleString("en");
      throw new RegistryError("USER_LIMIT", `the account has ${most} users, which is the most: delete one first`);
    }
    case "account-gone":
      throw deletedAccount();
    default:
      return creation satisfies never;
  }
}

async function accountFor(stores: Stores, caller: Caller, account: string | undefined): Promise<number> {
  const user = requireAccountUser(caller);
  if (account === undefined || account === user.accountName)
    return requireAdministrator(caller, user.accountId).accountId;
  requireOperator(caller);
  const found = await findAccount(stores.db, account);
  if (found) return found.id;
  throw unknownAccount(account);
}

/**
 * Changes a user's role, sets a new password, or both. Only operators make operators or change them. A new password ends
 * all of the user's logins but those by access key. One's own is changed with the current one (`changePassword`).
 *
 * @throws RegistryError DENIED, USER_UNKNOWN, LAST_ADMINISTRATOR.
 */
export async function changeUser(
  stores: Stores,
  caller: Caller,
  name: string,
  { role, password }: { role?: Role | undefined; password?: string | undefined },
): Promise<Pick<User, "name" | "role">> {
  const user = await requireChangeableUser(stores, caller, name);
  if (role === "operator") requireOperator(caller);
  const actor = actorOf(caller);
  if (password !== undefined && user.id === actor.user.id) {
    const message = "your own password is changed with the current one: PUT /api/session/password";
    throw new RegistryError("DENIED", message);
  }
  const passwordHash = password === undefined ? undefined : await hashNewPassword(actor.user, password);
  if (await updateUser(stores.db, actor, user, { role, passwordHash })) {
    return { name, role: role ?? user.role };
  }
  throw role === undefined ? unknownUser(name) : lastAdministrator(user);
}

/**
 * Deletes a user, and with it whatever is the user's alone: sessions, access keys, login commands, permissions.
 *
 * @throws RegistryError as {@link changeUser}.
 */
export async function removeUser(stores: Stores, caller: Caller, name: string): Promise<void> {
  const user = await requireChangeableUser(stores, caller, name);
  if (!(await deleteUser(stores.db, actorOf(caller), user))) throw lastAdministrator(user);
  await cleanSoon({ kind: "user", targetId: user.id }, stores);
}

function lastAdministrator({ name, role }: User): RegistryError {
  const what = role === "operator" ? "administrator of the account or operator of the deployment" : "administrator";
  return new RegistryError("LAST_ADMINISTRATOR", { message: `${name} is the last ${what}`, detail: { name } });
}
