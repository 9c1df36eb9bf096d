/** Images as whoever has a right to them manages them: guide 4.5, SWR's "image repository management". */
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { ImageProperties } from "../../model/images/image-properties.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { deleteRepository } from "../../storage/deletion/deletion.ts";
import { addRepository, findRepositoryRecord, updateRepository } from "../../storage/images/repositories.ts";
import {
  type ListedRepository,
  listRepositories,
  MAX_LISTED_DESCRIPTIONS_LENGTH,
  MAX_LISTED_TAGS,
  type RepositoryList,
} from "../../storage/images/image-lists.ts";
import { actorOf, type Call } from "../call.ts";
import { requireOrganization, requireOwnRepository, requireRepository, unknownImage } from "../rights/management.ts";
import { cleanSoon, cleanUpAfterwards } from "../deletion/cleanups.ts";

/** Creates an empty image in an organization that exists. */
export async function createImage(
  call: Call<Manager>,
  name: RepositoryName,
  properties: Partial<ImageProperties>,
): Promise<void> {
  const organization = organizationOf(name);
  await requireOrganization(call, organization, "edit");
  if (await addRepository(call.stores.db, actorOf(call), name, properties)) return;
  // The organization may have gone meanwhile.
  await requireOrganization(call, organization, "edit");
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
): Promise<void> {
  const repository = await requireOwnRepository(call, name, "edit");
  if (!(await updateRepository(call.stores.db, actorOf(call), repository, properties))) throw unknownImage(name);
}

/**
 * Deletes an image with its tags, manifests, rights, shares and rules. For everybody it is gone then; what is left to do
 * follows the answer.
 */
export async function deleteImage(call: Call<Manager>, name: RepositoryName): Promise<void> {
  const repository = await requireOwnRepository(call, name, "manage");
  if (!(await deleteRepository(call.stores.db, actorOf(call), repository))) throw unknownImage(name);
  await cleanSoon({ kind: "image", targetId: repository.id }, call.stores);
  call.after(() => cleanUpAfterwards(call.stores));
}

export { type ListedRepository, MAX_LISTED_DESCRIPTIONS_LENGTH, MAX_LISTED_TAGS };
export type ImageList = Omit<RepositoryList, "user">;

/** One page of images, and how many there are in all. */
export function listImages(call: Call<Manager>, list: ImageList) {
  return listRepositories(call.stores.db, { ...list, user: call.caller.user });
}
