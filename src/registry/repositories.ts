import type { Caller } from "../model/access.ts";
import type { RepositoryName } from "../model/reference.ts";
import { createRepository, findRepositoryId, listRepositories } from "../storage/repositories.ts";
import type { Stores } from "../storage/stores.ts";
import { seesEveryRepository } from "./access.ts";

/** The repository's id; a first push creates it, and its organization with it (design: a newcomer's first push works). */
export async function ensureRepository(stores: Stores, name: RepositoryName, userId: number): Promise<number> {
  return (await findRepositoryId(stores.db, name)) ?? (await createRepository(stores.db, name, userId));
}

/** One page of the repositories that the caller may see, after `last` in byte order. */
export async function listVisibleRepositories(
  stores: Stores,
  caller: Caller,
  last: string,
  limit: number,
): Promise<RepositoryName[]> {
  return seesEveryRepository(caller.user) ? listRepositories(stores.db, last, limit) : [];
}
