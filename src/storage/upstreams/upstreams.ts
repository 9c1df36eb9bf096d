/** Organizations that stand for a registry elsewhere: what was set, and what that registry last said. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import type { Actor } from "../../model/rights/access.ts";
import type { RateLimitState } from "../../model/upstreams/rate-limit.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { type Database, isConstraintFailure } from "../database.ts";
import { GONE, isImage, isNamed, isThere } from "../deletion/gone.ts";
import type { RemoteRecord } from "../remotes/remotes.ts";
import { organizations, remotes, repositories, upstreams } from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

/** An organization that stands for a registry elsewhere, with that registry. */
export type UpstreamRecord = typeof upstreams.$inferSelect & { organization: OrganizationName; remote: RemoteRecord };

/** What may be set of an upstream. */
export interface UpstreamSettings {
  path: string;
  /** Seconds. */
  tagLifetime: number;
  isPublic: boolean;
  /** Null: for ever. */
  retentionDays: number | null;
}

/** @returns undefined when the organization stands for none, or is gone. */
export async function findUpstream(db: Database, organizationId: number): Promise<UpstreamRecord | undefined> {
  const [row] = await db
    .select({ upstream: upstreams, remote: remotes, organization: organizations.name })
    .from(upstreams)
    .innerJoin(remotes, eq(remotes.id, upstreams.remoteId))
    .innerJoin(organizations, eq(organizations.id, upstreams.organizationId))
    .where(and(eq(upstreams.organizationId, organizationId), isNamed(organizations.name)));
  return row && { ...row.upstream, remote: row.remote, organization: row.organization };
}

/** What came of {@link saveUpstream}. Unless it was saved, nothing has changed. */
export type UpstreamSaving =
  | { outcome: "saved" }
  /** The organization has images, which are not to be mixed with others. */
  | { outcome: "not-empty" }
  /** There is none, and only one of certain versions was to be changed. */
  | { outcome: "unknown" }
  /** The remote registry is gone, or was never the account's. */
  | { outcome: "remote-unknown" };

interface Organization {
  id: number;
  accountId: number;
  name: OrganizationName;
}

/**
 * Lets an organization stand for a remote registry of its account, or changes how it does. Which registry, and which part of it,
 * can be set and changed only while the organization has no images: what a name leads to must not be somebody's own image first
 * and another registry's later, or the other way round. Whether everybody may pull holds for all of its images.
 *
 * @param versions of which the one that is there must have one, or else the batch fails: `isVersionFailure`.
 */
export async function saveUpstream(
  db: Database,
  actor: Actor,
  organization: Organization,
  remote: { name: string },
  settings: UpstreamSettings,
  versions?: Versions,
): Promise<UpstreamSaving> {
  const { path, tagLifetime, isPublic, retentionDays } = settings;
  const { id, name } = organization;
  const now = Date.now();
  const remoteId = sql`(
    SELECT ${remotes.id} FROM ${remotes}
    WHERE ${remotes.accountId} = ${organization.accountId} AND ${remotes.name} = ${remote.name})`;
  const isMeant = eq(upstreams.organizationId, id);
  const isSame = sql`(${isMeant} AND ${upstreams.remoteId} = ${remoteId} AND ${upstreams.path} = ${path})`;
  const mayChange = sql`(${hasNoImages(id)} OR EXISTS (SELECT 1 FROM ${upstreams} WHERE ${isSame}))`;
  const entry = { organization: name, resource: name } as const;
  try {
    const [, , , , saved] = await db.batch([
      requireVersion(db, upstreams, isMeant, versions),
      insertAuditOfChange(
        db,
        actor,
        { ...entry, action: "upstream.update" },
        sql`${upstreams} WHERE ${isMeant} AND ${mayChange}`,
        {
          remote: { from: nameOf(upstreams.remoteId), to: remote.name },
          path: { from: upstreams.path, to: path },
          tagLifetime: { from: upstreams.tagLifetime, to: tagLifetime },
          isPublic: { from: upstreams.isPublic, to: isPublic },
          retentionDays: { from: upstreams.retentionDays, to: retentionDays },
        },
      ),
      db
        .update(upstreams)
        .set({
          remoteId: sql`${remoteId}`,
          path,
          tagLifetime,
          isPublic,
          retentionDays,
          updatedAt: nextVersion(upstreams),
        })
        .where(and(isMeant, mayChange)),
      // An organization has a limited number of images, and those that are as they should be are left alone.
      db
        .update(repositories)
        .set({ isPublic, updatedAt: new Date(now) })
        .where(
          sql`${repositories.organizationId} = ${id} AND ${isThere(repositories)} AND ${repositories.isPublic} <> ${isPublic ? 1 : 0}
              AND EXISTS (SELECT 1 FROM ${upstreams} WHERE ${isSame})`,
        ),
      db
        .insert(upstreams)
        .select(
          sql`SELECT ${organizations.id}, ${remoteId}, ${path}, ${tagLifetime}, ${isPublic ? 1 : 0}, ${retentionDays},
                     ${now}, ${now}, NULL, NULL, NULL, NULL
              FROM ${organizations}
              WHERE ${organizations.id} = ${id} AND ${isNamed(organizations.name)}
                AND NOT EXISTS (SELECT 1 FROM ${upstreams} WHERE ${isMeant}) AND ${hasNoImages(id)}
                AND ${versions === undefined ? 1 : 0}`,
        )
        .onConflictDoNothing({ target: upstreams.organizationId })
        .returning({ id: upstreams.organizationId }),
      insertAuditIfChanged(db, actor, {
        ...entry,
        action: "upstream.create",
        detail: { remote: remote.name, path, tagLifetime, isPublic, retentionDays },
      }),
    ]);
    if (saved.length > 0) return { outcome: "saved" };
  } catch (error) {
    if (isConstraintFailure(error, "NOT NULL constraint failed: upstreams.remote_id")) {
      return { outcome: "remote-unknown" };
    }
    throw error;
  }
  const [same] = await db.select({ id: upstreams.organizationId }).from(upstreams).where(isSame);
  if (same) return { outcome: "saved" };
  if (versions === undefined) return { outcome: "not-empty" };
  const [other] = await db.select({ id: upstreams.organizationId }).from(upstreams).where(isMeant);
  return { outcome: other ? "not-empty" : "unknown" };
}

/**
 * Lets an organization that has no images stand for nothing but itself.
 *
 * @returns "unknown" when it did anyway.
 */
export async function deleteUpstream(
  db: Database,
  actor: Actor,
  { id, name }: Organization,
): Promise<{ outcome: "deleted" | "not-empty" | "unknown" }> {
  const isMeant = eq(upstreams.organizationId, id);
  const [deleted] = await db.batch([
    db
      .delete(upstreams)
      .where(and(isMeant, hasNoImages(id)))
      .returning({ id: upstreams.organizationId }),
    insertAuditIfChanged(db, actor, { action: "upstream.delete", organization: name, resource: name }),
  ]);
  if (deleted.length > 0) return { outcome: "deleted" };
  const [left] = await db.select({ id: upstreams.organizationId }).from(upstreams).where(isMeant);
  return { outcome: left ? "not-empty" : "unknown" };
}

/** The statement that lets deleted organizations stand for nothing: their remote registries are free then. */
export function deleteGoneUpstreams(db: Database) {
  return db
    .delete(upstreams)
    .where(
      sql`${upstreams.organizationId} IN (SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} >= ${GONE})`,
    );
}

/** What an upstream has said to the last request; of a failure JSON of its reasons (`write-detail.ts`). */
export type UpstreamNote =
  { kind: "answer"; rateLimit: RateLimitState | undefined } | { kind: "failure"; detail: string };

/** Notes what an upstream has said, for those who manage the organization. */
export async function noteUpstream(db: Database, organizationId: number, note: UpstreamNote, now: Date): Promise<void> {
  const { kind } = note;
  await db
    .update(upstreams)
    .set(
      kind === "failure"
        ? { failedAt: now, failure: note.detail }
        : { answeredAt: now, ...(note.rateLimit && { rateLimit: note.rateLimit }) },
    )
    .where(eq(upstreams.organizationId, organizationId));
}

/** Organizations whose tags go some time after their last pull, by id: the first behind one. */
export async function listAgingUpstreams(
  db: Database,
  after: number,
  limit: number,
): Promise<{ organizationId: number; retentionDays: number }[]> {
  return db.all(sql`
    SELECT ${upstreams.organizationId} AS organizationId, ${upstreams.retentionDays} AS retentionDays FROM ${upstreams}
    WHERE ${upstreams.organizationId} > ${after} AND ${upstreams.retentionDays} IS NOT NULL
    ORDER BY ${upstreams.organizationId} LIMIT ${limit}`);
}

/** Whether an organization has no images but deleted ones, which nobody finds any more, and what pushes have only begun. */
function hasNoImages(organizationId: number): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM ${repositories} WHERE ${repositories.organizationId} = ${organizationId} AND ${isNamed(repositories.name)}
      AND ${isImage(repositories)})`;
}

function nameOf(remoteId: typeof upstreams.remoteId): SQL {
  return sql`(SELECT ${remotes.name} FROM ${remotes} WHERE ${remotes.id} = ${remoteId})`;
}
