import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import type { Stores } from "../../storage/stores.ts";
import { listTags as list } from "../../storage/content/tags.ts";
import { unknownRepository } from "../images/repositories.ts";

/**
 * One page of a repository's tags in lexical order (OCI distribution-spec, "Listing Tags").
 *
 * @throws RegistryError NAME_UNKNOWN.
 */
export async function listTags(
  stores: Stores,
  repository: RepositoryName,
  last: string,
  limit: number,
): Promise<Tag[]> {
  const tags = await list(stores.db, repository, last, limit);
  if (!tags) throw unknownRepository(repository);
  return tags;
}
