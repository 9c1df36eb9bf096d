import { isMemberOfAccount, type RegistryCaller } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_BEGUN_IMAGES } from "../../kernel/limits.ts";
import { quotaExceeded } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { type CreationRefusal, listOwnNames, type RepositoryCreation } from "../../storage/images/repositories.ts";
import type { Stores } from "../../storage/stores.ts";
import { deletedAccount } from "../accounts/accounts.ts";
import { type Call, actorOf } from "../call.ts";
import { isNotedRepository, noteRepository } from "../content/noted-blobs.ts";
import type { Access, CatalogAccess } from "../rights/access.ts";
import { findWriteTarget } from "../rights/write-target.ts";
import { isSealedCursor, openCursor, sealCursor } from "../cursors.ts";

/**
 * Writes to a repository in one batch, which decides anew whether the caller may push. A first push creates the repository
 * in that batch, and its organization with it if settings and quota allow (design: a newcomer's first push works).
 *
 * @param access what the caller may do, and where the repository was when that was decided.
 * @param write the batch; it changes nothing when it answers "repository-unknown".
 * @param isImage whether it writes a manifest, which makes the repository an image.
 * @returns what the batch has answered.
 * @throws RegistryError DENIED when somebody else was faster in creating the organization, when the quota was used up, or
 * when the right to push was taken away since the request, whose body may come slowly, was let in. UNAUTHORIZED when the
 * user's logins have ended since.
 */
export async function writeTo<T extends { outcome: string }>(
  call: Call,
  { repository: name, place }: Pick<Access<"push">, "repository" | "place">,
  write: (creation?: RepositoryCreation) => Promise<T>,
  { isImage = false } = {},
): Promise<Exclude<T, { outcome: "repository-unknown" }>> {
  const actor = actorOf(call);
  const organizationQuota = isMemberOfAccount(actor.user) ? quotaForPush(call.stores) : 0;
  // Where there was none when the token was made, it is the first push of an image most often: one batch creates it and writes.
  if ((place && !(isImage && place.isBegun)) || isNotedRepository(call, name, isImage)) {
    const written = await write();
    if (isWritten(written)) return written;
  }
  // It is created before it is looked up whether that is what was missing.
  const created = await write({ actor, organizationQuota, isImage });
  if (isWritten(created)) {
    noteRepository(call, name, isImage);
    return created;
  }
  const { user } = await findWriteTarget(call, "push", name);
  // The user has got a right since, or another role than the token says.
  const last = await write({ actor: { ...actor, user }, organizationQuota, isImage });
  if (isWritten(last)) return last;
  throw notCreated(name);
}

function isWritten<T extends { outcome: string }>(answer: T): answer is Exclude<T, { outcome: "repository-unknown" }> {
  return answer.outcome !== "repository-unknown";
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
    message:
      `you do not have the permission: organization ${organizationOf(name)} is taken, or could not be created, ` +
      `or ${MAX_BEGUN_IMAGES} other images of it wait for their first manifest`,
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
