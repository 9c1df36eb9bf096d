/** The images that a rule of an organization goes through. */
import { and, asc, eq, gte } from "drizzle-orm";
import type { RepositoryName } from "../../kernel/reference.ts";
import type { Database } from "../database.ts";
import { isNamed } from "../deletion/gone.ts";
import { repositories } from "../schema.ts";

/** Images of an organization by name, from one on. */
export async function listImagesOf(
  db: Database,
  organizationId: number,
  from: string,
  limit: number,
): Promise<{ id: number; name: RepositoryName }[]> {
  return db
    .select({ id: repositories.id, name: repositories.name })
    .from(repositories)
    .where(
      and(
        eq(repositories.organizationId, organizationId),
        isNamed(repositories.name),
        gte(repositories.name, from as RepositoryName),
      ),
    )
    .orderBy(asc(repositories.name))
    .limit(limit);
}
