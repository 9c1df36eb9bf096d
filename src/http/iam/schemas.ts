/** What IAM's API v3 calls things: an account is a domain. */
import { createHash } from "node:crypto";
import type { User } from "../../model/rights/access.ts";
import { z } from "../openapi.ts";

export const Domain = z.object({ id: z.string(), name: z.string() }).openapi("IamDomain");

export const Project = z
  .object({
    id: z.string(),
    name: z.string(),
    domain_id: z.string(),
    parent_id: z.string(),
    is_domain: z.boolean(),
    enabled: z.boolean(),
    description: z.string(),
    links: z.object({ self: z.string() }),
  })
  .openapi("IamProject");

export const Links = z
  .object({ self: z.string(), next: z.string().nullable(), previous: z.string().nullable() })
  .openapi("IamLinks");

export function domainOf({ accountId, accountName }: User): z.infer<typeof Domain> {
  return { id: String(accountId), name: accountName };
}

/** Berth knows no projects: any name will do, and stands for the same. */
export function projectId({ accountId }: User, name: string): string {
  return createHash("sha256").update(`${accountId}/${name}`).digest("hex").slice(0, 32);
}

export function linksTo(self: string): z.infer<typeof Links> {
  return { self, next: null, previous: null };
}
