import type { RegistryCaller } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { quotaExceeded } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { openUploadRow } from "../../storage/content/open-uploads.ts";
import {
  createRepository,
  createRepositoryForUpload,
  type CreationRefusal,
  listOwnNames,
} from "../../storage/images/repositories.ts";
import type { Stores } from "../../storage/stores.ts";
import { deletedAccount } from "../accounts/accounts.ts";
import { type Call, actorOf } from "../call.ts";
import type { CatalogAccess } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { isSealedCursor, openCursor, sealCursor } from "../cursors.ts";

/**
 * The repository's id; a first push creates it, and its organization with it if settings and quota allow (design: a
 * newcomer's first push works).
 *
 * @throws RegistryError DENIED when somebody else was faster in creating the organization, when the quota was used up, or
 * when the right to push was taken away since the request, whose body may come slowly, was let in. UNAUTHORIZED when the
 * user's logins have ended since. QUOTA_EXCEEDED.
 */
export async function ensureRepository(call: Call, name: RepositoryName): Promise<number> {
  const { user, repositoryId: found } = await findWriteTarget(call, "push", name);
  if (found !== undefined) return found;
  const creation = await createRepository(call.stores.db, { ...actorOf(call), user }, name, quotaForPush(call.stores));
  if (creation.outcome !== "done") throw refusedCreation(creation);
  const { repositoryId: created } = await findWriteTarget(call, "push", name);
  if (created !== undefined) return created;
  throw notCreated(name);
}

/**
 * Opens an upload in a repository, which a first push creates as {@link ensureRepository} does. It takes one query where
 * there is one.
 *
 * @returns how many bytes the organization and its account may store beyond what they have.
 */
export async function ensureOpenUpload(call: Call, name: RepositoryName, upload: string): Promise<number> {
  const { stores } = call;
  const actor = actorOf(call);
  const open = () => openUploadRow(stores.db, actor, name, upload);
  const create = async () => {
    const { user, repositoryId } = await findWriteTarget(call, "push", name);
    // Somebody may have created it since.
    if (repositoryId !== undefined) return open();
    return createRepositoryForUpload(stores.db, { ...actor, user }, name, quotaForPush(stores), upload);
  };
  const opened = await open();
  const place = opened.outcome === "not-opened" ? await create() : opened;
  if (place.outcome === "opened") return place.room;
  throw place.outcome === "not-opened" ? notCreated(name) : refusedCreation(place);
}

/** Why a repository could not be created. */
export function refusedCreation(refusal: CreationRefusal): RegistryError {
  return refusal.outcome === "account-gone" ? deletedAccount() : quotaExceeded(refusal.excess);
}

export function unknownRepository(name: RepositoryName): RegistryError {
  return new RegistryError("NAME_UNKNOWN", { message: `repository ${name} does not exist`, detail: { name } });
}

/** How many organizations a user may have created for a push to create one more. */
function quotaForPush({ settings }: Stores): number {
  return settings.createsOrganizationOnPush ? settings.organizationQuota : 0;
}

function notCreated(name: RepositoryName): RegistryError {
  return new RegistryError("DENIED", {
    message: `you do not have the permission: organization ${organizationOf(name)} is taken, or could not be created`,
    detail: { name },
  });
}

/**
 * One page of the repositories that the caller has a right to.
 *
 * @param last the name to go on behind in byte order, or what an earlier page answered as `next`.
 * @returns `next`: what to go on behind when the search ended before it had as many as were asked for.
 * @throws RegistryError PAGINATION_INVALID for a `last` that no page has answered.
 */
export async function listOwnRepositories(
  { stores }: Call<RegistryCaller>,
  { user }: CatalogAccess,
  last: string,
  limit: number,
): Promise<{ names: RepositoryName[]; next: string | undefined }> {
  const after = isSealedCursor(last) ? await openCursor(stores, last) : last;
  if (after === undefined) {
    throw new RegistryError("PAGINATION_INVALID", "last is neither a name nor from the link of an earlier page");
  }
  const { rows, end } = await listOwnNames(stores.db, user, after, limit);
  const next = end && (await sealCursor(stores, end.key));
  return { names: rows.map(({ key }) => key), next };
}
