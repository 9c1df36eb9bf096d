import type { Actor, Caller } from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { organizationOf, type RepositoryName } from "../model/reference.ts";
import { isOwn } from "../storage/access.ts";
import { createRepository, listRepositoryNames } from "../storage/repositories.ts";
import type { Stores } from "../storage/stores.ts";
import { findWriteTarget } from "./access.ts";

/**
 * The repository's id; a first push creates it, and its organization with it if settings and quota allow (design: a
 * newcomer's first push works).
 *
 * @throws RegistryError DENIED when somebody else was faster in creating the organization, when the quota was used up, or
 * when the right to push was taken away since the request, whose body may come slowly, was let in. UNAUTHORIZED when the
 * user's logins have ended since.
 */
export async function ensureRepository(stores: Stores, actor: Actor, name: RepositoryName): Promise<number> {
  const { db, settings } = stores;
  const { user, repositoryId: found } = await findWriteTarget(stores, actor, "push", name);
  if (found !== undefined) return found;
  const quota = settings.createsOrganizationOnPush ? settings.organizationQuota : 0;
  await createRepository(db, { ...actor, user }, name, quota);
  const { repositoryId: created } = await findWriteTarget(stores, actor, "push", name);
  if (created !== undefined) return created;
  throw new RegistryError("DENIED", {
    message: `you do not have the permission: organization ${organizationOf(name)} is taken, or could not be created`,
    detail: { name },
  });
}

/** One page of the repositories that the caller has a right to, after `last` in byte order. */
export async function listOwnRepositories(
  stores: Stores,
  caller: Caller,
  last: string,
  limit: number,
): Promise<RepositoryName[]> {
  if (!caller.user) return [];
  return listRepositoryNames(stores.db, isOwn(stores.db, caller.user), last, limit);
}
