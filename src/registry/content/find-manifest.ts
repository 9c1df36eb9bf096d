/**
 * Manifests as others look for them: a repository that does not exist is refused, a manifest that is not there is undefined. An
 * access in place of a repository's name is confirmed of what is found under that.
 */
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { Lease } from "../../memory.ts";
import {
  findManifest as find,
  type DescribedManifest,
  type FoundManifest,
  type ManifestSearch,
  readManifest as read,
  type ReadManifest,
} from "../../storage/content/find-manifest.ts";
import type { Stores } from "../../storage/stores.ts";
import { isSame } from "./edge-content.ts";
import { unknownRepository } from "../images/repositories.ts";
import type { Confirmable } from "../rights/access.ts";

/**
 * Finds a manifest by tag or digest, without its text.
 *
 * @throws RegistryError NAME_UNKNOWN when there is no such repository.
 */
export async function findManifest(
  db: Stores["db"],
  searched: RepositoryName | Confirmable,
  reference: Reference,
): Promise<DescribedManifest | undefined> {
  return foundIn(searched, await find(db, nameOf(searched), reference));
}

/**
 * Finds a manifest by tag or digest, with its text and what counting its pull takes.
 *
 * @param memory of documents: what it takes for the text is the caller's to give back.
 * @throws RegistryError NAME_UNKNOWN when there is no such repository, OVERLOADED when there is no memory for the text.
 */
export async function readManifest(
  db: Stores["db"],
  searched: RepositoryName | Confirmable,
  reference: Reference,
  memory: Lease,
): Promise<ReadManifest | undefined> {
  return foundIn(searched, await read(db, nameOf(searched), reference, memory));
}

/**
 * The same by digest from the nearest copy of the database, for a caller of the registry API.
 *
 * @returns undefined when it is not there, or that copy is of a time before the caller's right was decided: ask the primary then.
 */
export async function readReplicatedManifest(
  { db, nearby }: Stores,
  { repository, place }: Confirmable,
  digest: Digest,
  memory: Lease,
): Promise<ReadManifest | undefined> {
  if (!place || nearby === db) return undefined;
  const search = await read(nearby, repository, digest, memory);
  return search.outcome === "found" && isSame(search.manifest.repository, place) ? search.manifest : undefined;
}

/** The name under which something is looked for. */
export function nameOf(searched: RepositoryName | Confirmable): RepositoryName {
  return typeof searched === "string" ? searched : searched.repository;
}

async function foundIn<M extends FoundManifest>(
  searched: RepositoryName | Confirmable,
  search: ManifestSearch<M>,
): Promise<M | undefined> {
  if (search.outcome === "repository-unknown") throw unknownRepository(nameOf(searched));
  if (typeof searched !== "string") await searched.confirm(search.repository);
  return search.outcome === "found" ? search.manifest : undefined;
}
