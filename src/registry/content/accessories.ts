/** What is attached to a tag's manifest, and what a tag is attached to, as SWR lists both. */
import type { Manager } from "../../model/rights/access.ts";
import type { Digest } from "../../kernel/digest.ts";
import type { RepositoryName, Tag } from "../../kernel/reference.ts";
import { type CompanionType, companionTypeOf } from "../../kernel/tag-kind.ts";
import {
  type AttachedManifest,
  findTagSubject,
  listAttached,
  listTagsOfSubject,
  MAX_ATTACHED,
} from "../../storage/content/accessories.ts";
import type { Call } from "../call.ts";
import { unknownTag } from "../images/image-tags.ts";
import { requireRepository } from "../rights/management.ts";

export { MAX_ATTACHED as MAX_ACCESSORIES };

/** Something that is attached to a manifest. */
export interface Accessory extends Omit<AttachedManifest, "artifactType"> {
  /** The digest of what it is attached to. */
  subject: Digest;
  type: string;
}

/**
 * What is attached to the manifest that a tag points to, and how much there is in all.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, TAG_UNKNOWN.
 */
export async function listAccessories(
  call: Call<Manager>,
  name: RepositoryName,
  tag: Tag,
  page: { limit: number; offset: number },
): Promise<{ total: number; accessories: Accessory[]; accountId: number }> {
  const { id, organization } = await requireRepository(call, name, "read");
  const found = await findTagSubject(call.stores.nearby, id, tag);
  if (!found) throw unknownTag(name, tag);
  const { total, attached } = await listAttached(call.stores.nearby, { repositoryId: id, digest: found.digest }, page);
  const accessories = attached.map(({ artifactType, ...each }) => ({
    ...each,
    subject: found.digest,
    type: typeOf(each.tag, artifactType),
  }));
  return { total, accessories, accountId: organization.accountId };
}

/**
 * The tags of the manifest that a tag belongs to, in the order in which they were made.
 *
 * @param page `after`: the number to go on behind; 0 for the first page.
 * @returns `next`: the same for the next page, undefined on the last one.
 * @throws RegistryError REPOSITORY_UNKNOWN, TAG_UNKNOWN.
 */
export async function listReferences(
  call: Call<Manager>,
  name: RepositoryName,
  tag: Tag,
  { limit, after }: { limit: number; after: number },
): Promise<{ tags: Tag[]; next: number | undefined }> {
  const { id } = await requireRepository(call, name, "read");
  const found = await findTagSubject(call.stores.nearby, id, tag);
  if (!found) throw unknownTag(name, tag);
  if (found.companionOf === null) return { tags: [], next: undefined };
  const subject = { repositoryId: id, key: found.companionOf };
  // One more tells whether there is another page.
  const rows = await listTagsOfSubject(call.stores.nearby, subject, { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  return { tags: shown.map((row) => row.name), next: rows.length > limit ? shown.at(-1)?.id : undefined };
}

const TYPES: Readonly<Record<Exclude<CompanionType, "other" | "referrers">, string>> = {
  signature: "signature.cosign",
  attestation: "attestation.cosign",
  sbom: "sbom.cosign",
};

/** What the artifact types of signatures begin with, and what SWR and Harbor call these. */
const ARTIFACT_TYPES: readonly (readonly [start: string, type: string])[] = [
  ["application/vnd.dev.cosign.artifact.sig.", TYPES.signature],
  ["application/vnd.cncf.notary.signature", "signature.notation"],
];

function typeOf(tag: Tag | null, artifactType: string | null): string {
  const named = tag === null ? "other" : companionTypeOf(tag);
  if (named !== "other" && named !== "referrers") return TYPES[named];
  const [, known] = ARTIFACT_TYPES.find(([start]) => artifactType?.startsWith(start)) ?? [];
  return known ?? artifactType ?? "other";
}
