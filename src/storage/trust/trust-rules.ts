/**
 * Trust rules of accounts. Each acts as a user of its own, whose permissions say what the rule may do. So one
 * piece of code looks up the rights of users and rules, writes check both again, and both are revoked in the same way.
 */
import type { Versions } from "../../kernel/precondition.ts";
import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import type { Actor, FactsByName, Level, User } from "../../model/rights/access.ts";
import { principalName, type TrustCondition, type TrustTerms } from "../../model/trust/trust-rules.ts";
import { MAX_TRUST_RULES } from "../../kernel/field-limits.ts";
import type { OrganizationName, RepositoryName } from "../../kernel/reference.ts";
import { insertAuditIfChanged, insertAuditOfChange } from "../audit/audit.ts";
import { asColumn, type Database, isConstraintFailure } from "../database.ts";
import { insertCleanup } from "../deletion/cleanups.ts";
import { GONE_USER, isAccountGone, isImage, isNamed, isNamedUser, isUserThere } from "../deletion/gone.ts";
import { pushFacts } from "../rights/access.ts";
import {
  accounts,
  organizationPermissions,
  organizations,
  repositories,
  repositoryPermissions,
  trustRules,
  users,
} from "../schema.ts";
import { nextVersion, requireVersion } from "../versions.ts";

/** A right on an organization or on an image. */
export type TrustGrant = { organization: OrganizationName; level: Level } | { image: RepositoryName; level: Level };

export interface TrustRule extends TrustTerms {
  /** Of the user that it acts as. */
  userId: number;
  userName: string;
  name: string;
  /** What it may do at present, by name. */
  grants: TrustGrant[];
  /** Null when the user is gone. */
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** All rules of an account, or one of them, by name. */
export async function listTrustRules(db: Database, accountId: number, name?: string): Promise<TrustRule[]> {
  const rows = await listTrustRulesQuery(db, accountId, name);
  return rows.map(({ organizationGrants, imageGrants, ...rule }) => ({
    ...rule,
    grants: [
      ...readGrants<OrganizationName>(organizationGrants).map(([organization, level]) => ({ organization, level })),
      ...readGrants<RepositoryName>(imageGrants).map(([image, level]) => ({ image, level })),
    ],
  }));
}

function listTrustRulesQuery(db: Database, accountId: number, name?: string) {
  const creator = sql`
    (SELECT creator.name FROM ${users} AS creator WHERE creator.id = ${trustRules.createdBy} AND ${isNamed(sql`creator.name`)})`;
  return db
    .select({
      userId: trustRules.userId,
      userName: sql<string>`${users.name}`.as("user_name"),
      name: sql<string>`${trustRules.name}`.as("rule_name"),
      issuer: trustRules.issuer,
      audience: trustRules.audience,
      conditions: trustRules.conditions,
      lifetime: trustRules.lifetime,
      createdAt: trustRules.createdAt,
      updatedAt: trustRules.updatedAt,
      createdBy: asColumn<string | null>(creator).as("creator"),
      organizationGrants: grantsOf(sql`
        SELECT ${organizations.name} AS name, ${organizationPermissions.level} AS level
        FROM ${organizationPermissions} CROSS JOIN ${organizations}
          ON ${organizations.id} = ${organizationPermissions.organizationId} AND ${isNamed(organizations.name)}
        WHERE ${organizationPermissions.userId} = ${trustRules.userId}`).as("organization_grants"),
      imageGrants: grantsOf(sql`
        SELECT ${repositories.name} AS name, ${repositoryPermissions.level} AS level
        FROM ${repositoryPermissions} CROSS JOIN ${repositories}
          ON ${repositories.id} = ${repositoryPermissions.repositoryId} AND ${isNamed(repositories.name)}
        WHERE ${repositoryPermissions.userId} = ${trustRules.userId}`).as("image_grants"),
    })
    .from(trustRules)
    .innerJoin(users, isNamedUser(trustRules.userId))
    .where(and(eq(trustRules.accountId, accountId), name === undefined ? undefined : eq(trustRules.name, name)))
    .orderBy(asc(trustRules.name));
}

/** Those who manage an organization may grant a rule's user more than the rule was made with. */
const MAX_LISTED_GRANTS = 100;

/** The first rights of a rule's user by name, as a column: a JSON array of pairs. */
function grantsOf(query: SQL): SQL<string> {
  return asColumn<string>(
    sql`(SELECT json_group_array(json_array(name, level)) FROM (${query} ORDER BY name LIMIT ${MAX_LISTED_GRANTS}))`,
  );
}

function readGrants<N extends string>(text: string): [N, Level][] {
  return JSON.parse(text) as [N, Level][];
}

/** What came of creating a rule. */
export type TrustRuleCreation = { outcome: "created" | "name-taken" | "too-many" | "account-gone" };

/** Creates a rule of the actor's account, the user that it acts as, and that user's permissions. */
export async function insertTrustRule(
  db: Database,
  actor: Actor,
  rule: TrustTerms & { name: string; grants: readonly TrustGrant[] },
): Promise<TrustRuleCreation> {
  const { accountId, accountName } = actor.user;
  const { name, issuer, audience, conditions, lifetime, grants } = rule;
  const principal = principalName(accountName, name);
  const userId = sql`(SELECT ${users.id} FROM ${users} WHERE ${users.name} = ${principal})`;
  const now = Date.now();
  try {
    const [created] = await db.batch([
      db
        .insert(users)
        .select(
          sql`SELECT NULL, ${accountId}, ${principal}, 'member', '', ${now}, 0, 'rule'
              WHERE (SELECT count(*) FROM ${trustRules} WHERE ${trustRules.accountId} = ${accountId}) < ${MAX_TRUST_RULES}`,
        )
        .returning({ id: users.id }),
      db.insert(trustRules).select(
        sql`SELECT ${users.id}, ${accountId}, ${name}, ${issuer}, ${audience}, ${JSON.stringify(conditions)}, ${lifetime},
                     ${actor.user.id}, ${now}, ${now}
              FROM ${users} WHERE ${users.name} = ${principal}`,
      ),
      insertAuditIfChanged(db, actor, {
        action: "trust-rule.create",
        resource: name,
        detail: { issuer, audience, conditions, lifetime, grants },
      }),
      ...grantStatements(db, accountId, userId, grants),
    ]);
    return { outcome: created.length > 0 ? "created" : "too-many" };
  } catch (error) {
    if (isConstraintFailure(error, "UNIQUE constraint failed: users.name")) return { outcome: "name-taken" };
    if (isAccountGone(error)) return { outcome: "account-gone" };
    throw error;
  }
}

/** The statements that give a rule's user these rights on what is in the account. */
function grantStatements(db: Database, accountId: number, userId: SQL, grants: readonly TrustGrant[]) {
  const now = Date.now();
  const wanted = sql`json_each(${JSON.stringify(grants)}) AS wanted`;
  return [
    db
      .insert(organizationPermissions)
      .select(
        sql`SELECT ${organizations.id}, ${userId}, wanted.value ->> 'level', ${now}
            FROM ${wanted} JOIN ${organizations} ON ${organizations.name} = wanted.value ->> 'organization'
            WHERE ${organizations.accountId} = ${accountId} AND ${userId} IS NOT NULL`,
      )
      .onConflictDoUpdate({
        target: [organizationPermissions.organizationId, organizationPermissions.userId],
        set: { level: sql`excluded.level` },
      }),
    db
      .insert(repositoryPermissions)
      .select(
        sql`SELECT ${repositories.id}, ${userId}, wanted.value ->> 'level', ${now}
            FROM ${wanted} JOIN ${repositories} ON ${repositories.name} = wanted.value ->> 'image'
            WHERE ${repositories.accountId} = ${accountId} AND ${isImage(repositories)} AND ${userId} IS NOT NULL`,
      )
      .onConflictDoUpdate({
        target: [repositoryPermissions.repositoryId, repositoryPermissions.userId],
        set: { level: sql`excluded.level` },
      }),
  ] as const;
}

/**
 * Gives a rule other terms and grants. What was made with the old ones ends as a user's logins do with a new password.
 *
 * @param versions of which it must have one, or else the batch fails: `isVersionFailure`.
 * @returns whether there was one of that name.
 */
export async function updateTrustRule(
  db: Database,
  actor: Actor,
  { userId, grants: old }: Pick<TrustRule, "userId" | "grants">,
  rule: TrustTerms & { name: string; grants: readonly TrustGrant[] },
  versions?: Versions,
): Promise<boolean> {
  const { accountId } = actor.user;
  const { name, issuer, audience, conditions, lifetime, grants } = rule;
  const isMeant = and(eq(trustRules.userId, userId), eq(trustRules.accountId, accountId), eq(trustRules.name, name));
  const isThere = sql`EXISTS (SELECT 1 FROM ${trustRules} WHERE ${isMeant})`;
  const entry = { action: "trust-rule.update", resource: name } as const;
  const [, , updated] = await db.batch([
    requireVersion(db, trustRules, isMeant, versions),
    insertAuditOfChange(db, actor, entry, sql`${trustRules} WHERE ${isMeant}`, {
      issuer: { from: trustRules.issuer, to: issuer },
      audience: { from: trustRules.audience, to: audience },
      conditions: { from: trustRules.conditions, to: conditions },
      lifetime: { from: trustRules.lifetime, to: lifetime },
      grants: { from: sql`${JSON.stringify(old)}`, to: grants },
    }),
    db
      .update(trustRules)
      .set({ issuer, audience, conditions, lifetime, updatedAt: nextVersion(trustRules) })
      .where(isMeant)
      .returning({ userId: trustRules.userId }),
    db
      .update(users)
      .set({ passwordChanges: sql`${users.passwordChanges} + 1` })
      .where(and(eq(users.id, userId), isThere)),
    db.delete(organizationPermissions).where(and(eq(organizationPermissions.userId, userId), isThere)),
    db.delete(repositoryPermissions).where(and(eq(repositoryPermissions.userId, userId), isThere)),
    ...grantStatements(db, accountId, sql`(SELECT ${trustRules.userId} FROM ${trustRules} WHERE ${isMeant})`, grants),
  ]);
  return updated.length > 0;
}

/** @returns whether the actor's account had a rule of that name. */
export async function deleteTrustRule(db: Database, actor: Actor, name: string): Promise<number | undefined> {
  const { accountId } = actor.user;
  const isMeant = and(eq(trustRules.accountId, accountId), eq(trustRules.name, name));
  const userId = sql<number>`(SELECT ${trustRules.userId} FROM ${trustRules} WHERE ${isMeant})`;
  const [gone, , , deleted] = await db.batch([
    db
      .update(users)
      .set(GONE_USER)
      .where(sql`${users.id} = ${userId}`)
      .returning({ id: users.id }),
    insertAuditIfChanged(db, actor, { action: "trust-rule.delete", resource: name }),
    insertCleanup(db, "user", userId),
    db.delete(trustRules).where(isMeant).returning({ userId: trustRules.userId }),
  ]);
  return deleted.length > 0 ? gone[0]?.id : undefined;
}

/** Which of these organizations and images an account has not, by name. */
export async function findForeignTargets(db: Database, accountId: number, names: readonly string[]): Promise<string[]> {
  const name = sql`wanted.value`;
  const isOwn = sql`
    EXISTS (SELECT 1 FROM ${organizations} WHERE ${organizations.name} = ${name} AND ${organizations.accountId} = ${accountId})
    OR EXISTS (SELECT 1 FROM ${repositories} WHERE ${repositories.name} = ${name} AND ${repositories.accountId} = ${accountId} AND ${isImage(repositories)})`;
  const rows = await db
    .select({ name: sql<string>`${name}` })
    .from(sql`json_each(${JSON.stringify(names)}) AS wanted`)
    .where(sql`NOT (${isOwn})`);
  return rows.map((row) => row.name);
}

/** A rule that a token may be for, with the user that it acts as. */
export interface CandidateRule {
  user: User & { kind: "rule" };
  /** Changes with the rule, as a user's with the password. */
  passwordChanges: number;
  name: string;
  conditions: readonly TrustCondition[];
  /** Seconds. */
  lifetime: number;
}

/** Whose rules count: those of the account of a name, of the accounts that have organizations of these names, or of all. */
export type RuleOwners = { account: string } | { organizations: readonly string[] } | "anybody";

/** How many rules are looked at for a token that says nothing of an account, and asks for nothing. */
export const MAX_CANDIDATES = 200;

/** The rules for an issuer's tokens of an audience, the oldest first: whether their conditions hold is not asked here. */
export async function findCandidateRules(
  db: Database,
  { issuer, audiences }: { issuer: string; audiences: readonly string[] },
  owners: RuleOwners,
): Promise<CandidateRule[]> {
  const rows = await findCandidateRulesQuery(db, { issuer, audiences }, owners);
  return rows.map(({ id, userName, accountId, accountName, ...rule }) => ({
    ...rule,
    user: { id, name: userName, accountId, accountName, role: "member", kind: "rule" },
  }));
}

function findCandidateRulesQuery(
  db: Database,
  { issuer, audiences }: { issuer: string; audiences: readonly string[] },
  owners: RuleOwners,
) {
  const ownedBy =
    owners === "anybody"
      ? undefined
      : "account" in owners
        ? sql`${trustRules.accountId} = (SELECT ${accounts.id} FROM ${accounts} WHERE ${accounts.name} = ${owners.account})`
        : sql`${trustRules.accountId} IN (
            SELECT ${organizations.accountId} FROM ${organizations}
            WHERE ${organizations.name} IN (SELECT asked.value FROM json_each(${JSON.stringify(owners.organizations)}) AS asked))`;
  return db
    .select({
      id: users.id,
      userName: sql<string>`${users.name}`.as("user_name"),
      accountId: users.accountId,
      accountName: sql<string>`${accounts.name}`.as("account_name"),
      passwordChanges: users.passwordChanges,
      name: sql<string>`${trustRules.name}`.as("rule_name"),
      conditions: trustRules.conditions,
      lifetime: trustRules.lifetime,
    })
    .from(trustRules)
    .innerJoin(users, eq(users.id, trustRules.userId))
    .innerJoin(accounts, eq(accounts.id, users.accountId))
    .where(
      and(
        eq(trustRules.issuer, issuer),
        sql`${trustRules.audience} IN (SELECT asked.value FROM json_each(${JSON.stringify(audiences)}) AS asked)`,
        ownedBy,
        isUserThere(users, accounts),
      ),
    )
    .limit(MAX_CANDIDATES);
}

/** What decides about the access of several users to some repositories, by the users' ids, in one query. */
export async function findFactsOfUsers(
  db: Database,
  userIds: readonly number[],
  names: readonly RepositoryName[],
): Promise<Map<number, FactsByName>> {
  const rows = await findFactsOfUsersQuery(db, userIds, names);
  return new Map(rows.map(({ id, facts }) => [id, facts]));
}

function findFactsOfUsersQuery(db: Database, userIds: readonly number[], names: readonly RepositoryName[]) {
  return db
    .select({ id: users.id, facts: pushFacts(db, users, names) })
    .from(users)
    .where(
      and(
        sql`${users.id} IN (SELECT asked.value FROM json_each(${JSON.stringify(userIds)}) AS asked)`,
        isNamed(users.name),
      ),
    );
}
