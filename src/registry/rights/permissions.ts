/** Granting rights on organizations and on single images (guide 6). */
import { shorten } from "../../kernel/digest.ts";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor, Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { describeReason, refusal } from "../../kernel/reason-sentences.ts";
import { reason } from "../../kernel/reasons.ts";
import { findUserIds } from "../../storage/accounts/users.ts";
import * as storage from "../../storage/rights/permissions.ts";
import { actorOf, type Call } from "../call.ts";
import { unlessChanged } from "../versions.ts";
import { requireOrganization, requireOwnRepository } from "./management.ts";

export type { Permission, PermissionEntry, PermissionTarget } from "../../storage/rights/permissions.ts";
export { MAX_LISTED_PERMISSIONS } from "../../storage/rights/permissions.ts";

/** Who may do what with an organization or an image. */
export interface Permissions {
  targetId: number;
  /** What the caller may, by whatever right. */
  own: storage.Permission;
  /** Everybody else who was granted something here, in the order of granting. */
  others: storage.Permission[];
}

/** Anybody with a right of their own account may look; administrators need no entry here for theirs. */
export async function showPermissions(call: Call<Manager>, target: storage.PermissionTarget): Promise<Permissions> {
  const user = call.caller.user;
  const { id: targetId, level } = await requireTarget(call, target, "read");
  const all = await storage.listPermissions(call.stores.db, target, user.accountId);
  const own = { userId: user.id, userName: user.name, level };
  return { targetId, own, others: all.filter(({ userId }) => userId !== user.id) };
}

/** Grants rights to users who have none here yet: to all of them, or to none if one is refused. */
export async function grantPermissions(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  entries: storage.PermissionEntry[],
): Promise<void> {
  const actor = await requireManager(
    call,
    target,
    entries.map(({ userId }) => userId),
  );
  const change = await storage.createPermissions(call.stores.db, actor, target, entries);
  requireChanged(target, change, "PERMISSION_EXISTS");
}

/**
 * Changes rights: all or none.
 *
 * @param versions levels of which each user must have one so far.
 */
export async function changePermissions(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  entries: storage.PermissionEntry[],
  versions?: Versions,
): Promise<void> {
  const actor = await requireManager(
    call,
    target,
    entries.map(({ userId }) => userId),
  );
  const updating = storage.updatePermissions(call.stores.db, actor, target, entries, versions);
  const users = entries.map(({ userName }) => userName).join(", ");
  const change = await unlessChanged(`the permission of ${users} on ${target.name}`, updating);
  requireChanged(target, change, "PERMISSION_UNKNOWN");
}

/** Takes rights away, with effect on the next tokens: all or none. */
export async function revokePermissions(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  userIds: string[],
): Promise<void> {
  const actor = await requireManager(call, target, userIds);
  if (userIds.length === 0) return;
  requireChanged(target, await storage.deletePermissions(call.stores.db, actor, target, userIds), "PERMISSION_UNKNOWN");
}

/** @param code what it means that a right was not as it had to be, unless the user is not there. */
function requireChanged(
  { name }: storage.PermissionTarget,
  change: storage.PermissionChange,
  code: "PERMISSION_EXISTS" | "PERMISSION_UNKNOWN",
): void {
  if (change.outcome === "changed") return;
  const strangers = change.entries.filter(({ userName, isUser }) => userName !== undefined && !isUser);
  if (strangers.length > 0) {
    const unknown = strangers.map(({ userId, userName = "" }) => ({
      message: `your account has no user "${shorten(userName)}" with the id "${shorten(userId)}"`,
      detail: { user_id: shorten(userId) },
    }));
    throw new RegistryError("USER_UNKNOWN", unknown);
  }
  const problems = change.entries
    .filter(({ level }) => (level === undefined) === (code === "PERMISSION_UNKNOWN"))
    .map(({ userId, userName = `with the id "${shorten(userId)}"`, level = "no" }) => ({
      message: `user ${userName} has ${level} permission on ${name}`,
      detail: { user_id: shorten(userId) },
    }));
  const changed = `the permissions on ${name} have changed in this moment: try again`;
  throw new RegistryError(code, problems.length > 0 ? problems : changed);
}

function requireTarget(call: Call<Manager>, target: storage.PermissionTarget, wanted: "read" | "manage") {
  return target.kind === "organization"
    ? requireOrganization(call, target.name, wanted)
    : requireOwnRepository(call, target.name, wanted);
}

/** Who changes rights of these users, each of whom may be named only once. */
async function requireManager(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  userIds: string[],
): Promise<Actor> {
  if (new Set(userIds).size < userIds.length) {
    throw refusal("PARAMETER_INVALID", reason("USER_NAMED_TWICE"));
  }
  await requireTarget(call, target, "manage");
  return actorOf(call);
}

/** A user whom a request names, as the functions above take them. */
type NamedUser = Pick<storage.PermissionEntry, "userId" | "userName">;

/**
 * Finds the users of the caller's account whom a request names. Only those who manage the target learn whom there is not.
 *
 * @param wanted what is to be known of each, with the user's name.
 * @returns the same with the users, in the same order.
 */
export async function findNamedUsers<W extends { user: string }>(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  wanted: readonly W[],
): Promise<(W & NamedUser)[]> {
  await requireTarget(call, target, "manage");
  const names = wanted.map(({ user }) => user);
  const ids = await findUserIds(call.stores.db, call.caller.user.accountId, names);
  const strangers = names.filter((name) => !ids.has(name));
  if (strangers.length > 0) {
    const problems = strangers.map((name) => {
      const user = shorten(name);
      const why = reason("NOT_OF_ACCOUNT", { user });
      return { message: describeReason(why), reason: why, detail: { user } };
    });
    throw new RegistryError("USER_UNKNOWN", problems);
  }
  return wanted.map((each) => ({ ...each, userId: String(ids.get(each.user)), userName: each.user }));
}

/** The same for one user. */
export async function findNamedUser(
  call: Call<Manager>,
  target: storage.PermissionTarget,
  user: string,
): Promise<NamedUser> {
  const [found] = await findNamedUsers(call, target, [{ user }]);
  return { userId: found?.userId ?? "", userName: user };
}
