/** Conditions of a change, checked by the database in the very batch that makes it. */
import { and, eq, not, type SQL, sql } from "drizzle-orm";
import { isDigest } from "../../kernel/digest.ts";
import type { Precondition } from "../../kernel/precondition.ts";
import type { Reference } from "../../kernel/reference.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { manifests, repositories, tags } from "../schema.ts";

/** Whether a condition holds for what a reference of a repository points to. */
export function holdsFor({ match, noneMatch }: Precondition, repositoryId: number | SQL, reference: Reference): SQL {
  const points = isDigest(reference)
    ? sql`${manifests} WHERE ${manifests.repositoryId} = ${repositoryId} AND ${manifests.digest} = ${reference}`
    : sql`${tags} JOIN ${manifests} ON ${manifests.id} = ${tags.manifestId}
          WHERE ${tags.repositoryId} = ${repositoryId} AND ${tags.name} = ${reference}`;
  const isAmong = (digests: "*" | readonly string[]) => {
    const named =
      digests === "*"
        ? sql``
        : sql` AND ${manifests.digest} IN (SELECT value FROM json_each(${JSON.stringify(digests)}))`;
    return sql`EXISTS (SELECT 1 FROM ${points}${named})`;
  };
  return sql`(${match === undefined ? sql`true` : isAmong(match)} AND ${noneMatch === undefined ? sql`true` : sql`NOT ${isAmong(noneMatch)}`})`;
}

/** A statement that refuses its whole batch unless the condition holds: {@link isPreconditionFailure} knows the error. */
export function requireHolds(
  db: Database,
  precondition: Precondition,
  repositoryId: number | SQL<number>,
  reference: Reference,
) {
  return db
    .update(repositories)
    .set({ name: sql`NULL` })
    .where(and(eq(repositories.id, repositoryId), not(holdsFor(precondition, repositoryId, reference))));
}

export function isPreconditionFailure(error: unknown): boolean {
  return isConstraintFailure(error, "NOT NULL constraint failed: repositories.name");
}
