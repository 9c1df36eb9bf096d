/** Granting rights on organizations and on single images (guide 6). */
import type { Actor, Caller } from "../../model/rights/access.ts";
import { shorten } from "../../kernel/digest.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { findUserIds } from "../../storage/accounts/users.ts";
import * as storage from "../../storage/rights/permissions.ts";
import type { Stores } from "../../storage/stores.ts";
import { actorOf, requireAccountUser, requireOrganization, requireOwnRepository } from "./access.ts";

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

/**
 * Anybody with a right of their own account may look; administrators need no entry here for theirs.
 *
 * @throws RegistryError ORGANIZATION_UNKNOWN or REPOSITORY_UNKNOWN; DENIED when the image is only shared with the caller,
 * or public.
 */
export async function showPermissions(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
): Promise<Permissions> {
  const user = requireAccountUser(caller);
  const { id: targetId, level } = await requireTarget(stores, caller, target, "read");
  const all = await storage.listPermissions(stores.db, target, user.accountId);
  const own = { userId: user.id, userName: user.name, level };
  return { targetId, own, others: all.filter(({ userId }) => userId !== user.id) };
}

/**
 * Gives rights to users who have none here yet: all or none.
 *
 * @throws RegistryError as {@link showPermissions}; DENIED unless the caller manages the target; USER_UNKNOWN when id and
 * name are not one user's of the account; PERMISSION_EXISTS.
 */
export async function grantPermissions(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  entries: storage.PermissionEntry[],
): Promise<void> {
  const actor = await requireManager(
    stores,
    caller,
    target,
    entries.map(({ userId }) => userId),
  );
  await storage.createPermissions(stores.db, actor, target, entries);
}

/**
 * Changes rights: all or none.
 *
 * @throws RegistryError as {@link grantPermissions}, but PERMISSION_UNKNOWN when somebody has no right here yet.
 */
export async function changePermissions(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  entries: storage.PermissionEntry[],
): Promise<void> {
  const actor = await requireManager(
    stores,
    caller,
    target,
    entries.map(({ userId }) => userId),
  );
  await storage.updatePermissions(stores.db, actor, target, entries);
}

/**
 * Takes rights away, with effect on the next tokens: all or none.
 *
 * @throws RegistryError as {@link changePermissions}.
 */
export async function revokePermissions(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  userIds: string[],
): Promise<void> {
  const actor = await requireManager(stores, caller, target, userIds);
  if (userIds.length > 0) await storage.deletePermissions(stores.db, actor, target, userIds);
}

function requireTarget(stores: Stores, caller: Caller, target: storage.PermissionTarget, wanted: "read" | "manage") {
  return target.kind === "organization"
    ? requireOrganization(stores, caller, target.name, wanted)
    : requireOwnRepository(stores, caller, target.name, wanted);
}

/** Who changes rights of these users, each of whom may be named only once. */
async function requireManager(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  userIds: string[],
): Promise<Actor> {
  if (new Set(userIds).size < userIds.length) {
    throw new RegistryError("PARAMETER_INVALID", "a user may be named only once");
  }
  await requireTarget(stores, caller, target, "manage");
  return actorOf(caller);
}

/** A user whom a request names, as the functions above take them. */
type NamedUser = Pick<storage.PermissionEntry, "userId" | "userName">;

/**
 * Finds the users of the caller's account whom a request names. Only those who manage the target learn whom there is not.
 *
 * @param wanted what is to be known of each, with the user's name.
 * @returns the same with the users, in the same order.
 * @throws RegistryError as {@link showPermissions}; DENIED unless the caller manages the target; USER_UNKNOWN.
 */
export async function findNamedUsers<W extends { user: string }>(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  wanted: readonly W[],
): Promise<(W & NamedUser)[]> {
  const { accountId } = requireAccountUser(caller);
  await requireTarget(stores, caller, target, "manage");
  const names = wanted.map(({ user }) => user);
  const ids = await findUserIds(stores.db, accountId, names);
  const strangers = names.filter((name) => !ids.has(name));
  if (strangers.length > 0) {
    const problems = strangers.map((name) => ({
      message: `there is no user ${shorten(name)} in your account`,
      detail: { user: shorten(name) },
    }));
    throw new RegistryError("USER_UNKNOWN", problems);
  }
  return wanted.map((each) => ({ ...each, userId: String(ids.get(each.user)), userName: each.user }));
}

/** The same for one user. */
export async function findNamedUser(
  stores: Stores,
  caller: Caller,
  target: storage.PermissionTarget,
  user: string,
): Promise<NamedUser> {
  const [found] = await findNamedUsers(stores, caller, target, [{ user }]);
  return { userId: found?.userId ?? "", userName: user };
}
