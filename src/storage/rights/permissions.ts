/** Rights of users on organizations and on single images (guide 6). Both are kept alike, in two tables. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Versions } from "../../kernel/precondition.ts";
import type { Actor, Level } from "../../model/rights/access.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { insertAuditForEach, isAuditRefusal } from "../audit/audit.ts";
import type { Database } from "../database.ts";
import { isNamed, isNamedUser } from "../deletion/gone.ts";
import { organizationPermissions, organizations, repositories, repositoryPermissions, users } from "../schema.ts";
import { requireContent } from "../versions.ts";

/** What rights are on. */
export type PermissionTarget =
  { kind: "organization"; name: OrganizationName } | { kind: "image"; name: RepositoryName };

const TABLES = {
  organization: {
    targets: organizations,
    permissions: organizationPermissions,
    targetId: organizationPermissions.organizationId,
  },
  image: {
    targets: repositories,
    permissions: repositoryPermissions,
    targetId: repositoryPermissions.repositoryId,
  },
} as const;

export interface Permission {
  userId: number;
  userName: string;
  level: Level;
}

/** SWR's lists of permissions have no pages, and an account may have any number of users. */
export const MAX_LISTED_PERMISSIONS = 10_000;

/**
 * Everybody's rights on one target of an account, in the order of granting, which Terraform compares with its own: the first
 * of them. SQLite gives a new row a `rowid` above all others, a changed one keeps its.
 */
export async function listPermissions(
  db: Database,
  { kind, name }: PermissionTarget,
  accountId: number,
): Promise<Permission[]> {
  const { targets, permissions, targetId } = TABLES[kind];
  return db
    .select({ userId: users.id, userName: users.name, level: permissions.level })
    .from(targets)
    .innerJoin(permissions, eq(targetId, targets.id))
    .innerJoin(users, isNamedUser(permissions.userId))
    .where(and(eq(targets.name, name as OrganizationName & RepositoryName), eq(targets.accountId, accountId)))
    .orderBy(sql`${permissions}.rowid`)
    .limit(MAX_LISTED_PERMISSIONS);
}

/** A user as a request names them, and what they are to have. */
export interface PermissionEntry {
  userId: string;
  userName: string;
  level: Level;
}

/** What {@link entriesOf} reads: a name is compared when it is there. */
type WantedEntry = Pick<PermissionEntry, "userId"> & Partial<PermissionEntry>;

/** What came of changing rights: all were changed, or none. */
export type PermissionChange =
  | { outcome: "changed" }
  /** An entry is not of a user of the account, or the user's right is not what it has to be. */
  | { outcome: "refused"; entries: FoundEntry[] };

/** An entry of a change that was refused, as it was found right after it. */
export type FoundEntry = Pick<WantedEntry, "userId" | "userName"> & {
  /** Whether the id, and the name if there is one, are those of one user of the account. */
  isUser: boolean;
  /** What right the user has; undefined: none. */
  level: Level | undefined;
};

/** Gives users of the actor's account rights that they do not have yet on something of that account: all or none. */
export async function createPermissions(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  entries: PermissionEntry[],
): Promise<PermissionChange> {
  const isNew = sql`matched.id IS NOT NULL AND present.level IS NULL`;
  return changePermissions(db, actor, target, entries, setPermissions(db, actor, target, entries, isNew));
}

/**
 * Changes rights that users have: all or none.
 *
 * @param versions levels of which each user must have one so far, or else the batch fails: `isVersionFailure`.
 */
export async function updatePermissions(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  entries: PermissionEntry[],
  versions?: Versions,
): Promise<PermissionChange> {
  const { permissions } = TABLES[target.kind];
  const row = isOfUsers(
    target,
    actor,
    entries.map(({ userId }) => userId),
  );
  const of = target.kind === "organization" ? "organizationPermission" : "imagePermission";
  return changePermissions(db, actor, target, entries, [
    requireContent(db, of, { row, content: permissions.level }, versions),
    ...setPermissions(db, actor, target, entries, IS_PRESENT),
  ]);
}

/** Which rows are the rights of users on something of the actor's account. */
function isOfUsers({ kind, name }: PermissionTarget, { user }: Actor, userIds: readonly string[]): SQL {
  const { targets, permissions, targetId } = TABLES[kind];
  return sql`${targetId} = (SELECT ${targets.id} FROM ${targets}
                            WHERE ${targets.name} = ${name} AND ${targets.accountId} = ${user.accountId})
             AND ${permissions.userId} IN (SELECT value FROM json_each(${JSON.stringify(userIds.map(idOf))}))`;
}

/** Takes rights away from users who have some: all or none. */
export async function deletePermissions(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  userIds: string[],
): Promise<PermissionChange> {
  const { permissions } = TABLES[target.kind];
  const { accountId } = actor.user;
  const entries = userIds.map((userId) => ({ userId }));
  const detail = sql`json_object('user', matched.name, 'previous', present.level)`;
  const rows = { from: entriesOf(target, accountId, entries), condition: IS_PRESENT, detail };
  return changePermissions(db, actor, target, entries, [
    insertAuditForEach(db, actor, auditEntry(target, "delete"), rows),
    db.delete(permissions).where(isOfUsers(target, actor, userIds)),
  ]);
}

const IS_PRESENT = sql`present.level IS NOT NULL`;

/** The statements that set rights and record what they were, unless a row of {@link entriesOf} fails a condition. */
function setPermissions(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  entries: PermissionEntry[],
  condition: SQL,
): Batch {
  const { permissions, targetId } = TABLES[target.kind];
  const from = entriesOf(target, actor.user.accountId, entries);
  // A patch with null leaves the key out.
  const detail = sql`json_patch(
    json_object('user', matched.name, 'level', entry.value ->> 'level'),
    json_object('previous', present.level))`;
  return [
    insertAuditForEach(db, actor, auditEntry(target, "set"), { from, condition, detail }),
    db
      .insert(permissions)
      .select(sql`SELECT target.id, matched.id, entry.value ->> 'level', ${Date.now()} FROM ${from} WHERE true`)
      .onConflictDoUpdate({ target: [targetId, permissions.userId], set: { level: sql`excluded.level` } }),
  ];
}

function auditEntry({ kind, name }: PermissionTarget, did: "set" | "delete") {
  const organization = kind === "organization" ? name : organizationOf(name);
  return { action: `${kind}.permission.${did}` as const, organization, resource: name };
}

/**
 * A FROM clause of one row per entry: `entry.value` itself, the `target`, the `matched` user of the account and the
 * permission that is `present`; each of the last three may be null.
 */
function entriesOf({ kind, name }: PermissionTarget, accountId: number, entries: WantedEntry[]): SQL {
  const { targets, permissions, targetId } = TABLES[kind];
  const list = JSON.stringify(entries.map((entry) => ({ ...entry, id: idOf(entry.userId) })));
  return sql`json_each(${list}) AS entry
    LEFT JOIN ${targets} AS target ON target.name = ${name} AND target.account_id = ${accountId}
    LEFT JOIN ${users} AS matched ON matched.id = entry.value ->> 'id' AND matched.account_id = target.account_id
      AND ${isNamed(sql`matched.name`)}
      AND matched.name = ifnull(entry.value ->> 'userName', matched.name)
    LEFT JOIN ${permissions} AS present
      ON present.${sql.identifier(targetId.name)} = target.id AND present.user_id = matched.id`;
}

/** A user's id; nobody's for what is none. */
function idOf(text: string): number {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
}

type Batch = Parameters<Database["batch"]>[0];

async function changePermissions(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  entries: WantedEntry[],
  statements: Batch,
): Promise<PermissionChange> {
  try {
    await db.batch(statements);
    return { outcome: "changed" };
  } catch (error) {
    if (!isAuditRefusal(error)) throw error;
    return { outcome: "refused", entries: await findEntries(db, actor, target, entries) };
  }
}

/** What of each entry is there. */
async function findEntries(
  db: Database,
  actor: Actor,
  target: PermissionTarget,
  entries: WantedEntry[],
): Promise<FoundEntry[]> {
  const rows = await db
    .select({ isUser: sql<number>`matched.id IS NOT NULL`, level: sql<Level | null>`present.level` })
    .from(entriesOf(target, actor.user.accountId, entries));
  return entries.map(({ userId, userName }, at) => ({
    userId,
    ...(userName !== undefined && { userName }),
    isUser: rows[at]?.isUser === 1,
    level: rows[at]?.level ?? undefined,
  }));
}
