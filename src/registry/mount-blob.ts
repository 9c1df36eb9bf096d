import type { Actor, Caller } from "../model/access.ts";
import type { Digest } from "../model/digest.ts";
import type { RepositoryName } from "../model/reference.ts";
import { mountBlob as linkFrom, type MountSource } from "../storage/blobs.ts";
import type { Stores } from "../storage/stores.ts";
import { mayAccess } from "./access.ts";
import { ensureRepository } from "./repositories.ts";

/**
 * Makes a blob of another repository a blob of this one, without moving bytes (OCI distribution-spec, "Mounting a blob
 * from another repository"). Without `from`, any repository will do that the caller may pull from.
 *
 * @returns whether it could be mounted; if not, the caller uploads it.
 * @throws RegistryError QUOTA_EXCEEDED.
 */
export async function mountBlob(
  stores: Stores,
  caller: Caller,
  actor: Actor,
  mount: { repository: RepositoryName; digest: Digest; from: RepositoryName | undefined },
): Promise<boolean> {
  const { repository, digest, from } = mount;
  if (from && !(await mayAccess(stores, caller, "pull", from))) return false;
  const repositoryId = await ensureRepository(stores, actor, repository);
  return linkFrom(stores.db, { id: repositoryId, name: repository }, digest, sourceOf(caller, actor, from));
}

/** Where a blob may come from: a token's limits hold here as well. */
function sourceOf(caller: Caller, { user }: Actor, from: RepositoryName | undefined): MountSource {
  if (from) return { repositories: [from] };
  if (!caller.grants) return { user };
  const pullable = caller.grants.filter(({ type, actions }) => type === "repository" && actions.includes("pull"));
  return { repositories: pullable.map(({ name }) => name) };
}
