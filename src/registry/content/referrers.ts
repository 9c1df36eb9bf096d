import type { Caller } from "../../model/rights/access.ts";
import { type Digest, isDigest } from "../../kernel/digest.ts";
import type { Reference, RepositoryName } from "../../kernel/reference.ts";
import { listReferrers as list } from "../../storage/content/referrers.ts";
import type { Stores } from "../../storage/stores.ts";
import { requireVisible } from "../images/image-detail.ts";
import { unknownManifest } from "./pull-manifest.ts";
import { findManifest } from "./find-manifest.ts";

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

/**
 * One page of the manifests that refer to a digest (OCI distribution-spec, "Listing Referrers"). A digest or repository
 * that does not exist has none: clients may ask before anything is there.
 */
export async function listReferrers(
  stores: Stores,
  query: {
    repository: RepositoryName;
    subject: Digest;
    artifactType: string | undefined;
    last: string;
    limit?: number;
  },
): Promise<ReferrerPage> {
  const { referrers, hasMore } = await list(stores.db, { limit: PAGE_SIZE, ...query });
  const descriptors = referrers.map(({ mediaType, digest, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType !== null && { artifactType }),
    ...(annotations !== null && { annotations: JSON.parse(annotations) as Record<string, string> }),
  }));
  return { descriptors, next: hasMore ? descriptors.at(-1)?.digest : undefined };
}

/**
 * The same for a manifest that an image's page shows, by tag or digest.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN, DENIED or MANIFEST_UNKNOWN.
 */
export async function listManifestReferrers(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  reference: Reference,
  page: { artifactType: string | undefined; last: string; limit: number },
): Promise<ReferrerPage> {
  await requireVisible(stores, caller, name);
  const subject = isDigest(reference) ? reference : (await findManifest(stores.db, name, reference))?.digest;
  if (!subject) throw unknownManifest(name, reference);
  return listReferrers(stores, { ...page, repository: name, subject });
}
