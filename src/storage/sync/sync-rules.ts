/** The rules of synchronization of images and organizations. */
import type { Versions } from "../../kernel/precondition.ts";
import { and, asc, eq, isNull, type SQL, sql } from "drizzle-orm";
import { MAX_ACCOUNT_SYNC_RULES, MAX_ORGANIZATION_SYNC_RULES, MAX_SYNC_RULES } from "../../kernel/limits.ts";
import type { OrganizationName, RepositoryName } from "../../kernel/reference.ts";
import type { AuditAction } from "../../model/audit/audit.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { SyncRuleSettings, SyncTarget } from "../../model/sync/sync-rules.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { isNamedUser } from "../deletion/gone.ts";
import { accounts, remotes, syncRules, users } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

/** Whose rules they are: an image's, or an organization's for all of its images. */
export interface SyncRuleOwner {
  accountId: number;
  organization: { id: number; name: OrganizationName };
  repository: { id: number; name: RepositoryName } | undefined;
}

export interface SyncRuleRecord extends SyncTarget, SyncRuleSettings {
  id: number;
  accountId: number;
  accountName: string;
  organizationId: number;
  /** Null for the rule of an organization. */
  repositoryId: number | null;
  remoteId: number;
  creatorName: string | null;
  createdAt: Date;
  updatedAt: Date;
}

function select(db: Database) {
  return db
    .select({
      id: syncRules.id,
      accountId: syncRules.accountId,
      accountName: accounts.name,
      organizationId: syncRules.organizationId,
      repositoryId: syncRules.repositoryId,
      remoteId: syncRules.remoteId,
      remote: remotes.name,
      remoteOrganization: syncRules.remoteOrganization,
      images: syncRules.images,
      tags: syncRules.tags,
      overrides: syncRules.overrides,
      hasReferrers: syncRules.hasReferrers,
      isAutomatic: syncRules.isAutomatic,
      followsDeletion: syncRules.followsDeletion,
      creatorName: users.name,
      createdAt: syncRules.createdAt,
      updatedAt: syncRules.updatedAt,
    })
    .from(syncRules)
    .innerJoin(remotes, eq(remotes.id, syncRules.remoteId))
    .innerJoin(accounts, eq(accounts.id, syncRules.accountId))
    .leftJoin(users, isNamedUser(syncRules.createdBy))
    .$dynamic();
}

function isOwnedBy({ organization, repository }: SyncRuleOwner): SQL | undefined {
  return repository
    ? eq(syncRules.repositoryId, repository.id)
    : and(eq(syncRules.organizationId, organization.id), isNull(syncRules.repositoryId));
}

/** The rules of an image, or of an organization without those of its images: by remote registry. */
export async function listSyncRules(db: Database, owner: SyncRuleOwner): Promise<SyncRuleRecord[]> {
  return select(db)
    .where(isOwnedBy(owner))
    .orderBy(asc(remotes.name), asc(syncRules.remoteOrganization), asc(syncRules.id));
}

export async function findSyncRule(
  db: Database,
  owner: SyncRuleOwner,
  id: number,
): Promise<SyncRuleRecord | undefined> {
  const [row] = await select(db).where(and(isOwnedBy(owner), eq(syncRules.id, id)));
  return row;
}

/** The rules with these ids, as far as they are there. */
export async function findSyncRules(db: Database, ids: readonly number[]): Promise<Map<number, SyncRuleRecord>> {
  const rows = await select(db).where(sql`${syncRules.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  return new Map(rows.map((row) => [row.id, row]));
}

/** What came of making a rule. */
export type SyncRuleCreation =
  | { outcome: "created"; id: number }
  /** There is one with the same target; of an organization, with the same globs as well. */
  | { outcome: "exists" }
  | { outcome: "too-many" }
  /** The image, the organization or the remote registry is gone. */
  | { outcome: "gone" };

/** Makes a rule. */
export async function insertSyncRule(
  db: Database,
  actor: Actor,
  owner: SyncRuleOwner,
  remote: { id: number; name: string },
  { remoteOrganization, ...settings }: SyncRuleSettings & { remoteOrganization: string },
): Promise<SyncRuleCreation> {
  const now = Date.now();
  const { accountId, organization, repository } = owner;
  const { images, tags, overrides, hasReferrers, isAutomatic, followsDeletion } = settings;
  const limit = repository ? MAX_SYNC_RULES : MAX_ORGANIZATION_SYNC_RULES;
  try {
    const [[row]] = await db.batch([
      db
        .insert(syncRules)
        .select(
          sql`SELECT NULL, ${accountId}, ${organization.id}, ${repository?.id ?? null}, ${images}, ${tags}, ${remote.id},
                     ${remoteOrganization}, ${overrides ? 1 : 0}, ${hasReferrers ? 1 : 0}, ${isAutomatic ? 1 : 0},
                     ${followsDeletion ? 1 : 0}, ${actor.user.id}, ${now}, ${now}
              WHERE (SELECT count(*) FROM ${syncRules} WHERE ${isOwnedBy(owner)}) < ${limit}
                AND (SELECT count(*) FROM ${syncRules} WHERE ${syncRules.accountId} = ${accountId}) < ${MAX_ACCOUNT_SYNC_RULES}`,
        )
        .onConflictDoNothing()
        .returning({ id: syncRules.id }),
      insertAuditIfChanged(
        db,
        actor,
        auditOf("sync-rule.create", owner, {
          remote: remote.name,
          remoteOrganization,
          ...(!repository && { images }),
          tags,
        }),
      ),
    ]);
    if (row) return { outcome: "created", id: row.id };
  } catch (error) {
    if (isConstraintFailure(error, "FOREIGN KEY constraint failed")) return { outcome: "gone" };
    throw error;
  }
  const rules = await listSyncRules(db, owner);
  const isSame = (rule: SyncRuleRecord) =>
    rule.remoteId === remote.id &&
    rule.remoteOrganization === remoteOrganization &&
    (repository !== undefined || (rule.images === images && rule.tags === tags));
  return { outcome: rules.some(isSame) ? "exists" : "too-many" };
}

/**
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @returns "unknown" when there is no such rule, "exists" when another one has the same target and globs by then.
 */
export async function updateSyncRule(
  db: Database,
  actor: Actor,
  owner: SyncRuleOwner,
  rule: SyncRuleRecord,
  changes: { [K in keyof SyncRuleSettings]?: SyncRuleSettings[K] | undefined },
  versions?: Versions,
): Promise<{ outcome: "updated" | "unknown" | "exists" }> {
  const isMeant = and(isOwnedBy(owner), eq(syncRules.id, rule.id));
  const changeOf = (name: keyof SyncRuleSettings) => {
    const to = changes[name];
    return to === undefined ? undefined : { from: syncRules[name], to };
  };
  const entry = auditOf("sync-rule.update", owner, nameOf(rule));
  try {
    const [, , updated] = await db.batch([
      requireVersion(db, syncRules, isMeant, versions),
      insertAuditOfChange(db, actor, entry, sql`${syncRules} WHERE ${isMeant}`, {
        images: changeOf("images"),
        tags: changeOf("tags"),
        overrides: changeOf("overrides"),
        hasReferrers: changeOf("hasReferrers"),
        isAutomatic: changeOf("isAutomatic"),
        followsDeletion: changeOf("followsDeletion"),
      }),
      db
        .update(syncRules)
        .set({ ...changes, updatedAt: nextVersion(syncRules) })
        .where(isMeant)
        .returning({ id: syncRules.id }),
    ]);
    return { outcome: updated.length > 0 ? "updated" : "unknown" };
  } catch (error) {
    if (isConstraintFailure(error, "UNIQUE constraint failed: sync_rules")) return { outcome: "exists" };
    throw error;
  }
}

/** @returns whether there was such a rule. What still waits for it ends when its turn comes. */
export async function deleteSyncRule(
  db: Database,
  actor: Actor,
  owner: SyncRuleOwner,
  rule: SyncRuleRecord,
): Promise<boolean> {
  const [deleted] = await db.batch([
    db
      .delete(syncRules)
      .where(and(isOwnedBy(owner), eq(syncRules.id, rule.id)))
      .returning({ id: syncRules.id }),
    insertAuditIfChanged(db, actor, auditOf("sync-rule.delete", owner, nameOf(rule))),
  ]);
  return deleted.length > 0;
}

function nameOf({ id, remote, remoteOrganization }: SyncRuleRecord) {
  return { rule: id, remote, remoteOrganization };
}

function auditOf(action: AuditAction, owner: SyncRuleOwner, detail: Record<string, unknown>) {
  const { organization, repository } = owner;
  return { action, organization: organization.name, resource: repository?.name ?? organization.name, detail };
}
