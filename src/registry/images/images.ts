/** Managing images: creating, changing, listing, deleting. */
import type { Versions } from "../../kernel/precondition.ts";
import { unlessChanged } from "../versions.ts";
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { ImageProperties } from "../../model/images/image-properties.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { deleteRepository } from "../../storage/deletion/delete-repository.ts";
import { addRepository, findRepositoryRecord, updateRepository } from "../../storage/images/repositories.ts";
import {
  type ListedRepository,
  listRepositories,
  MAX_LISTED_DESCRIPTIONS_LENGTH,
  MAX_LISTED_TAGS,
  type RepositoryList,
} from "../../storage/images/image-lists.ts";
import {
  listRepositoriesById,
  type ListedRepositoryById,
  type RepositoryListById,
} from "../../storage/images/image-lists-by-id.ts";
import { type Call, actorOf } from "../call.ts";
import { announceRemovals } from "../content/edge-content.ts";
import { cleanSoon, cleanUpAfterwards } from "../deletion/cleanups.ts";
import { Budget } from "../housekeeping/budget.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";
import {
  requireOrganization,
  requireOwnImages,
  requireOwnRepository,
  requireRepository,
  unknownImage,
} from "../rights/management.ts";
import { refusedCreation } from "./repositories.ts";

/** Creates an empty image in an organization that exists. */
export async function createImage(
  call: Call<Manager>,
  name: RepositoryName,
  properties: Partial<ImageProperties>,
): Promise<void> {
  const organization = organizationOf(name);
  requireOwnImages(organization, await requireOrganization(call, organization, "edit"));
  const creation = await addRepository(call.stores.db, actorOf(call), name, properties);
  if (creation.outcome === "created") return;
  if (creation.outcome !== "not-created") throw refusedCreation(creation);
  // The organization may have gone meanwhile, or stand for a registry elsewhere.
  requireOwnImages(organization, await requireOrganization(call, organization, "edit"));
  throw new RegistryError("REPOSITORY_EXISTS", { message: `image ${name} exists already`, detail: { name } });
}

/** The properties of an image. Who made it is for those who have a right to it in its own account. */
export async function getImageProperties(call: Call<Manager>, name: RepositoryName) {
  const { id, isOwn } = await requireRepository(call, name, "read");
  const record = await findRepositoryRecord(call.stores.db, id);
  if (!record) throw unknownImage(name);
  return { ...record, creator: isOwn ? record.creator : null };
}

/** Changes those properties of an image that are given. */
export async function updateImage(
  call: Call<Manager>,
  name: RepositoryName,
  properties: Partial<ImageProperties>,
  versions?: Versions,
): Promise<void> {
  const repository = await requireOwnRepository(call, name, "edit");
  const updating = updateRepository(call.stores.db, actorOf(call), repository, properties, versions);
  if (!(await unlessChanged(`image ${name}`, updating))) throw unknownImage(name);
}

/**
 * Deletes an image with its tags, manifests, rights, shares and rules. For everybody it is gone then; what is left to do
 * follows the answer.
 */
export async function deleteImage(call: Call<Manager>, name: RepositoryName): Promise<void> {
  const targetId = await hideImage(call, name);
  await announceRemovals(call.stores);
  await cleanSoon({ kind: "image", targetId }, call.stores);
  call.after(() => cleanUpAfterwards(call.stores));
}

/** The part of a deletion after which the image is gone for everybody. @returns its id. */
async function hideImage(call: Call<Manager>, name: RepositoryName): Promise<number> {
  const repository = await requireOwnRepository(call, name, "manage");
  const deletion = await deleteRepository(call.stores.db, actorOf(call), repository);
  if (deletion.outcome === "unknown") throw unknownImage(name);
  if (deletion.outcome === "tags-immutable") throw immutableTags(deletion.tags);
  return repository.id;
}

/** What came of one of several images: a refusal, or "postponed" for one that this request has not come to. */
export type ImageOutcome<Done extends string> = Done | "postponed" | RegistryError;

/** What a request may take for several images: the cleaning after its answer needs the rest of the invocation's queries. */
const BATCH_QUERIES = 450;
const BATCH_MS = 15_000;

/**
 * Deletes images, each by itself as {@link deleteImage} does: what keeps one keeps none of the others. So the same request can
 * be sent again when its answer was lost; what was deleted is unknown then.
 *
 * @returns what came of each, in the order of `names`, a repeated one once.
 */
export async function deleteImages(
  call: Call<Manager>,
  names: readonly RepositoryName[],
): Promise<Map<RepositoryName, ImageOutcome<"deleted">>> {
  let hasDeleted = false;
  try {
    return await forEachImage(call, names, async (name) => {
      await hideImage(call, name);
      hasDeleted = true;
      return "deleted" as const;
    });
  } finally {
    // Also when the next one failed for a reason of its own.
    if (hasDeleted) {
      await announceRemovals(call.stores);
      call.after(() => cleanUpAfterwards(call.stores));
    }
  }
}

/**
 * Makes images public or private, each by itself as {@link updateImage} does. One that is so already stays as it is, without an
 * event of the audit.
 *
 * @returns as {@link deleteImages}.
 */
export function setVisibility(
  call: Call<Manager>,
  names: readonly RepositoryName[],
  isPublic: boolean,
): Promise<Map<RepositoryName, ImageOutcome<"changed" | "unchanged">>> {
  return forEachImage(call, names, async (name) => {
    const repository = await requireOwnRepository(call, name, "edit");
    if (repository.isPublic === isPublic) return "unchanged";
    if (!(await updateRepository(call.stores.db, actorOf(call), repository, { isPublic }))) throw unknownImage(name);
    return "changed";
  });
}

/** Does something with each image, one after the other, as long as the budget lasts; the first one is always done. */
async function forEachImage<Done extends string>(
  { stores }: Call<Manager>,
  names: readonly RepositoryName[],
  work: (name: RepositoryName) => Promise<Done>,
): Promise<Map<RepositoryName, ImageOutcome<Done>>> {
  const budget = new Budget(stores.db, BATCH_QUERIES, BATCH_MS);
  const outcomes = new Map<RepositoryName, ImageOutcome<Done>>();
  for (const name of new Set(names)) {
    outcomes.set(name, outcomes.size > 0 && budget.isSpent ? "postponed" : await outcomeOf(() => work(name)));
  }
  return outcomes;
}

async function outcomeOf<Done extends string>(work: () => Promise<Done>): Promise<Done | RegistryError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}

export { type ListedRepository, MAX_LISTED_DESCRIPTIONS_LENGTH, MAX_LISTED_TAGS };
export type ImageList = Omit<RepositoryList, "user">;

/**
 * One page of images, and how many there are in all. It is refused when the filters are met by too few of too many.
 */
export async function listImages(
  call: Call<Manager>,
  list: ImageList,
): Promise<{ repositories: ListedRepository[]; total: number }> {
  const page = await listRepositories(call.stores.nearby, { ...list, user: call.caller.user });
  switch (page.outcome) {
    case "listed":
      return page;
    case "too-many-to-sort":
      throw tooFar(`there are more than ${page.counted} images, too many to sort them by this`);
    case "too-few-found":
      throw tooFar(`the first ${page.seen} images have too few that meet these filters`);
    default:
      return page satisfies never;
  }
}

export type ImageById = ListedRepositoryById;

/**
 * One page of images in the order of their ids, behind one of them.
 *
 * @returns also the id to go on behind; undefined on the last page. A page of a filtered list may have fewer images than were
 * asked for, even none, and yet not be the last.
 */
export function listImagesById(
  call: Call<Manager>,
  list: Omit<RepositoryListById, "user">,
): Promise<{ repositories: ImageById[]; next: number | undefined }> {
  return listRepositoriesById(call.stores.nearby, { ...list, user: call.caller.user });
}

function tooFar(why: string): RegistryError {
  const advice = "narrow the list by namespace or name, or go on with GET /api/images, whose pages have a cursor";
  return new RegistryError("PAGINATION_INVALID", `${why}: ${advice}`);
}
