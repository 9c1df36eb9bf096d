/** The clusters of organizations, whose workloads triggers update. */
import type { Versions } from "../../kernel/precondition.ts";
import { and, asc, eq, sql } from "drizzle-orm";
import { MAX_CLUSTERS } from "../../kernel/limits.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { clusters, organizations } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";
import { unlessGone } from "./triggers.ts";

export type ClusterRecord = typeof clusters.$inferSelect;

export async function listClusters(db: Database, organizationId: number): Promise<ClusterRecord[]> {
  return db.select().from(clusters).where(eq(clusters.organizationId, organizationId)).orderBy(asc(clusters.name));
}

export async function findCluster(
  db: Database,
  organizationId: number,
  name: string,
): Promise<ClusterRecord | undefined> {
  const [row] = await db
    .select()
    .from(clusters)
    .where(and(eq(clusters.organizationId, organizationId), eq(clusters.name, name)));
  return row;
}

export async function findClusterById(db: Database, id: number): Promise<ClusterRecord | undefined> {
  const [row] = await db.select().from(clusters).where(eq(clusters.id, id));
  return row;
}

/** The name and the organization of a cluster that is known by its id. */
export async function findClusterName(db: Database, id: number) {
  const [row] = await db
    .select({
      id: clusters.id,
      name: clusters.name,
      organization: organizations.name,
      createdAt: clusters.createdAt,
      updatedAt: clusters.updatedAt,
    })
    .from(clusters)
    .innerJoin(organizations, eq(organizations.id, clusters.organizationId))
    .where(eq(clusters.id, id));
  return row;
}

export interface ClusterSettings {
  server: string;
  authority: string | null;
  encryptedToken: string;
  namespaces: string[];
}

/** What came of giving an organization a cluster. */
export type ClusterCreation =
  | { outcome: "created"; id: number }
  /** It has one of that name. */
  | { outcome: "name-taken" }
  /** It has as many as it may have, or its account has; what goes beyond the latter a trigger of migration 0004 leaves out. */
  | { outcome: "too-many" }
  /** The organization is gone. */
  | { outcome: "gone" };

/** Gives an organization a cluster. */
export async function insertCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
  { server, authority, encryptedToken, namespaces }: ClusterSettings,
): Promise<ClusterCreation> {
  const now = Date.now();
  const inserting = db.batch([
    db
      .insert(clusters)
      .select(
        sql`SELECT NULL, ${organization.id}, ${name}, ${server}, ${authority}, ${encryptedToken},
                   ${actor.user.id}, ${now}, ${now}, ${JSON.stringify(namespaces)}
            WHERE (SELECT count(*) FROM ${clusters} WHERE ${clusters.organizationId} = ${organization.id}) < ${MAX_CLUSTERS}`,
      )
      .onConflictDoNothing({ target: [clusters.organizationId, clusters.name] })
      .returning({ id: clusters.id }),
    insertAuditIfChanged(db, actor, {
      action: "cluster.create",
      organization: organization.name,
      resource: organization.name,
      detail: { cluster: name, server, ...(namespaces.length > 0 && { namespaces }) },
    }),
  ]);
  const result = await unlessGone(inserting);
  if (!result) return { outcome: "gone" };
  const [[row]] = result;
  if (row) return { outcome: "created", id: row.id };
  return { outcome: (await findCluster(db, organization.id, name)) ? "name-taken" : "too-many" };
}

/**
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @returns whether there was one of that name.
 */
export async function updateCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
  settings: Partial<ClusterSettings>,
  versions?: Versions,
): Promise<boolean> {
  const { server, authority, encryptedToken, namespaces } = settings;
  const isMeant = and(eq(clusters.organizationId, organization.id), eq(clusters.name, name));
  const entry = {
    action: "cluster.update",
    organization: organization.name,
    resource: organization.name,
    detail: { cluster: name },
  } as const;
  const [, , updated] = await db.batch([
    requireVersion(db, clusters, isMeant, versions),
    insertAuditOfChange(db, actor, entry, sql`${clusters} WHERE ${isMeant}`, {
      server: server === undefined ? undefined : { from: clusters.server, to: server },
      namespaces: namespaces === undefined ? undefined : { from: clusters.namespaces, to: namespaces },
      // Public, and pages long.
      authority: authority === undefined ? undefined : { from: clusters.authority, to: authority, isSecret: true },
      credentials:
        encryptedToken === undefined
          ? undefined
          : { from: clusters.encryptedToken, to: encryptedToken, isSecret: true },
    }),
    db
      .update(clusters)
      .set({ ...settings, updatedAt: nextVersion(clusters) })
      .where(isMeant)
      .returning({ id: clusters.id }),
  ]);
  return updated.length > 0;
}

/** @returns "unknown" when there was none of that name, "in-use" while a trigger names it. */
export async function deleteCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
): Promise<{ outcome: "deleted" | "unknown" | "in-use" }> {
  try {
    const [deleted] = await db.batch([
      db
        .delete(clusters)
        .where(and(eq(clusters.organizationId, organization.id), eq(clusters.name, name)))
        .returning({ id: clusters.id }),
      insertAuditIfChanged(db, actor, {
        action: "cluster.delete",
        organization: organization.name,
        resource: organization.name,
        detail: { cluster: name },
      }),
    ]);
    return { outcome: deleted.length > 0 ? "deleted" : "unknown" };
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return { outcome: "in-use" };
    throw error;
  }
}
