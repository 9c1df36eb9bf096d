import type { Digest } from "../model/digest.ts";
import type { RepositoryName } from "../model/reference.ts";
import { listReferrers as list } from "../storage/manifests.ts";
import type { Stores } from "../storage/stores.ts";

/** Entries of one page: enough for every signature of an image, few enough for one answer. */
const PAGE_SIZE = 100;

export interface ReferrerDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/**
 * One page of the manifests that refer to a digest (OCI distribution-spec, "Listing Referrers"). A digest or repository
 * that does not exist has none: clients may ask before anything is there.
 *
 * @returns the descriptors, and the digest to go on from when there are more.
 */
export async function listReferrers(
  stores: Stores,
  query: { repository: RepositoryName; subject: Digest; artifactType: string | undefined; last: string },
): Promise<{ descriptors: ReferrerDescriptor[]; next: Digest | undefined }> {
  const { referrers, hasMore } = await list(stores.db, { ...query, limit: PAGE_SIZE });
  const descriptors = referrers.map(({ mediaType, digest, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType !== null && { artifactType }),
    ...(annotations !== null && { annotations: JSON.parse(annotations) as Record<string, string> }),
  }));
  return { descriptors, next: hasMore ? descriptors.at(-1)?.digest : undefined };
}
