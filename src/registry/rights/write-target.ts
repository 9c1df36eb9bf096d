/** Rights as they are at the moment of a write, whatever the caller's token said some minutes ago. */
import { repositoryScope, type User } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { UserRecord } from "../../storage/accounts/users.ts";
import { hasAccessKey } from "../../storage/logins/access-keys.ts";
import { findCurrentAccess } from "../../storage/rights/access.ts";
import { actorOf, type Call } from "../call.ts";
import { grantOf } from "./access.ts";
import { deniedAction } from "./push-refusals.ts";

/** A repository that is about to be changed, and its user as of now. */
export interface WriteTarget {
  user: User;
  /** Undefined when there is none of that name. */
  repositoryId: number | undefined;
}

/**
 * Decides anew what is about to take effect: the right may have been taken away since the request began, the password
 * changed, the access key or the user deleted, or the name been taken by somebody else.
 *
 * @throws RegistryError DENIED; UNAUTHORIZED when the user's logins have ended.
 */
export async function findWriteTarget(
  call: Call,
  action: "push" | "delete",
  name: RepositoryName,
): Promise<WriteTarget> {
  const { stores } = call;
  const actor = actorOf(call);
  const { accessKey } = actor;
  const [{ user: record, facts }, hasKey] = await Promise.all([
    findCurrentAccess(stores.db, actor.user.id, name),
    accessKey === undefined || hasAccessKey(stores.db, actor.user.id, accessKey),
  ]);
  const user = requireCurrentUser(record, actor);
  if (!hasKey) throw endedLogin();
  const granted = grantOf(stores, user, repositoryScope(name, action), new Map([[name, facts]]));
  if (granted.actions.includes(action)) return { user, repositoryId: facts.repository?.id };
  // What does not exist is not deleted by anybody.
  if (action === "delete" && !facts.repository) return { user, repositoryId: undefined };
  throw await deniedAction(stores, user, action, { type: "repository", name, detail: { name } });
}

/**
 * The user behind credentials that were made some minutes ago.
 *
 * @param record of the user of that id.
 * @throws RegistryError UNAUTHORIZED when the user is gone, or has another password since.
 */
export function requireCurrentUser(
  record: UserRecord | undefined,
  { user, passwordChanges }: { user: User; passwordChanges?: number | undefined },
): UserRecord {
  const isSameUser = record?.name === user.name;
  if (isSameUser && (passwordChanges === undefined || passwordChanges === record.passwordChanges)) return record;
  throw endedLogin();
}

export function endedLogin(): RegistryError {
  return new RegistryError("UNAUTHORIZED", "the login has ended: log in again");
}
