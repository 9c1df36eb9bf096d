import type { RegistryCaller } from "../../model/rights/access.ts";
import type { Tag } from "../../kernel/reference.ts";
import { listTags as list } from "../../storage/content/tags.ts";
import type { Call } from "../call.ts";
import { unknownRepository } from "../images/repositories.ts";
import type { Access } from "../rights/access.ts";

/** One page of a repository's tags in lexical order (OCI distribution-spec, "Listing Tags"). */
export async function listTags(
  { stores }: Call<RegistryCaller>,
  { repository, confirm }: Access<"pull">,
  last: string,
  limit: number,
): Promise<Tag[]> {
  const found = await list(stores.db, repository, last, limit);
  if (!found) throw unknownRepository(repository);
  await confirm(found.repository);
  return found.tags;
}
