/** A user's lasting logins: listing them, ending one, ending all others. */
import type { Manager, User } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { isSessionId } from "../../model/logins/sessions.ts";
import { endSessions, listSessions, type ListedSession } from "../../storage/logins/sessions.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOperator } from "../rights/management.ts";
import { requireManagedUser } from "../accounts/users.ts";

export type { ListedSession };

/** The logins of the caller, or of a user of the account that the caller administers, those used last first. */
export async function listLogins(call: Call<Manager>, userName?: string): Promise<ListedSession[]> {
  const owner = await ownerOf(call, userName);
  return listSessions(call.stores.db, owner.id, new Date());
}

/**
 * Ends a login: its refresh token, cookie or `X-Auth-Token` stops working at once. Tokens that were made with
 * it pull for their few minutes, and manage nothing any more.
 */
export async function endLogin(call: Call<Manager>, id: string, userName?: string): Promise<void> {
  const owner = await ownerOf(call, userName);
  const ended = isSessionId(id) ? await endSessions(call.stores.db, actorOf(call), owner, { id }, new Date()) : 0;
  if (ended > 0) return;
  const name = shorten(id);
  throw new RegistryError("LOGIN_UNKNOWN", { message: `${owner.name} has no login ${name}`, detail: { login: name } });
}

/**
 * Ends all such logins but one.
 *
 * @param except id of the login that goes on, if any does.
 * @returns how many ended.
 */
export async function endOtherLogins(
  call: Call<Manager>,
  except: string | undefined,
  userName?: string,
): Promise<number> {
  const owner = await ownerOf(call, userName);
  return endSessions(call.stores.db, actorOf(call), owner, { except }, new Date());
}

async function ownerOf(call: Call<Manager>, userName: string | undefined): Promise<User> {
  if (userName === undefined) return call.caller.user;
  const user = await requireManagedUser(call, userName);
  if (user.role === "operator") requireOperator(call);
  return user;
}
