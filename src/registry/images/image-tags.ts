/** An image's tags as its page manages them: SWR's "image tag management", and the history of tags. */
import { withDocuments } from "../../documents.ts";
import type { Manager } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { imageIdOf } from "../../model/images/image-id.ts";
import { isIndexMediaType } from "../../kernel/media-types.ts";
import { quotaExceeded } from "../../kernel/quotas.ts";
import { organizationOf, type RepositoryName, type Tag } from "../../kernel/reference.ts";

import {
  findTagRecord,
  listTagEvents,
  listTagPage,
  listTagRecords,
  readShortTexts,
  type TagEvent,
  type TagList,
  type TagRecord,
} from "../../storage/content/tags.ts";
import { retag as pointTo } from "../../storage/content/retag.ts";
import { type Call, actorOf } from "../call.ts";
import {
  type RepositoryAccess,
  requireOwnImages,
  requireOwnRepository,
  requireRepository,
} from "../rights/management.ts";
import { dispatchSyncs } from "../sync/sync-queue.ts";
import { dispatch } from "../triggers/deliveries.ts";
import { settleAfter } from "../content/companions.ts";
import { deleteTag, deleteTags, type TagDeletion } from "../deletion/delete-tags.ts";
import { immutableTags } from "../immutable-rules/immutable-rules.ts";
import { unknownRepository } from "./repositories.ts";
import { readManifest } from "../content/find-manifest.ts";

/**
 * The texts of manifests in one answer have at most so many bytes together: a manifest may have 4 MiB, and as a text within
 * JSON up to twice that.
 */
export const MAX_SHOWN_TEXT_BYTES = 1024 * 1024;
/** A text of at most this many bytes is certainly stored in one row. */
const MAX_SHORT_TEXT_BYTES = 600_000;

export interface ImageTag extends Omit<TagRecord, "manifestBytes" | "manifestId"> {
  repositoryId: number;
  accountId: number;
  imageId: string;
  isIndex: boolean;
  /** The manifest; undefined where it was left out. */
  text: string | undefined;
}

/**
 * One page of an image's tags with their manifests, and how many there are in all. Where the manifests are long, the
 * longest are left out, and the image's id with them.
 */
export async function listImageTags(
  call: Call<Manager>,
  name: RepositoryName,
  list: Omit<TagList, "repositoryId">,
): Promise<{ tags: ImageTag[]; total: number }> {
  const repository = await requireRepository(call, name, "read");
  const { records, total } = await listTagRecords(call.stores.nearby, { ...list, repositoryId: repository.id });
  return { tags: await describeAll(call, repository, records), total };
}

/** The same behind an entry, and whether there are more. */
export async function listImageTagsAfter(
  call: Call<Manager>,
  name: RepositoryName,
  list: Omit<TagList, "repositoryId" | "offset">,
): Promise<{ tags: ImageTag[]; hasMore: boolean }> {
  const repository = await requireRepository(call, name, "read");
  // One more tells whether there is another page.
  const wanted = { ...list, repositoryId: repository.id, offset: 0, limit: list.limit + 1 };
  const records = await listTagPage(call.stores.nearby, wanted);
  const tags = await describeAll(call, repository, records.slice(0, list.limit));
  return { tags, hasMore: records.length > list.limit };
}

async function describeAll(
  { stores }: Call,
  repository: RepositoryAccess,
  records: readonly TagRecord[],
): Promise<ImageTag[]> {
  const shown = new Set(fitting(records));
  const texts = await readShortTexts(stores.nearby, [...new Set([...shown].map(({ manifestId }) => manifestId))]);
  return records.map((record) => {
    return describe(repository, record, shown.has(record) ? texts.get(record.manifestId) : undefined);
  });
}

/** As many as have room on one page, the shortest first; what several tags point to is there for each of them. */
function fitting(records: readonly TagRecord[]): TagRecord[] {
  const shortestFirst = records
    .filter(({ manifestBytes }) => manifestBytes <= MAX_SHORT_TEXT_BYTES)
    .toSorted((one, other) => one.manifestBytes - other.manifestBytes);
  let bytes = 0;
  return shortestFirst.filter(({ manifestBytes }) => (bytes += manifestBytes) <= MAX_SHOWN_TEXT_BYTES);
}

/** One of an image's tags, with its manifest unless that is too long for an answer. */
export async function getImageTag(call: Call<Manager>, name: RepositoryName, tag: Tag): Promise<ImageTag> {
  const repository = await requireRepository(call, name, "read");
  const record = await findTagRecord(call.stores.db, repository.id, tag);
  const isShown = record !== undefined && record.manifestBytes <= MAX_SHOWN_TEXT_BYTES;
  return withDocuments(async (memory) => {
    const manifest = isShown ? await readManifest(call.stores.db, name, record.digest, memory) : undefined;
    if (!record || (isShown && !manifest)) throw unknownTag(name, tag);
    return describe(repository, record, manifest?.text);
  });
}

function describe(
  { id, organization }: { id: number; organization: { accountId: number } },
  { manifestBytes: _bytes, manifestId: _id, ...record }: TagRecord,
  text: string | undefined,
): ImageTag {
  return {
    ...record,
    repositoryId: id,
    accountId: organization.accountId,
    imageId: imageIdOf(record.digest, text),
    isIndex: isIndexMediaType(record.mediaType),
    text,
  };
}

/**
 * Lets a tag point to what another one points to. A destination that does so already stays as it is.
 *
 * @param retagging `overrides`: a destination that points elsewhere is moved.
 */
export async function retag(
  call: Call<Manager>,
  name: RepositoryName,
  retagging: { source: Tag; destination: Tag; overrides: boolean },
): Promise<void> {
  const { source, destination } = retagging;
  const repository = await requireOwnRepository(call, name, "edit");
  requireOwnImages(organizationOf(name), repository.organization);
  // Retagging a tag to itself overwrites nothing, so it needs no `override`.
  const overrides = retagging.overrides || source === destination;
  const pointing = { source, destination, overrides };
  const actor = actorOf(call);
  const retagged = await pointTo(call.stores.db, actor, repository, pointing, call.registry);
  switch (retagged.outcome) {
    case "moved":
      await settleAfter(call, repository, retagged.unsettled);
      call.after(() => dispatch(call.stores, retagged.outbox));
      call.after(() => dispatchSyncs(call.stores, name, retagged.syncs));
      return;
    case "unchanged":
      return;
    case "source-unknown":
      throw unknownTag(name, source);
    case "destination-immutable":
      throw immutableTags([destination]);
    case "destination-exists":
      throw existingTag(name, destination);
    case "repository-unknown":
      throw unknownRepository(name);
    case "quota-exceeded":
      throw quotaExceeded(retagged.excess);
    default:
      return retagged satisfies never;
  }
}

function existingTag(name: RepositoryName, tag: Tag): RegistryError {
  const message = `tag ${tag} is in ${name} already: set override to move it`;
  return new RegistryError("TAG_EXISTS", { message, detail: { tag } });
}

/** Deletes a tag; what it pointed to stays for as long as something else needs it. */
export async function deleteImageTag(call: Call<Manager>, name: RepositoryName, tag: Tag): Promise<void> {
  const { id } = await requireOwnRepository(call, name, "manage");
  if (!(await deleteTag(call, { id, name }, tag))) throw unknownTag(name, tag);
}

export type { TagDeletion };

/**
 * Deletes tags, as many as may be; what they pointed to stays for as long as something else needs it.
 *
 * @returns what came of each.
 */
export async function deleteImageTags(
  call: Call<Manager>,
  name: RepositoryName,
  tags: readonly Tag[],
): Promise<Map<Tag, TagDeletion>> {
  const { id } = await requireOwnRepository(call, name, "manage");
  return deleteTags(call, { id, name }, tags);
}

export function unknownTag(name: RepositoryName, tag: Tag): RegistryError {
  return new RegistryError("TAG_UNKNOWN", { message: `tag ${tag} is not in ${name}`, detail: { tag } });
}

export type { TagEvent };

/**
 * What happened to an image's tags, newest first. Since it tells who did it, it is for those who have a right to the
 * image in its own account.
 */
export async function listTagHistory(
  call: Call<Manager>,
  name: RepositoryName,
  page: { tag: Tag | undefined; before: number | undefined; limit: number },
): Promise<TagEvent[]> {
  const { id } = await requireOwnRepository(call, name, "read");
  return listTagEvents(call.stores.nearby, { ...page, repositoryId: id });
}
