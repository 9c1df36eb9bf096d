/** What organizations take up. */
import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { readQuotas } from "./quotas.ts";
import { organizations } from "./schema.ts";

export interface OrganizationUsage {
  images: number;
  /** Without companions, which its quota counts too. */
  tags: number;
  /** Bytes, each image with all of its blobs. */
  imageBytes: number;
  /** Bytes, each blob once: what its quota counts. */
  storedBytes: number;
}

/** What an organization takes up now. */
export async function measureOrganization(db: Database, organizationId: number): Promise<OrganizationUsage> {
  const [{ images, tags, storedBytes }, [row]] = await Promise.all([
    readQuotas(db, "organization", organizationId),
    organizationCountsQuery(db, organizationId),
  ]);
  return {
    images: images.used,
    tags: tags.used - (row?.companions ?? 0),
    imageBytes: row?.imageBytes ?? 0,
    storedBytes: storedBytes.used,
  };
}

/** What quotas do not know of an organization: bytes of its images, and how many of its tags are companions. */
export function organizationCountsQuery(db: Database, organizationId: number) {
  return db
    .select({ imageBytes: organizations.imageBytes, companions: organizations.companionCount })
    .from(organizations)
    .where(eq(organizations.id, organizationId));
}
