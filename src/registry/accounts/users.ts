/** The users of an account. */
import type { Versions } from "../../kernel/precondition.ts";
import type { Manager, Role, User } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { earlyRefusal } from "../../kernel/early-reasons.ts";
import { reason } from "../../kernel/reasons.ts";
import { MAX_ACCOUNT_USERS } from "../../kernel/limits.ts";
import { findAccount } from "../../storage/accounts/accounts.ts";
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
import { type Call, actorOf } from "../call.ts";
import { requireAdministrator, requireOperator } from "../rights/management.ts";
import { deletedAccount, unknownAccount } from "./accounts.ts";
import { cleanSoon } from "../deletion/cleanups.ts";
import { hashNewPassword } from "../logins/password-hashing.ts";
import { refuseReservedName } from "../organizations/reserved-names.ts";
import { unlessChanged } from "../versions.ts";

export type { ListedUser, NamePage };

/** The users of the caller's account: those who may grant rights must be able to name them. */
export async function listUsers(call: Call<Manager>, page: NamePage): ReturnType<typeof list> {
  return list(call.stores.nearby, call.caller.user.accountId, page);
}

/**
 * Finds a user of the caller's own account.
 *
 * @throws RegistryError USER_UNKNOWN, also for users of other accounts.
 */
async function findColleague(call: Call<Manager>, name: string): Promise<UserRecord> {
  const { accountId } = call.caller.user;
  const user = await findUserByName(call.stores.db, name);
  if (user?.accountId === accountId && user.kind !== "rule") return user;
  throw unknownUser(shorten(name));
}

/** The same by the id that IAM's and SWR's APIs have for a user. */
export async function findColleagueById(call: Call<Manager>, id: string): Promise<UserRecord> {
  const { accountId } = call.caller.user;
  const user = /^\d{1,15}$/.test(id) ? await findUserById(call.stores.db, Number(id)) : undefined;
  if (user?.accountId === accountId && user.kind !== "rule") return user;
  throw unknownUser(shorten(id));
}

export function unknownUser(name: string): RegistryError {
  return new RegistryError("USER_UNKNOWN", { message: `user ${name} does not exist`, detail: { name } });
}

/** The same for administrators, who manage the account's users. */
export async function requireManagedUser(call: Call<Manager>, name: string): Promise<UserRecord> {
  requireAdministrator(call, call.caller.user.accountId);
  return findColleague(call, name);
}

/** The same for what changes the user, or takes something from them: only operators do that to an operator. */
export async function requireChangeableUser(call: Call<Manager>, name: string): Promise<UserRecord> {
  const user = await requireManagedUser(call, name);
  if (user.role === "operator") requireOperator(call);
  return user;
}

/** A person, or a machine that logs in with access keys alone. */
export type NewUser = { name: string; account?: string | undefined } & (
  { kind: "person"; password: string; role: Role } | { kind: "robot" }
);

/** Creates a user in the caller's account; an operator may name another one. */
export async function createUser(call: Call<Manager>, user: NewUser): Promise<ListedUser> {
  const { name, account, kind } = user;
  const accountId = await accountFor(call, account);
  // What a robot may do is granted to it: an account could otherwise be left to one, who cannot log in to the console.
  const role = kind === "person" ? user.role : "member";
  if (role === "operator") requireOperator(call);
  refuseReservedName(name);
  const passwordHash = kind === "person" ? await hashNewPassword(call.caller.user, user.password) : "";
  const createdAt = new Date();
  const created = { accountId, name, role, kind, passwordHash, createdAt };
  const creation = await insertUser(call.stores.db, actorOf(call), created);
  switch (creation.outcome) {
    case "created":
      return { id: creation.id, name, role, kind, createdAt };
    case "name-taken":
      throw earlyRefusal("USER_EXISTS", reason("USER_EXISTS", { name }), { field: "name", detail: { name } });
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

async function accountFor(call: Call<Manager>, account: string | undefined): Promise<number> {
  const user = call.caller.user;
  if (account === undefined || account === user.accountName)
    return requireAdministrator(call, user.accountId).accountId;
  requireOperator(call);
  const found = await findAccount(call.stores.db, account);
  if (found) return found.id;
  throw unknownAccount(account);
}

/**
 * Changes a user's role, sets a new password, or both. Only operators make operators or change them. A new password ends
 * all of the user's logins but those by access key. One's own is changed with the current one (`changePassword`).
 *
 * @param versions roles of which the user must have one.
 */
export async function changeUser(
  call: Call<Manager>,
  name: string,
  { role, password }: { role?: Role | undefined; password?: string | undefined },
  versions?: Versions,
): Promise<Pick<User, "name" | "role">> {
  const user = await requireChangeableUser(call, name);
  if (user.kind === "robot") {
    throw earlyRefusal("DENIED", reason("ROBOT_WITHOUT_PASSWORD", { user: name }));
  }
  if (role === "operator") requireOperator(call);
  const actor = actorOf(call);
  if (password !== undefined && user.id === actor.user.id) {
    throw earlyRefusal("DENIED", reason("PASSWORD_IS_OWN"));
  }
  const passwordHash = password === undefined ? undefined : await hashNewPassword(actor.user, password);
  const updating = updateUser(call.stores.db, actor, user, { role, passwordHash }, versions);
  if (await unlessChanged(`user ${name}`, updating)) {
    return { name, role: role ?? user.role };
  }
  throw role === undefined ? unknownUser(name) : lastAdministrator(user);
}

/** Deletes a user, and with it whatever is the user's alone: sessions, access keys, login commands, permissions. */
export async function removeUser(call: Call<Manager>, name: string): Promise<void> {
  const user = await requireChangeableUser(call, name);
  if (!(await deleteUser(call.stores.db, actorOf(call), user))) throw lastAdministrator(user);
  await cleanSoon({ kind: "user", targetId: user.id }, call.stores);
}

function lastAdministrator({ name, role }: User): RegistryError {
  const code = role === "operator" ? "LAST_OPERATOR" : "LAST_ADMINISTRATOR";
  return earlyRefusal("LAST_ADMINISTRATOR", reason(code, { name }), { detail: { name } });
}
