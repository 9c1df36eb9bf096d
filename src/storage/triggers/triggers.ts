/** The triggers of images. */
import type { Versions } from "../../kernel/precondition.ts";
import { and, asc, desc, eq, inArray, isNull, lt, or, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { MAX_TRIGGERS } from "../../kernel/limits.ts";
import type { Reason } from "../../kernel/reasons.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { AuditAction } from "../../model/audit/audit.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { Target } from "../../model/triggers/trigger-targets.ts";
import type { Condition } from "../../model/triggers/triggers.ts";
import { writeDetail } from "../../model/write-detail.ts";
import { type Change, insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { insertGoneTriggers } from "../deletion/cleanups.ts";
import { goneName, isNamed, isNamedUser, isThere } from "../deletion/gone.ts";
import { clusters, deliveries, repositories, triggers, users } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

export interface TriggerRecord {
  id: number;
  repositoryId: number;
  repository: RepositoryName;
  /** Of the image's organization. */
  accountId: number;
  name: string;
  condition: Condition;
  isEnabled: boolean;
  firesAlways: boolean;
  target: Target;
  cluster: { id: number; name: string; server: string } | undefined;
  encryptedSecrets: string | null;
  creatorName: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** The id of the user in whose right a Kubernetes target acts; null when that user is gone. */
  approvedBy: number | null;
}

const COLUMNS = {
  id: triggers.id,
  repositoryId: triggers.repositoryId,
  repository: repositories.name,
  accountId: repositories.accountId,
  name: triggers.name,
  conditionKind: triggers.conditionKind,
  condition: triggers.condition,
  isEnabled: triggers.isEnabled,
  firesAlways: triggers.firesAlways,
  target: triggers.target,
  clusterId: clusters.id,
  clusterName: clusters.name,
  clusterServer: clusters.server,
  encryptedSecrets: triggers.encryptedSecrets,
  creatorName: users.name,
  createdAt: triggers.createdAt,
  updatedAt: triggers.updatedAt,
  approvedBy: triggers.approvedBy,
};

function select(db: Database) {
  return db
    .select(COLUMNS)
    .from(triggers)
    .innerJoin(
      repositories,
      and(eq(repositories.id, triggers.repositoryId), isThere(repositories), isNamed(triggers.name)),
    )
    .leftJoin(clusters, eq(clusters.id, triggers.clusterId))
    .leftJoin(users, isNamedUser(triggers.createdBy))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof select>>[number];

/** The target is JSON that only this module writes, so its shape is not checked again. */
function readTrigger(found: Row): TriggerRecord {
  const { conditionKind, condition, clusterId: id, clusterName: name, clusterServer: server, target, ...row } = found;
  return {
    ...row,
    condition: { kind: conditionKind, text: condition },
    target: JSON.parse(target) as Target,
    cluster: id !== null && name !== null && server !== null ? { id, name, server } : undefined,
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

/** The trigger that a delivery is for; undefined when it is gone, and the delivery with it. */
export async function findTriggerOfDelivery(db: Database, deliveryId: number): Promise<TriggerRecord | undefined> {
  const triggerId = sql`(SELECT ${deliveries.triggerId} FROM ${deliveries} WHERE ${deliveries.id} = ${deliveryId})`;
  const [row] = await select(db).where(eq(triggers.id, triggerId));
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
  /** Undefined: nobody, as for a webhook. */
  approvedBy: number | undefined;
}

/** What came of giving a repository a trigger. */
export type TriggerCreation =
  | { outcome: "created"; id: number }
  /** It has one of that name. */
  | { outcome: "name-taken" }
  /** It has as many as it may have, or its account has; what goes beyond the latter a trigger of migration 0004 leaves out. */
  | { outcome: "too-many" }
  /** The repository or the cluster is gone. */
  | { outcome: "gone" };

/** Gives a repository a trigger. */
export async function insertTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
  settings: TriggerSettings,
): Promise<TriggerCreation> {
  const now = Date.now();
  const { condition, isEnabled, firesAlways, target, clusterId, encryptedSecrets, approvedBy } = settings;
  const inserting = db.batch([
    db
      .insert(triggers)
      .select(
        sql`SELECT NULL, ${repository.id}, ${name}, ${condition.kind}, ${condition.text}, ${isEnabled ? 1 : 0},
                   ${firesAlways ? 1 : 0}, ${JSON.stringify(target)}, ${clusterId ?? null}, ${encryptedSecrets},
                   ${actor.user.id}, ${now}, ${now}, ${approvedBy ?? null}
            WHERE (
              SELECT count(*) FROM ${triggers} WHERE ${triggers.repositoryId} = ${repository.id} AND ${isNamed(triggers.name)}
            ) < ${MAX_TRIGGERS}`,
      )
      .onConflictDoNothing({ target: [triggers.repositoryId, triggers.name] })
      .returning({ id: triggers.id }),
    insertAuditIfChanged(db, actor, auditOf("trigger.create", repository.name, name, whereTo(target))),
  ]);
  const result = await unlessGone(inserting);
  if (!result) return { outcome: "gone" };
  const [[row]] = result;
  if (row) return { outcome: "created", id: row.id };
  return { outcome: (await findTrigger(db, repository.id, name)) ? "name-taken" : "too-many" };
}

/** What a batch comes to; undefined when it names something that was deleted meanwhile. */
export async function unlessGone<T>(batch: Promise<T>): Promise<T | undefined> {
  try {
    return await batch;
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return undefined;
    throw error;
  }
}

/**
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @param hasNewSecrets whether secrets were given, for the audit: what is stored is another text each time.
 * @returns whether the repository has a trigger of that name, and the cluster is there.
 */
export async function updateTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
  { condition, target, ...changes }: Partial<TriggerSettings>,
  hasNewSecrets: boolean,
  versions?: Versions,
): Promise<boolean> {
  const isMeant = and(eq(triggers.repositoryId, repository.id), eq(triggers.name, name));
  const updating = db.batch([
    requireVersion(db, triggers, isMeant, versions),
    insertAuditOfChange(
      db,
      actor,
      auditOf("trigger.update", repository.name, name),
      sql`${triggers} WHERE ${isMeant}`,
      {
        isEnabled: changes.isEnabled === undefined ? undefined : { from: triggers.isEnabled, to: changes.isEnabled },
        firesAlways:
          changes.firesAlways === undefined ? undefined : { from: triggers.firesAlways, to: changes.firesAlways },
        condition: condition && {
          from: sql`${triggers.conditionKind} || ' ' || ${triggers.condition}`,
          to: `${condition.kind} ${condition.text}`,
        },
        ...(target && changesOfTarget(target, changes.clusterId)),
        credentials: hasNewSecrets
          ? { from: triggers.encryptedSecrets, to: changes.encryptedSecrets ?? null, isSecret: true }
          : undefined,
      },
    ),
    db
      .update(triggers)
      .set({
        ...changes,
        ...(condition && { conditionKind: condition.kind, condition: condition.text }),
        ...(target && {
          target: JSON.stringify(target),
          clusterId: changes.clusterId ?? null,
          approvedBy: changes.approvedBy ?? null,
        }),
        updatedAt: nextVersion(triggers),
      })
      .where(isMeant)
      .returning({ id: triggers.id }),
  ]);
  const [, , updated = []] = (await unlessGone(updating)) ?? [];
  return updated.length > 0;
}

/**
 * What the audit says of a change of target. It leaves out the path of an address, which may be a secret between sender and
 * receiver.
 */
function changesOfTarget(target: Target, clusterId: number | undefined): Record<string, Change> {
  const wanted: Partial<Record<string, unknown>> = { ...target };
  const fieldOf = (name: string) => {
    const { [name]: value } = wanted;
    const to = typeof value === "string" ? value : null;
    return { from: sql`${triggers.target} ->> ${`$.${name}`}`, to };
  };
  const url = fieldOf("url");
  return {
    kind: fieldOf("kind"),
    host: { from: hostOf(url.from), to: target.kind === "webhook" ? new URL(target.url).host : null },
    url: { ...url, isSecret: true },
    format: fieldOf("format"),
    cluster: { from: clusterNameOf(triggers.clusterId), to: clusterNameOf(clusterId ?? null) },
    namespace: fieldOf("namespace"),
    workload: fieldOf("workload"),
    application: fieldOf("application"),
    container: fieldOf("container"),
    byDigest: {
      from: sql`ifnull(${triggers.target} ->> '$.byDigest', 0)`,
      to: target.kind === "kubernetes" && target.byDigest,
    },
  };
}

/** The host and port of an address, which has a path at least of `/`. */
function hostOf(url: SQL): SQL {
  const rest = sql`substr(${url}, instr(${url}, '://') + 3)`;
  return sql`substr(${rest}, 1, instr(${rest}, '/') - 1)`;
}

function clusterNameOf(id: SQLWrapper | number | null): SQL {
  return sql`(SELECT ${clusters.name} FROM ${clusters} WHERE ${clusters.id} = ${id})`;
}

/**
 * How many deliveries one statement looks at, and how many it ends. If there are more, the next one that is sent hears again
 * that the receiver is gone, and more are ended.
 */
const MAX_SEEN = 5000;

const MAX_ENDED = 1000;

/**
 * Switches off a trigger whose receiver says that it is gone for good, and ends the deliveries that wait for it. A delivery
 * that is being sent at this moment ends by its own answer.
 *
 * @param reasons what the history says of each delivery that is ended.
 */
export async function disableTrigger(db: Database, id: number, reasons: readonly Reason[]): Promise<void> {
  const now = new Date();
  const newest = db
    .select({ id: deliveries.id, status: deliveries.status, leasedUntil: deliveries.leasedUntil })
    .from(deliveries)
    .where(eq(deliveries.triggerId, id))
    .orderBy(desc(deliveries.id))
    .limit(MAX_SEEN)
    .as("newest");
  const waiting = db
    .select({ id: newest.id })
    .from(newest)
    .where(and(eq(newest.status, "pending"), or(isNull(newest.leasedUntil), lt(newest.leasedUntil, now))))
    .limit(MAX_ENDED);
  await db.batch([
    db
      .update(triggers)
      .set({ isEnabled: false, updatedAt: nextVersion(triggers) })
      .where(eq(triggers.id, id)),
    db
      .update(deliveries)
      .set({
        status: "failed",
        nextAttemptAt: null,
        finishedAt: now,
        detail: writeDetail(reasons),
      })
      .where(inArray(deliveries.id, waiting)),
  ]);
}

/**
 * Deletes a trigger, for everybody at once; its history, which may be long, goes in slices (`deletion/clean-targets.ts`).
 *
 * @returns its id; undefined when there was none of that name.
 */
export async function deleteTrigger(
  db: Database,
  actor: Actor,
  repository: { id: number; name: RepositoryName },
  name: string,
): Promise<number | undefined> {
  const [gone] = await db.batch([
    db
      .update(triggers)
      .set({ name: goneName(triggers.id), isEnabled: false, clusterId: null, encryptedSecrets: null })
      .where(and(eq(triggers.repositoryId, repository.id), eq(triggers.name, name)))
      .returning({ id: triggers.id }),
    insertAuditIfChanged(db, actor, auditOf("trigger.delete", repository.name, name)),
    insertGoneTriggers(db, repository.id),
  ]);
  return gone[0]?.id;
}

function whereTo(target: Target) {
  const { kind } = target;
  return target.kind === "webhook"
    ? { kind, host: new URL(target.url).host }
    : { kind, namespace: target.namespace, application: target.application };
}

function auditOf(action: AuditAction, repository: RepositoryName, name: string, detail: Record<string, unknown> = {}) {
  return {
    action,
    organization: organizationOf(repository),
    resource: repository,
    detail: { trigger: name, ...detail },
  };
}
