import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { type Actor, atLeast, isAdministrator, type Level, type User } from "../../model/rights/access.ts";
import type { OrganizationName } from "../../kernel/reference.ts";
import { insertAuditIfChanged } from "../audit/audit.ts";
import { BEHIND_NAME, boundedPage, type BoundedPage, nameSelectors, splitEnd } from "../bounded.ts";
import type { Database } from "../database.ts";
import { insertOrganizationCleanups } from "../deletion/cleanups.ts";
import { deleteBegunOfGone } from "../deletion/delete-repository.ts";
import {
  GONE,
  goneName,
  isAccountGone,
  isImage,
  isNamed,
  isNamedUser,
  isStillThere,
  isThere,
} from "../deletion/gone.ts";
import {
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  syncRules,
  users,
} from "../schema.ts";
import { deleteGoneUpstreams } from "../upstreams/upstreams.ts";
import { imageCountOf } from "../quotas/totals.ts";
import { restingNameQuery } from "./new-organizations.ts";
import { contains } from "../accounts/users.ts";

/**
 * The statements that create an organization, for the beginning of a batch, unless it exists, its name still rests, or its
 * creator has reached the quota or was deleted. The creator gets the right to manage it, and the audit an event. The first
 * statement returns a row when it was created.
 */
export function insertOrganization(db: Database, actor: Actor, name: OrganizationName, quota: number) {
  const { user } = actor;
  const now = Date.now();
  return [
    db
      .insert(organizations)
      .select(
        sql`SELECT NULL, ${user.accountId}, ${name}, ${user.id}, ${now}, 0, 0, 0, NULL
            WHERE NOT EXISTS (SELECT 1 FROM ${organizations} WHERE ${organizations.name} = ${name})
              AND (SELECT count(*) FROM ${organizations} WHERE ${organizations.createdBy} = ${user.id}) < ${quota}
              AND NOT EXISTS ${restingNameQuery(db, user.accountId, name)} AND ${isStillThere(user)}`,
      )
      .onConflictDoNothing({ target: organizations.name })
      .returning({ id: organizations.id }),
    insertAuditIfChanged(db, actor, { action: "organization.create", organization: name, resource: name }),
    db.insert(organizationPermissions).select(
      sql`SELECT ${organizations.id}, ${user.id}, 'manage', ${now} FROM ${organizations}
          WHERE ${organizations.name} = ${name} AND changes() > 0`,
    ),
  ] as const;
}

/** @returns "not-created" if the name is taken, or rests, or the quota is reached. */
export async function createOrganization(
  db: Database,
  actor: Actor,
  name: OrganizationName,
  quota: number,
): Promise<{ outcome: "created" | "not-created" | "account-gone" }> {
  try {
    const [created] = await db.batch(insertOrganization(db, actor, name, quota));
    return { outcome: created.length > 0 ? "created" : "not-created" };
  } catch (error) {
    if (isAccountGone(error)) return { outcome: "account-gone" };
    throw error;
  }
}

export async function organizationExists(db: Database, name: OrganizationName): Promise<boolean> {
  const [row] = await db.select({ id: organizations.id }).from(organizations).where(eq(organizations.name, name));
  return row !== undefined;
}

/** What came of deleting an organization. */
export type OrganizationDeletion =
  { outcome: "deleted"; id: number } | { outcome: "unknown" } | { outcome: "not-empty" };

/**
 * Deletes an organization of the actor's account, for everybody at once; what is left of it and of deleted images goes in
 * slices (`deletion/clean-targets.ts`). An image that is pushed at the same time either keeps it, or comes too late.
 */
export async function deleteOrganization(
  db: Database,
  actor: Actor,
  name: OrganizationName,
): Promise<OrganizationDeletion> {
  const isTheirs = and(eq(organizations.name, name), eq(organizations.accountId, actor.user.accountId));
  // Deleted images come last by their names.
  const isEmpty = sql`NOT EXISTS (
    SELECT 1 FROM ${repositories}
    WHERE ${repositories.organizationId} = ${organizations.id} AND ${isNamed(repositories.name)} AND ${isImage(repositories)})`;
  const [hidden] = await db.batch([
    db
      .update(organizations)
      .set({ name: goneName(organizations.id), createdBy: null })
      .where(and(isTheirs, isEmpty))
      .returning({ id: organizations.id }),
    insertAuditIfChanged(db, actor, { action: "organization.delete", organization: name, resource: name }),
    insertOrganizationCleanups(db),
    // What pushes have begun goes along.
    ...deleteBegunOfGone(db),
    // They keep a remote registry.
    db
      .delete(syncRules)
      .where(
        sql`${syncRules.organizationId} IN (SELECT ${organizations.id} FROM ${organizations} WHERE ${organizations.name} >= ${GONE})`,
      ),
    deleteGoneUpstreams(db),
  ]);
  const [organization] = hidden;
  if (organization) return { outcome: "deleted", id: organization.id };
  const [left] = await db.select({ id: organizations.id }).from(organizations).where(isTheirs);
  return { outcome: left ? "not-empty" : "unknown" };
}

export interface Organization {
  id: number;
  name: OrganizationName;
  /** Undefined when the creator is gone. */
  creatorName: string | undefined;
  /** The user's permission on all of its images; undefined: on some at most, or by the account. */
  level: Level | undefined;
  /** How many users have a permission on all of its images. */
  userCount: number;
  /** How many images it has that the user has a right to. */
  repositoryCount: number;
  createdAt: Date;
}

export interface OrganizationFilter {
  name?: OrganizationName | undefined;
  /** Also organizations where the user has a permission on an image only. */
  withImages: boolean;
  /** A part of the name. */
  search?: string | undefined;
  /** The least that the user may do with all of its images. */
  level?: Level | undefined;
}

/** Which of the organizations that a filter finds. */
export interface OrganizationPage {
  /** The name to go on behind; undefined for the first page. */
  after?: string | undefined;
  limit: number;
}

/** The organizations of the user's account that the user has a right to, by name: the first of them. */
export async function listOrganizations(
  db: Database,
  user: User,
  filter: OrganizationFilter,
  limit: number,
): Promise<Organization[]> {
  return (await listOrganizationsQuery(db, user, filter, limit)).map(readOrganization);
}

/** One page of them. */
export async function searchOrganizations(
  db: Database,
  user: User,
  filter: OrganizationFilter,
  page: OrganizationPage,
): Promise<BoundedPage<Organization & { key: string }>> {
  const { rows, end } = splitEnd(await searchOrganizationsQuery(db, user, filter, page));
  return { rows: rows.map(readOrganization), end };
}

function readOrganization<R extends { creatorName: string | null; level: Level | null }>(row: R) {
  return { ...row, creatorName: row.creatorName ?? undefined, level: row.level ?? undefined };
}

function listOrganizationsQuery(db: Database, user: User, filter: OrganizationFilter, limit: number) {
  return db
    .select(shownColumns(user))
    .from(organizations)
    .leftJoin(users, isNamedUser(organizations.createdBy))
    .leftJoin(organizationPermissions, isOwnPermission(user))
    .where(
      and(
        isFound(filter),
        hasLevel(user, filter),
        isAdministrator(user)
          ? eq(organizations.accountId, user.accountId)
          : // The plus keeps SQLite from walking all organizations of the account: a member's own are few.
            sql`+${organizations.accountId} = ${user.accountId}
                AND ${organizations.id} IN (${organizationIdsOf(user, filter.withImages)})`,
      ),
    )
    .orderBy(asc(organizations.name))
    .limit(limit);
}

function searchOrganizationsQuery(
  db: Database,
  user: User,
  filter: OrganizationFilter,
  { after, limit }: OrganizationPage,
) {
  const isGranted = isAdministrator(user)
    ? undefined
    : sql`${organizations.id} IN (${organizationIdsOf(user, filter.withImages)})`;
  const isSufficient =
    filter.level === undefined || isAdministrator(user)
      ? undefined
      : sql`${organizations.id} IN (
          SELECT ${organizationPermissions.organizationId} FROM ${organizationPermissions}
          WHERE ${organizationPermissions.userId} = ${user.id} AND ${hasLevel(user, filter)})`;
  const page = boundedPage({
    table: organizations,
    id: organizations.id,
    key: organizations.name,
    isDescending: false,
    within: eq(organizations.accountId, user.accountId),
    conditions: and(isFound(filter), isGranted, isSufficient),
    columns: [organizations.id, organizations.name],
    selectors: [
      ...(isAdministrator(user) ? [] : [sql`SELECT organization_id AS id FROM (${organizationIdsOf(user, true)})`]),
      ...nameSelectors("organizations", filter.search),
    ],
    after: after === undefined ? undefined : [after, BEHIND_NAME],
    limit,
  });
  return db
    .select({ ...shownColumns(user), key: sql<string>`page.key`, isEnd: sql<number>`page.is_end` })
    .from(page)
    .innerJoin(organizations, sql`${organizations.id} = page.id`)
    .leftJoin(users, isNamedUser(organizations.createdBy))
    .leftJoin(organizationPermissions, isOwnPermission(user))
    .orderBy(asc(sql`page.key`));
}

function shownColumns(user: User) {
  const seesAll = isAdministrator(user) ? sql`1` : sql`${organizationPermissions.level} IS NOT NULL`;
  return {
    id: organizations.id,
    name: organizations.name,
    creatorName: users.name,
    level: organizationPermissions.level,
    createdAt: organizations.createdAt,
    userCount: organizations.userCount,
    repositoryCount: sql<number>`CASE WHEN ${seesAll} THEN ${imageCountOf(sql`${organizations.id}`)}
      ELSE ifnull((SELECT images FROM (
        SELECT organization_id, count(*) AS images FROM (${imagesOf(user)}) GROUP BY 1) AS granted
        WHERE granted.organization_id = ${organizations.id}), 0) END`,
  };
}

function isOwnPermission(user: User): SQL | undefined {
  return and(eq(organizationPermissions.organizationId, organizations.id), eq(organizationPermissions.userId, user.id));
}

function isFound({ name, search }: OrganizationFilter): SQL | undefined {
  return and(
    name === undefined ? isNamed(organizations.name) : eq(organizations.name, name),
    contains(organizations.name, search),
  );
}

function hasLevel(user: User, { level }: OrganizationFilter): SQL | undefined {
  return level === undefined || isAdministrator(user)
    ? undefined
    : inArray(organizationPermissions.level, atLeast(level));
}

function organizationIdsOf(user: User, withImages: boolean): SQL {
  const granted = sql`SELECT ${organizationPermissions.organizationId} FROM ${organizationPermissions}
                      WHERE ${organizationPermissions.userId} = ${user.id}`;
  return withImages ? sql`${granted} UNION ${imagesOf(user)}` : granted;
}

/** One row with an `organization_id` for each image that a user has a permission on. */
function imagesOf(user: User): SQL {
  return sql`SELECT ${repositories.organizationId} FROM ${repositoryPermissions}
             JOIN ${repositories} ON ${repositories.id} = ${repositoryPermissions.repositoryId}
             WHERE ${repositoryPermissions.userId} = ${user.id} AND ${isThere(repositories)}`;
}
