/** What organizations take up. */
import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { readQuotas } from "./quotas.ts";
import { organizations } from "./schema.ts";

export interface OrganizationUsage {
  images: number;
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
    imageBytesQuery(db, organizationId),
  ]);
  return { images: images.used, tags: tags.used, imageBytes: row?.bytes ?? 0, storedBytes: storedBytes.used };
}

export function imageBytesQuery(db: Database, organizationId: number) {
  return db.select({ bytes: organizations.imageBytes }).from(organizations).where(eq(organizations.id, organizationId));
}
