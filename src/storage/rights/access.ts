/** What decisions about access go by: `model/rights/access.ts`. */
import { and, eq, exists, gt, inArray, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import {
  type AccessFacts,
  atLeast,
  isAdministrator,
  type Level,
  type RepositoryPlace,
  type User,
} from "../../model/rights/access.ts";
import { type OrganizationName, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import type { Database } from "../database.ts";
import { isNamed, isUserThere } from "../deletion/gone.ts";
import {
  accounts,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  shares,
  users,
} from "../schema.ts";
import { USER_COLUMNS, type UserRecord } from "../accounts/users.ts";

/** Stands for nobody in conditions. */
const NO_ID = -1;

/** Everything that decides what a user (undefined: anybody) may do with a repository, in one query. */
export async function findAccessFacts(
  db: Database,
  user: User | undefined,
  repository: RepositoryName,
): Promise<AccessFacts> {
  const [row] = await accessFactsQuery(db, user, organizationOf(repository), repository);
  return factsOf(row);
}

/** The same together with the user as of now, who is undefined when deleted, also in one query. */
export async function findCurrentAccess(
  db: Database,
  userId: number,
  repository: RepositoryName,
): Promise<{ user: UserRecord | undefined; facts: AccessFacts }> {
  const [row] = await currentAccessQuery(db, userId, repository);
  return { user: row?.user, facts: factsOf(row) };
}

function currentAccessQuery(db: Database, userId: number, repository: RepositoryName) {
  return db
    .select({ user: USER_COLUMNS, ...FACT_COLUMNS })
    .from(users)
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .leftJoin(organizations, eq(organizations.name, organizationOf(repository)))
    .leftJoin(repositories, eq(repositories.name, repository))
    .leftJoin(
      organizationPermissions,
      and(eq(organizationPermissions.organizationId, organizations.id), eq(organizationPermissions.userId, users.id)),
    )
    .leftJoin(
      repositoryPermissions,
      and(eq(repositoryPermissions.repositoryId, repositories.id), eq(repositoryPermissions.userId, users.id)),
    )
    .leftJoin(
      shares,
      and(eq(shares.repositoryId, repositories.id), eq(shares.accountId, users.accountId), isRunning(Date.now())),
    )
    .where(and(eq(users.id, userId), isUserThere(users, accounts)));
}

/** What {@link factsOf} reads. */
const FACT_COLUMNS = {
  organization: { id: organizations.id, accountId: organizations.accountId },
  repository: {
    id: repositories.id,
    accountId: repositories.accountId,
    generation: repositories.generation,
    isPublic: repositories.isPublic,
  },
  organizationLevel: organizationPermissions.level,
  repositoryLevel: repositoryPermissions.level,
  sharedTo: shares.accountId,
};

interface FactsRow {
  organization: { id: number; accountId: number } | null;
  repository: (RepositoryPlace & { isPublic: boolean }) | null;
  organizationLevel: Level | null;
  repositoryLevel: Level | null;
  sharedTo: number | null;
}

function factsOf(row: FactsRow | undefined): AccessFacts {
  return {
    organization: row?.organization ?? undefined,
    repository: row?.repository ?? undefined,
    organizationLevel: row?.organizationLevel ?? undefined,
    repositoryLevel: row?.repositoryLevel ?? undefined,
    isShared: (row?.sharedTo ?? null) !== null,
  };
}

/** The same for an organization as a whole. */
export async function findOrganizationFacts(
  db: Database,
  user: User | undefined,
  organization: OrganizationName,
): Promise<AccessFacts> {
  const [row] = await accessFactsQuery(db, user, organization, "" as RepositoryName);
  return {
    organization: row?.organization,
    repository: undefined,
    organizationLevel: row?.organizationLevel ?? undefined,
    repositoryLevel: undefined,
    isShared: false,
  };
}

function accessFactsQuery(
  db: Database,
  user: User | undefined,
  organization: OrganizationName,
  repository: RepositoryName,
) {
  return db
    .select(FACT_COLUMNS)
    .from(organizations)
    .leftJoin(repositories, eq(repositories.name, repository))
    .leftJoin(
      organizationPermissions,
      and(
        eq(organizationPermissions.organizationId, organizations.id),
        eq(organizationPermissions.userId, user?.id ?? NO_ID),
      ),
    )
    .leftJoin(
      repositoryPermissions,
      and(eq(repositoryPermissions.repositoryId, repositories.id), eq(repositoryPermissions.userId, user?.id ?? NO_ID)),
    )
    .leftJoin(
      shares,
      and(
        eq(shares.repositoryId, repositories.id),
        eq(shares.accountId, user?.accountId ?? NO_ID),
        isRunning(Date.now()),
      ),
    )
    .where(eq(organizations.name, organization));
}

/** Whether a share still holds at a time (milliseconds since 1970). */
export function isRunning(now: number): SQL | undefined {
  return or(isNull(shares.endsAt), gt(shares.endsAt, new Date(now)));
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

/** Whether a permission is for that or more; any is for reading. */
function suffices(
  level: typeof organizationPermissions.level | typeof repositoryPermissions.level,
  wanted: Level,
): SQL | undefined {
  return wanted === "read" ? undefined : inArray(level, atLeast(wanted));
}

/** Whether a row of `organizations` is one that a user may push new images to: `organizationLevelOf` is `edit` or more. */
export function mayAddImages(db: Database, user: User): SQL | undefined {
  const isOfAccount = eq(organizations.accountId, user.accountId);
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

/**
 * Whether a user may push to a row of `repositories` when the statement runs, as a condition of what is written: a user who
 * came with a token may have been deleted or demoted since, or have another password. The counterpart in SQL of
 * `findWriteTarget` in `registry/rights/write-target.ts`.
 */
export function mayPushNow(
  db: Database,
  { userId, passwordChanges }: { userId: number; passwordChanges?: number | undefined },
): SQL {
  const granted = (table: typeof organizationPermissions | typeof repositoryPermissions, target: SQL) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(table)
        .where(and(eq(table.userId, userId), target, suffices(table.level, "edit"))),
    );
  return exists(
    db
      .select({ one: sql`1` })
      .from(users)
      .where(
        and(
          eq(users.id, userId),
          isNamed(users.name),
          eq(users.accountId, repositories.accountId),
          passwordChanges === undefined ? undefined : eq(users.passwordChanges, passwordChanges),
          or(
            ne(users.role, "member"),
            granted(organizationPermissions, eq(organizationPermissions.organizationId, repositories.organizationId)),
            granted(repositoryPermissions, eq(repositoryPermissions.repositoryId, repositories.id)),
          ),
        ),
      ),
  );
}

/** Whether a row of `repositories` is private and shared with a user's account. */
export function isSharedWith(db: Database, user: User): SQL | undefined {
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
