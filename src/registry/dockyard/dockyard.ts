/**
 * What a replication of Harbor's asks of SWR's older API (ADR 33). It comes with what `docker login` is given, whose
 * credentials push and pull only: so there is nothing here that their pushes and pulls do not show and do as well.
 */
import type { Copier } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import type { OrganizationName, Tag } from "../../kernel/reference.ts";
import { listTagNames, listTagNamesOf } from "../../storage/content/tags.ts";
import { type ListedRepositoryById, listRepositoriesById } from "../../storage/images/image-lists-by-id.ts";
import { totalImages } from "../../storage/quotas/totals.ts";
import type { Call } from "../call.ts";
import {
  createOrganization,
  getOrganization,
  listOrganizations,
  type Organization,
  type VisibleOrganization,
} from "../organizations/organizations.ts";
import { asManager } from "../rights/callers.ts";
import type { Stores } from "../stores.ts";

function managerCall(call: Call<Copier>) {
  return { ...call, caller: asManager(call.caller) };
}

/**
 * The organizations of the caller's account that the caller has a right to, by name: as many as SWR's list has.
 *
 * @param withImages also those where the caller has a right to single images only.
 */
export function listOrganizationsToCopy(call: Call<Copier>, withImages: boolean): Promise<Organization[]> {
  return listOrganizations(managerCall(call), { name: undefined, withImages });
}

/** An organization in which the caller has a right. @returns undefined when there is none: Harbor wants an empty answer then. */
export async function findOrganizationToCopy(
  call: Call<Copier>,
  name: OrganizationName,
): Promise<VisibleOrganization | undefined> {
  try {
    return await getOrganization(managerCall(call), name);
  } catch (error) {
    if (error instanceof RegistryError && error.code === "ORGANIZATION_UNKNOWN") return undefined;
    throw error;
  }
}

/**
 * Creates an organization to push to.
 *
 * @throws RegistryError DENIED for credentials that only push and pull, where a push creates none either; else as
 * `createOrganization`.
 */
export async function createOrganizationToCopy(call: Call<Copier>, name: OrganizationName): Promise<void> {
  if (call.caller.reach === "registry" && !call.stores.settings.createsOrganizationOnPush) {
    const message = `organization ${name} does not exist, and a login command's credentials create none here`;
    throw new RegistryError("DENIED", { message, detail: { name } });
  }
  await createOrganization(managerCall(call), name);
}

/** Images that one query finds. */
const PAGE_IMAGES = 1000;
/** Tags that one query finds, of several images or of one. */
const PAGE_TAGS = 5000;

/** A part of a list of images: the next image, or some more tags of the last one. */
export type ListPart = { image: ListedRepositoryById } | { tags: Tag[] };

/**
 * All images that the caller has a right to in the account, each with all of its tags, companions among them: what is not named
 * is not copied. The list has no pages, so it is read while it is sent. Where there is more than one invocation may read, which
 * is some hundred thousand images and millions of tags, reading fails, and with it the answer, rather than leave something out.
 *
 * @returns also how many images there are.
 */
export async function listImagesToCopy(
  call: Call<Copier>,
): Promise<{ total: number; parts: AsyncGenerator<ListPart, void> }> {
  const { stores, caller } = call;
  return { total: await totalImages(stores.nearby, caller.user), parts: readImages(call) };
}

async function* readImages({ stores, caller }: Call<Copier>): AsyncGenerator<ListPart, void> {
  const all = { organization: undefined, text: undefined, category: undefined, isPublic: undefined } as const;
  const list = { ...all, account: undefined, isShared: undefined, scope: "own", user: caller.user } as const;
  // By ids, so that none is missed that changes meanwhile.
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = await listRepositoriesById(stores.nearby, { ...list, after, limit: PAGE_IMAGES });
    for (const images of groupsOf(page.repositories)) yield* withTags(stores, images);
    after = page.next;
  }
}

/** Groups of images that have as many tags together as one query finds, or are one image with more. */
function groupsOf(images: readonly ListedRepositoryById[]): ListedRepositoryById[][] {
  const groups: ListedRepositoryById[][] = [];
  let room = 0;
  for (const image of images) {
    const count = countOf(image);
    if (count > room || groups.length === 0) {
      groups.push([]);
      room = PAGE_TAGS;
    }
    groups.at(-1)?.push(image);
    room -= count;
  }
  return groups;
}

function countOf({ tagCount, companionCount }: ListedRepositoryById): number {
  return tagCount + companionCount;
}

async function* withTags(stores: Stores, images: readonly ListedRepositoryById[]): AsyncGenerator<ListPart, void> {
  const ids = images.filter((image) => countOf(image) > 0).map(({ id }) => id);
  const isOne = images.length === 1;
  // One more tells whether there are more tags than there were a moment ago.
  const rows = isOne || ids.length === 0 ? [] : await listTagNames(stores.nearby, ids, PAGE_TAGS + 1);
  const isWhole = !isOne && rows.length <= PAGE_TAGS;
  const tags = Map.groupBy(rows, ({ repositoryId }) => repositoryId);
  for (const image of images) {
    yield { image };
    if (isWhole) yield { tags: tags.get(image.id)?.map(({ name }) => name) ?? [] };
    else yield* tagsOf(stores, image.id);
  }
}

async function* tagsOf({ nearby }: Stores, repositoryId: number): AsyncGenerator<{ tags: Tag[] }, void> {
  for (let last: string | undefined = ""; last !== undefined;) {
    const tags: Tag[] = await listTagNamesOf(nearby, repositoryId, last, PAGE_TAGS);
    yield { tags };
    last = tags.length < PAGE_TAGS ? undefined : tags.at(-1);
  }
}
