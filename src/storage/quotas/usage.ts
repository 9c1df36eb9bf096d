/** What organizations take up. */
import { eq } from "drizzle-orm";
import type { Database } from "../database.ts";
import { organizations } from "../schema.ts";
import { type ImageTotals, totalsOfOrganization } from "./totals.ts";

export interface OrganizationUsage extends ImageTotals {
  /** Bytes, each image with all of its blobs. */
  imageBytes: number;
}

/** What an organization takes up now. */
export async function measureOrganization(db: Database, organizationId: number): Promise<OrganizationUsage> {
  const [totals, [row]] = await Promise.all([
    totalsOfOrganization(db, organizationId),
    db.select({ imageBytes: organizations.imageBytes }).from(organizations).where(eq(organizations.id, organizationId)),
  ]);
  return { ...totals, imageBytes: row?.imageBytes ?? 0 };
}
