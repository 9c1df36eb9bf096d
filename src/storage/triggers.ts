/** Triggers and the clusters they act on. */
import { and, asc, eq, sql } from "drizzle-orm";
import type { Actor } from "../model/access.ts";
import type { AuditAction } from "../model/audit.ts";
import { RegistryError } from "../model/errors.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../model/reference.ts";
import type { Condition } from "../model/trigger.ts";
import type { Target } from "../model/trigger-target.ts";
import { insertAuditIfChanged } from "./audit.ts";
import { type Database, isConstraintFailure } from "./database.ts";
import { deleteDeliveriesOf, isThere } from "./deletion.ts";
import { clusters, repositories, triggers, users } from "./schema.ts";

export interface TriggerRecord {
  id: number;
  repositoryId: number;
  repository: RepositoryName;
  name: string;
  condition: Condition;
  isEnabled: boolean;
  firesAlways: boolean;
  target: Target;
  cluster: { id: number; name: string } | undefined;
  encryptedSecrets: string | null;
  creatorName: string | null;
  createdAt: Date;
}

const COLUMNS = {
  id: triggers.id,
  repositoryId: triggers.repositoryId,
  repository: repositories.name,
  name: triggers.name,
  conditionKind: triggers.conditionKind,
  condition: triggers.condition,
  isEnabled: triggers.isEnabled,
  firesAlways: triggers.firesAlways,
  target: triggers.target,
  clusterId: clusters.id,
  clusterName: clusters.name,
  encryptedSecrets: triggers.encryptedSecrets,
  creatorName: users.name,
  createdAt: triggers.createdAt,
};

function select(db: Database) {
  return db
    .select(COLUMNS)
    .from(triggers)
    .innerJoin(repositories, and(eq(repositories.id, triggers.repositoryId), isThere))
    .leftJoin(clusters, eq(clusters.id, triggers.clusterId))
    .leftJoin(users, eq(users.id, triggers.createdBy))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof select>>[number];

/** The target is JSON that only this module writes, so its shape is not checked again. */
function readTrigger({ conditionKind, condition, clusterId, clusterName, target, ...row }: Row): TriggerRecord {
  return {
    ...row,
    condition: { kind: conditionKind, text: condition },
    target: JSON.parse(target) as Target,
    cluster: clusterId !== null && clusterName !== null ? { id: clusterId, name: clusterName } : undefined,
  };
}

/** The triggers of a repository, by name. */
export async function listTriggers(db: Database, repositoryId: number): Promise<TriggerRecord[]> {
  const rows = await select(db).where(eq(triggers.repositoryId, repositoryId)).orderBy(asc(triggers.name));
  return rows.map(readTrigger);
}

export async function findTrigger(
  db: Database,
  repositoryId: number,
  name: string,
): Promise<TriggerRecord | undefined> {
  const [row] = await select(db).where(and(eq(triggers.repositoryId, repositoryId), eq(triggers.name, name)));
  return row && readTrigger(row);
}

/** The triggers with these ids, as far as they are there. */
export async function findTriggers(db: Database, ids: readonly number[]): Promise<Map<number, TriggerRecord>> {
  const rows = await select(db).where(sql`${triggers.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  return new Map(rows.map((row) => [row.id, readTrigger(row)]));
}

export interface TriggerSettings {
  condition: Condition;
  isEnabled: boolean;
  firesAlways: boolean;
  target: Target;
  clusterId: number | undefined;
  encryptedSecrets: string | null;
}

/** How many triggers an image may have. */
export const MAX_TRIGGERS = 100;
/** And all images of an account: a trigger of migration 0004 leaves out what goes beyond. */
const MAX_ACCOUNT_TRIGGERS = 10_000;

/**
 * Gives a repository a trigger.
 *
 * @returns its id; undefined when the repository or the cluster is gone.
 * @throws RegistryError TRIGGER_EXISTS when it has one of that name, TRIGGER_LIMIT when it has too many.
 */
export async function insertTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
  settings: TriggerSettings,
): Promise<number | undefined> {
  const now = Date.now();
  const { condition, isEnabled, firesAlways, target, clusterId, encryptedSecrets } = settings;
  const inserting = db.batch([
    db
      .insert(triggers)
      .select(
        sql`SELECT NULL, ${repository.id}, ${name}, ${condition.kind}, ${condition.text}, ${isEnabled ? 1 : 0},
                   ${firesAlways ? 1 : 0}, ${JSON.stringify(target)}, ${clusterId ?? null}, ${encryptedSecrets},
                   ${actor.user.id}, ${now}, ${now}
            WHERE (SELECT count(*) FROM ${triggers} WHERE ${triggers.repositoryId} = ${repository.id}) < ${MAX_TRIGGERS}`,
      )
      .onConflictDoNothing({ target: [triggers.repositoryId, triggers.name] })
      .returning({ id: triggers.id }),
    insertAuditIfChanged(db, actor, auditOf("trigger.create", repository.name, name, { kind: target.kind })),
  ]);
  const result = await unlessGone(inserting);
  if (!result) return undefined;
  const [[row]] = result;
  if (row) return row.id;
  if (await findTrigger(db, repository.id, name)) {
    throw new RegistryError("TRIGGER_EXISTS", { message: `trigger ${name} exists already`, detail: { name } });
  }
  throw new RegistryError(
    "TRIGGER_LIMIT",
    `an image has at most ${MAX_TRIGGERS} triggers, and an account ${MAX_ACCOUNT_TRIGGERS}`,
  );
}

/** What a batch comes to; undefined when it names something that was deleted meanwhile. */
async function unlessGone<T>(batch: Promise<T>): Promise<T | undefined> {
  try {
    return await batch;
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return undefined;
    throw error;
  }
}

/** @returns whether the repository has a trigger of that name, and the cluster is there. */
export async function updateTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
  { condition, target, ...changes }: Partial<TriggerSettings>,
): Promise<boolean> {
  const updating = db.batch([
    db
      .update(triggers)
      .set({
        ...changes,
        ...(condition && { conditionKind: condition.kind, condition: condition.text }),
        ...(target && { target: JSON.stringify(target), clusterId: changes.clusterId ?? null }),
        updatedAt: new Date(),
      })
      .where(and(eq(triggers.repositoryId, repository.id), eq(triggers.name, name)))
      .returning({ id: triggers.id }),
    insertAuditIfChanged(
      db,
      actor,
      auditOf("trigger.update", repository.name, name, { isEnabled: changes.isEnabled, kind: target?.kind }),
    ),
  ]);
  const [updated = []] = (await unlessGone(updating)) ?? [];
  return updated.length > 0;
}

/** Switches a trigger off whose receiver says that it is gone for good. */
export async function disableTrigger(db: Database, id: number): Promise<void> {
  await db.update(triggers).set({ isEnabled: false, updatedAt: new Date() }).where(eq(triggers.id, id));
}

/**
 * Deletes a trigger with its history, which may be long: what is more than one statement may delete goes before it, while
 * the trigger is off.
 *
 * @returns whether there was one of that name.
 */
export async function deleteTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
): Promise<boolean> {
  const [found] = await db
    .update(triggers)
    .set({ isEnabled: false })
    .where(and(eq(triggers.repositoryId, repository.id), eq(triggers.name, name)))
    .returning({ id: triggers.id });
  if (!found) return false;
  while ((await deleteDeliveriesOf(db, found.id)) > 0);
  const [deleted] = await db.batch([
    db
      .delete(triggers)
      .where(and(eq(triggers.repositoryId, repository.id), eq(triggers.name, name)))
      .returning({ id: triggers.id }),
    insertAuditIfChanged(db, actor, auditOf("trigger.delete", repository.name, name)),
  ]);
  return deleted.length > 0;
}

function auditOf(action: AuditAction, repository: RepositoryName, name: string, detail: Record<string, unknown> = {}) {
  return {
    action,
    organization: organizationOf(repository),
    resource: repository,
    detail: { trigger: name, ...detail },
  };
}

// --- Clusters ---

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

export interface ClusterSettings {
  server: string;
  authority: string | null;
  encryptedToken: string;
}

/** How many clusters an organization may have. */
export const MAX_CLUSTERS = 100;
/** And all organizations of an account: a trigger of migration 0004 leaves out what goes beyond. */
const MAX_ACCOUNT_CLUSTERS = 200;

/**
 * Gives an organization a cluster.
 *
 * @returns its id; undefined when the organization is gone.
 * @throws RegistryError CLUSTER_EXISTS when it has one of that name, CLUSTER_LIMIT when it has too many.
 */
export async function insertCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
  { server, authority, encryptedToken }: ClusterSettings,
): Promise<number | undefined> {
  const now = Date.now();
  const inserting = db.batch([
    db
      .insert(clusters)
      .select(
        sql`SELECT NULL, ${organization.id}, ${name}, ${server}, ${authority}, ${encryptedToken}, ${actor.user.id}, ${now}, ${now}
            WHERE (SELECT count(*) FROM ${clusters} WHERE ${clusters.organizationId} = ${organization.id}) < ${MAX_CLUSTERS}`,
      )
      .onConflictDoNothing({ target: [clusters.organizationId, clusters.name] })
      .returning({ id: clusters.id }),
    insertAuditIfChanged(db, actor, {
      action: "cluster.create",
      organization: organization.name,
      resource: organization.name,
      detail: { cluster: name, server },
    }),
  ]);
  const result = await unlessGone(inserting);
  if (!result) return undefined;
  const [[row]] = result;
  if (row) return row.id;
  if (await findCluster(db, organization.id, name)) {
    throw new RegistryError("CLUSTER_EXISTS", { message: `cluster ${name} exists already`, detail: { name } });
  }
  throw new RegistryError(
    "CLUSTER_LIMIT",
    `an organization has at most ${MAX_CLUSTERS} clusters, and an account ${MAX_ACCOUNT_CLUSTERS}`,
  );
}

/** @returns whether there was one of that name. */
export async function updateCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
  settings: Partial<ClusterSettings>,
): Promise<boolean> {
  const [updated] = await db.batch([
    db
      .update(clusters)
      .set({ ...settings, updatedAt: new Date() })
      .where(and(eq(clusters.organizationId, organization.id), eq(clusters.name, name)))
      .returning({ id: clusters.id }),
    insertAuditIfChanged(db, actor, {
      action: "cluster.update",
      organization: organization.name,
      resource: organization.name,
      detail: { cluster: name, server: settings.server },
    }),
  ]);
  return updated.length > 0;
}

/**
 * @returns whether there was one of that name.
 * @throws RegistryError CLUSTER_IN_USE while a trigger names it.
 */
export async function deleteCluster(
  db: Database,
  actor: Actor,
  organization: { id: number; name: OrganizationName },
  name: string,
): Promise<boolean> {
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
    return deleted.length > 0;
  } catch (cause) {
    if (!isConstraintFailure(cause, "FOREIGN KEY constraint failed")) throw cause;
    throw new RegistryError("CLUSTER_IN_USE", `a trigger updates workloads of cluster ${name}: delete that first`, {
      cause,
    });
  }
}
