/** What decisions about access go by: `model/rights/access.ts`. */
import { and, eq, exists, inArray, isNull, ne, not, or, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import {
  type AccessFacts,
  atLeast,
  type FactsByName,
  isAdministrator,
  isMemberOfAccount,
  type Level,
  type Pusher,
  type PushFacts,
  type User,
} from "../../model/rights/access.ts";
import { ORGANIZATION_NAME_REST_MS } from "../../kernel/limits.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { type AllGiven, asColumn, type Database, type Given, writtenOnce } from "../database.ts";
import { isImage, isNamed, isUserThere } from "../deletion/gone.ts";
import {
  accessKeys,
  accounts,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  shares,
  upstreams,
  users,
} from "../schema.ts";
import { createdOrganizationsQuery, restingNameQuery } from "../organizations/new-organizations.ts";
import { USER_COLUMNS, type UserRecord } from "../accounts/users.ts";

/** Stands for nobody in conditions. */
const NO_ID = -1;

/** The user that a decision is about, as part of a statement: values, or columns of a row that may be missing. */
interface AskingUser {
  id: SQLWrapper | number;
  accountId: SQLWrapper | number;
}

const ANYBODY: AskingUser = { id: NO_ID, accountId: NO_ID };

/** What is asked of some repositories: values, or placeholders of the same names. */
interface Asked {
  /** JSON. */
  asked: SQLWrapper | string;
  /** Shares that end later hold. */
  now: SQLWrapper | number;
  /** Names that were given up later rest. */
  restingSince: SQLWrapper | number;
}

function askFor(names: readonly RepositoryName[]) {
  const asked = JSON.stringify(names.map((name) => ({ name, organization: organizationOf(name) })));
  const now = Date.now();
  return { asked, now, restingSince: now - ORGANIZATION_NAME_REST_MS };
}

const PLACEHOLDERS: Asked = {
  asked: sql.placeholder("asked"),
  now: sql.placeholder("now"),
  restingSince: sql.placeholder("restingSince"),
};

/**
 * Everything that decides what a user may do with some repositories, as a column of any query: who checks credentials has it
 * from the query that finds their user. The repositories are one parameter, and each costs a few searches of an index.
 *
 * @param user undefined: anybody.
 */
export function pushFacts(
  db: Database,
  user: AskingUser | undefined,
  names: readonly RepositoryName[],
): SQL<FactsByName> {
  return pushFactsOf(db, user, askFor(names));
}

function pushFactsOf(
  db: Database,
  user: AskingUser | undefined,
  { asked, now, restingSince }: Asked,
): SQL<FactsByName> {
  const { id, accountId } = user ?? ANYBODY;
  const organization = sql`asked.value ->> 'organization'`;
  const facts = sql<string>`(
    SELECT json_group_array(json_object(
      'name', asked.value ->> 'name',
      'organizationId', ${organizations.id}, 'ownerId', ${organizations.accountId},
      'isUpstreamPublic', ${upstreams.isPublic},
      'id', ${repositories.id}, 'accountId', ${repositories.accountId}, 'generation', ${repositories.generation},
      'isPublic', ${repositories.isPublic}, 'isImage', ${repositories.isImage},
      'organizationLevel', ${organizationPermissions.level}, 'repositoryLevel', ${repositoryPermissions.level},
      'isShared', ${shares.accountId} IS NOT NULL,
      'isNameResting', iif(${organizations.id} IS NULL, EXISTS ${restingNameQuery(db, accountId, organization, restingSince)}, 0),
      'created', iif(${organizations.id} IS NULL, ${createdOrganizationsQuery(db, id)}, 0)))
    FROM json_each(${asked}) AS asked
    LEFT JOIN ${organizations} ON ${organizations.name} = ${organization}
    LEFT JOIN ${upstreams} ON ${upstreams.organizationId} = ${organizations.id}
    LEFT JOIN ${repositories} ON ${repositories.name} = asked.value ->> 'name'
    LEFT JOIN ${organizationPermissions}
      ON ${organizationPermissions.organizationId} = ${organizations.id} AND ${organizationPermissions.userId} = ${id}
    LEFT JOIN ${repositoryPermissions}
      ON ${repositoryPermissions.repositoryId} = ${repositories.id} AND ${repositoryPermissions.userId} = ${id}
    LEFT JOIN ${shares}
      ON ${shares.repositoryId} = ${repositories.id} AND ${shares.accountId} = ${accountId} AND ${isRunning(now)})`;
  return asColumn<FactsByName>(facts).mapWith(readFacts);
}

/** What {@link pushFacts} selects for one repository. */
interface FactsRow {
  name: RepositoryName;
  organizationId: number | null;
  ownerId: number | null;
  /** Null where the organization stands for no registry elsewhere. */
  isUpstreamPublic: number | null;
  id: number | null;
  accountId: number | null;
  generation: number | null;
  isPublic: number | null;
  isImage: number | null;
  organizationLevel: Level | null;
  repositoryLevel: Level | null;
  isShared: number;
  isNameResting: number;
  created: number;
}

function readFacts(text: string): FactsByName {
  const rows = JSON.parse(text) as FactsRow[];
  return new Map(rows.map((row) => [row.name, factsOf(row)]));
}

function factsOf(row: FactsRow): PushFacts {
  const { organizationId, ownerId, id, accountId, generation, isPublic } = row;
  return {
    organization:
      organizationId !== null && ownerId !== null
        ? { id: organizationId, accountId: ownerId, upstream: upstreamFacts(row.isUpstreamPublic) }
        : undefined,
    repository:
      id !== null && accountId !== null && generation !== null
        ? { id, accountId, generation, isPublic: isPublic === 1, isImage: row.isImage === 1 }
        : undefined,
    organizationLevel: row.organizationLevel ?? undefined,
    repositoryLevel: row.repositoryLevel ?? undefined,
    isShared: row.isShared === 1,
    isNameResting: row.isNameResting === 1,
    createdOrganizations: row.created,
  };
}

function upstreamFacts(isPublic: number | boolean | null): { isPublic: boolean } | undefined {
  return isPublic === null ? undefined : { isPublic: Boolean(isPublic) };
}

/** What decides about access to some repositories, in one query; none is sent for no repository. */
export async function findPushFacts(
  db: Database,
  user: User | undefined,
  names: readonly RepositoryName[],
): Promise<FactsByName> {
  if (names.length === 0) return new Map();
  const [row] = await db.select({ facts: pushFacts(db, user, names) }).from(sql`(SELECT 1)`);
  return row?.facts ?? new Map();
}

/** Everything that decides what a user (undefined: anybody) may do with a repository, in one query. */
export async function findAccessFacts(
  db: Database,
  user: User | undefined,
  repository: RepositoryName,
): Promise<PushFacts> {
  return factsAbout(repository, await findPushFacts(db, user, [repository]));
}

/** The facts of one of the repositories that were asked for. */
export function factsAbout(repository: RepositoryName, facts: FactsByName): PushFacts {
  const found = facts.get(repository);
  if (!found) throw new TypeError(`nobody asked for the facts of ${repository}`);
  return found;
}

/** The same together with the user as of now, who is undefined when deleted, also in one query. */
export async function findCurrentAccess(
  db: Database,
  userId: number,
  repository: RepositoryName,
): Promise<{ user: UserRecord | undefined; facts: PushFacts }> {
  const { user, facts } = await findUserWithFacts(db, { id: userId }, [repository]);
  return { user, facts: factsAbout(repository, facts) };
}

/**
 * A user by id or name, and what decides about the user's access to some repositories, in one query, which does the same work
 * for a user who does not exist.
 */
export async function findUserWithFacts(
  db: Database,
  by: { id: number } | { name: string },
  names: readonly RepositoryName[],
): Promise<{ user: UserRecord | undefined; facts: FactsByName }> {
  const find = "id" in by ? findUserById : findUserByName;
  const [row] = await find(db, { ...askFor(names), ...by });
  return { user: row?.user ?? undefined, facts: row?.facts ?? new Map() };
}

const findUserBy = (isMeant: SQL) =>
  writtenOnce((db) => {
    const found = db
      // Two columns of one name could not be told apart outside.
      .select({ ...USER_COLUMNS, accountName: sql<string>`${accounts.name}`.as("account_name") })
      .from(users)
      .innerJoin(accounts, eq(accounts.id, users.accountId))
      .where(and(isMeant, isUserThere(users, accounts)))
      .as("found");
    const user = {
      id: found.id,
      name: found.name,
      accountId: found.accountId,
      accountName: found.accountName,
      role: found.role,
      kind: found.kind,
      passwordHash: found.passwordHash,
      passwordChanges: found.passwordChanges,
    };
    return db
      .select({ user, facts: pushFactsOf(db, found, PLACEHOLDERS) })
      .from(sql`(SELECT 1)`)
      .leftJoin(found, sql`true`);
  });
const findUserById = findUserBy(eq(users.id, sql.placeholder("id")));
const findUserByName = findUserBy(eq(users.name, sql.placeholder("name")));

/** What decides about access to an organization as a whole, in one query. */
export async function findOrganizationFacts(
  db: Database,
  user: User | undefined,
  organization: OrganizationName,
): Promise<AccessFacts> {
  const [row] = await db
    .select({
      organization: { id: organizations.id, accountId: organizations.accountId },
      isUpstreamPublic: upstreams.isPublic,
      organizationLevel: organizationPermissions.level,
    })
    .from(organizations)
    .leftJoin(upstreams, eq(upstreams.organizationId, organizations.id))
    .leftJoin(
      organizationPermissions,
      and(
        eq(organizationPermissions.organizationId, organizations.id),
        eq(organizationPermissions.userId, user?.id ?? NO_ID),
      ),
    )
    .where(eq(organizations.name, organization));
  return {
    organization: row && { ...row.organization, upstream: upstreamFacts(row.isUpstreamPublic) },
    repository: undefined,
    organizationLevel: row?.organizationLevel ?? undefined,
    repositoryLevel: undefined,
    isShared: false,
  };
}

/** Whether a share still holds at a time (milliseconds since 1970). */
export function isRunning(now: SQLWrapper | number): SQL | undefined {
  return or(isNull(shares.endsAt), sql`${shares.endsAt} > ${now}`);
}

/**
 * Whether a row of `repositories` is one that a user has a right to by account or permission, as a condition: what
 * "my images" lists. The counterpart in SQL of `levelOf` in `model/rights/access.ts`, for the same facts.
 *
 * @param wanted the least right that counts.
 */
export function isOwn(db: Database, user: User, wanted: Level = "read"): SQL | undefined {
  const isOfAccount = eq(repositories.accountId, user.accountId);
  if (isAdministrator(user)) return isOfAccount;
  return and(
    isOfAccount,
    or(
      exists(
        db
          .select({ one: sql`1` })
          .from(organizationPermissions)
          .where(
            and(
              eq(organizationPermissions.userId, user.id),
              eq(organizationPermissions.organizationId, repositories.organizationId),
              suffices(organizationPermissions.level, wanted),
            ),
          ),
      ),
      exists(
        db
          .select({ one: sql`1` })
          .from(repositoryPermissions)
          .where(
            and(
              eq(repositoryPermissions.userId, user.id),
              eq(repositoryPermissions.repositoryId, repositories.id),
              suffices(repositoryPermissions.level, wanted),
            ),
          ),
      ),
    ),
  );
}

/** The same of a row that is an image, and no place for the blobs of a push that has only begun. */
export function isOwnImage(db: Database, user: User, wanted: Level = "read"): SQL | undefined {
  return and(isImage(repositories), isOwn(db, user, wanted));
}

/** The permissions of a member, each as a query of one column `id`: of organizations and of single images. */
export function permissionsOf({ id }: User, wanted: Level): { organizations: SQL; images: SQL } {
  const isMeant = (level: typeof organizationPermissions.level | typeof repositoryPermissions.level) =>
    suffices(level, wanted) ?? sql`1`;
  return {
    organizations: sql`
      SELECT ${organizationPermissions.organizationId} AS id FROM ${organizationPermissions}
      WHERE ${organizationPermissions.userId} = ${id} AND ${isMeant(organizationPermissions.level)}`,
    images: sql`
      SELECT ${repositoryPermissions.repositoryId} AS id FROM ${repositoryPermissions}
      WHERE ${repositoryPermissions.userId} = ${id} AND ${isMeant(repositoryPermissions.level)}`,
  };
}

/** Whether a permission is for that or more; any is for reading. */
function suffices(
  level: typeof organizationPermissions.level | typeof repositoryPermissions.level,
  wanted: Level,
): SQL | undefined {
  return wanted === "read" ? undefined : inArray(level, atLeast(wanted));
}

/** Whether an organization stands for a registry elsewhere, to which nothing is pushed. */
function isUpstream(db: Database, organizationId: SQLWrapper): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(upstreams)
      .where(sql`${upstreams.organizationId} = ${organizationId}`),
  );
}

/**
 * Whether a row of `organizations` is one that a user may push new images to: `organizationLevelOf` is `edit` or more, and it
 * stands for no registry elsewhere.
 */
export function mayAddImages(db: Database, user: User): SQL | undefined {
  const isOfAccount = and(eq(organizations.accountId, user.accountId), not(isUpstream(db, organizations.id)));
  if (isAdministrator(user)) return isOfAccount;
  return and(
    isOfAccount,
    exists(
      db
        .select({ one: sql`1` })
        .from(organizationPermissions)
        .where(
          and(
            eq(organizationPermissions.userId, user.id),
            eq(organizationPermissions.organizationId, organizations.id),
            suffices(organizationPermissions.level, "edit"),
          ),
        ),
    ),
  );
}

/** A {@link Pusher}, or placeholders for its fields in a statement that is written once. */
export interface PushingUser {
  userId: Given<number>;
  passwordChanges?: Given<number> | undefined;
  accessKey?: Given<string> | undefined;
}

/** Which credentials of a pusher a statement checks. Each shape is a statement of its own. */
export interface PusherShape {
  hasPassword: boolean;
  hasAccessKey: boolean;
}

export function pusherShapeOf({ passwordChanges, accessKey }: Pusher): PusherShape {
  return { hasPassword: passwordChanges !== undefined, hasAccessKey: accessKey !== undefined };
}

/** Values of a statement about a pusher. Those that its shape leaves out are not used. */
export type PusherValues = Required<{ [Name in keyof Pusher]: NonNullable<Pusher[Name]> }>;

export function pusherValuesOf({ userId, passwordChanges = 0, accessKey = "" }: Pusher): PusherValues {
  return { userId, passwordChanges, accessKey };
}

/** The pusher in a statement of these values, or of their places. */
export function pusherIn(values: AllGiven<PusherValues>, { hasPassword, hasAccessKey }: PusherShape): PushingUser {
  return {
    userId: values.userId,
    passwordChanges: hasPassword ? values.passwordChanges : undefined,
    accessKey: hasAccessKey ? values.accessKey : undefined,
  };
}

/**
 * Whether a user may push to a row of `repositories` when the statement runs, as a condition of what is written: a user who
 * came with a token may have been deleted or demoted since, have another password, or have lost the access key. The counterpart
 * in SQL of `findWriteTarget` in `registry/rights/write-target.ts`.
 */
export function mayPushNow(db: Database, { userId, passwordChanges, accessKey }: PushingUser): SQL {
  const granted = (table: typeof organizationPermissions | typeof repositoryPermissions, target: SQL) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(table)
        .where(and(eq(table.userId, userId), target, suffices(table.level, "edit"))),
    );
  const hasKey = (key: Given<string>) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(accessKeys)
        .where(and(eq(accessKeys.accessKey, key), eq(accessKeys.userId, userId))),
    );
  const isUser = exists(
    db
      .select({ one: sql`1` })
      .from(users)
      .where(
        and(
          eq(users.id, userId),
          isNamed(users.name),
          eq(users.accountId, repositories.accountId),
          passwordChanges === undefined ? undefined : eq(users.passwordChanges, passwordChanges),
          accessKey === undefined ? undefined : hasKey(accessKey),
          or(
            ne(users.role, "member"),
            granted(organizationPermissions, eq(organizationPermissions.organizationId, repositories.organizationId)),
            granted(repositoryPermissions, eq(repositoryPermissions.repositoryId, repositories.id)),
          ),
        ),
      ),
  );
  return sql`(${isUser} AND NOT ${isUpstream(db, repositories.organizationId)})`;
}

/** Whether a row of `repositories` is private and shared with a user's account, of which a trust rule is no member. */
export function isSharedWith(db: Database, user: User): SQL | undefined {
  if (!isMemberOfAccount(user)) return sql`false`;
  return and(
    eq(repositories.isPublic, false),
    exists(
      db
        .select({ one: sql`1` })
        .from(shares)
        .where(
          and(eq(shares.accountId, user.accountId), eq(shares.repositoryId, repositories.id), isRunning(Date.now())),
        ),
    ),
  );
}

/** Whether a row of `repositories` is one that a user may pull from. */
export function isPullable(db: Database, user: User): SQL | undefined {
  return or(isOwn(db, user), isSharedWith(db, user), eq(repositories.isPublic, true));
}
