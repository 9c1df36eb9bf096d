/** Manifests as others look for them: a repository that does not exist is refused, a manifest that is not there is undefined. */
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import type { Lease } from "../../memory.ts";
import {
  findManifest as find,
  type FoundManifest,
  type ManifestSearch,
  readManifest as read,
  type ReadManifest,
} from "../../storage/content/find-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import { unknownRepository } from "../images/repositories.ts";

/**
 * Finds a manifest by tag or digest, without its text.
 *
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function findManifest(
  db: Stores["db"],
  repository: RepositoryName,
  reference: Reference,
): Promise<(FoundManifest & { hasLostBlob: boolean }) | undefined> {
  return foundIn(repository, await find(db, repository, reference));
}

/**
 * Finds a manifest by tag or digest, with its text and what counting its pull takes.
 *
 * @param memory of documents: what it takes for the text is the caller's to give back.
 * @throws RegistryError NAME_UNKNOWN when there is no such repository, OVERLOADED when there is no memory for the text.
 */
export async function readManifest(
  db: Stores["db"],
  repository: RepositoryName,
  reference: Reference,
  memory: Lease,
): Promise<ReadManifest | undefined> {
  return foundIn(repository, await read(db, repository, reference, memory));
}

function foundIn<M extends FoundManifest>(repository: RepositoryName, search: ManifestSearch<M>): M | undefined {
  if (search.outcome === "repository-unknown") throw unknownRepository(repository);
  return search.outcome === "found" ? search.manifest : undefined;
}
