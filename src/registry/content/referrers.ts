import type { RegistryCaller, Visitor } from "../../model/rights/access.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import { listReferrers as list } from "../../storage/content/referrers.ts";
import type { Call } from "../call.ts";
import type { Stores } from "../../storage/stores.ts";
import { type Access, type Confirmable, hasUpstream } from "../rights/access.ts";
import { requireRepository } from "../rights/management.ts";
import { unknownManifest } from "./pull-manifest.ts";
import { findManifest, nameOf } from "./find-manifest.ts";

/** Entries of one page: enough for every signature of an image, few enough for one answer. */
const PAGE_SIZE = 100;

export interface ReferrerDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface ReferrerPage {
  descriptors: ReferrerDescriptor[];
  /** The digest to go on from; undefined on the last page. */
  next: Digest | undefined;
}

/** What of a list of referrers is wanted. */
export interface ReferrerQuery {
  artifactType: string | undefined;
  /** The digest to go on behind; empty for the first page. */
  last: string;
}

/**
 * One page of the manifests that refer to a digest (OCI distribution-spec, "Listing Referrers"). A digest or repository
 * that does not exist has none: clients may ask before anything is there.
 */
export async function listReferrers(
  call: Call<RegistryCaller>,
  access: Access<"pull">,
  query: ReferrerQuery & { subject: Digest },
): Promise<ReferrerPage> {
  const { stores } = call;
  if (hasUpstream(access)) {
    const { listThrough } = await import("../upstreams/pull-through.ts");
    const listed = await listThrough(call, access, query.subject);
    if (listed) return pageOfListed(listed, query);
  }
  return pageOf(stores, { ...query, searched: access, limit: PAGE_SIZE });
}

/** One page of a list that came from elsewhere. */
function pageOfListed(listed: readonly ReferrerDescriptor[], { artifactType, last }: ReferrerQuery): ReferrerPage {
  const following = listed
    .filter((each) => each.digest > last && (artifactType === undefined || each.artifactType === artifactType))
    .toSorted((one, other) => (one.digest < other.digest ? -1 : 1));
  const descriptors = following.slice(0, PAGE_SIZE);
  return { descriptors, next: following.length > PAGE_SIZE ? descriptors.at(-1)?.digest : undefined };
}

async function pageOf(
  { db }: Stores,
  { searched, ...query }: ReferrerQuery & { searched: RepositoryName | Confirmable; subject: Digest; limit: number },
): Promise<ReferrerPage> {
  const { referrers, hasMore, repository } = await list(db, { ...query, repository: nameOf(searched) });
  if (repository && typeof searched !== "string") await searched.confirm(repository);
  const descriptors = referrers.map(({ mediaType, digest, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType !== null && { artifactType }),
    ...(annotations !== null && { annotations: JSON.parse(annotations) as Record<string, string> }),
  }));
  return { descriptors, next: hasMore ? descriptors.at(-1)?.digest : undefined };
}

/** The same for a manifest that an image's page shows, by tag or digest. */
export async function listManifestReferrers(
  call: Call<Visitor>,
  name: RepositoryName,
  reference: Reference,
  page: ReferrerQuery & { limit: number },
): Promise<ReferrerPage> {
  await requireRepository(call, name, "read");
  const subject = isDigest(reference) ? reference : (await findManifest(call.stores.db, name, reference))?.digest;
  if (!subject) throw unknownManifest(name, reference);
  return pageOf(call.stores, { ...page, searched: name, subject });
}
