/** Who may do what: the one place that decides, for tokens, the registry API and the management APIs. */
import {
  ACTIONS,
  type Action,
  actionsOf,
  type Actor,
  administers,
  type Caller,
  CATALOG_SCOPE,
  formatScopes,
  SEARCH_SCOPE,
  type Grant,
  isAtLeast,
  type Level,
  levelOf,
  organizationLevelOf,
  repositoryScope,
  type Scope,
  TokenGrants,
  type User,
} from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import {
  type OrganizationName,
  organizationOf,
  parseRepositoryName,
  type RepositoryName,
} from "../../kernel/reference.ts";
import { findAccessFacts, findCurrentAccess, findOrganizationFacts } from "../../storage/rights/access.ts";
import { countCreatedOrganizations, isNameResting } from "../../storage/organizations/organizations.ts";
import type { Stores } from "../../storage/stores.ts";
import type { UserRecord } from "../../storage/accounts/users.ts";

// --- The registry API, whose callers come with tokens ---

/** Nobody else can make such an object, or look into it. */
class ReadableGrants extends TokenGrants {
  protected readonly isReadByAccessOnly = true;
  readonly #grants: readonly Grant[];

  constructor(grants: readonly Grant[]) {
    super();
    this.#grants = grants;
  }

  static of(limits: TokenGrants): readonly Grant[] {
    if (limits instanceof ReadableGrants) return limits.#grants;
    throw new TypeError("grants of a token come from limitTo");
  }
}

/** What a token that says this limits its caller to. */
export function limitTo(grants: readonly Grant[]): TokenGrants {
  return new ReadableGrants(grants);
}

/**
 * Refuses a request unless its caller may do this to the repository. A token is believed: what it grants was decided
 * when it was made, and it lives for minutes.
 *
 * @throws RegistryError UNAUTHORIZED, with the scope to ask a token for, when better credentials could help; DENIED when
 * they could not, because this user asked for just that and did not get it.
 */
export async function requireAccess(
  stores: Stores,
  caller: Caller,
  action: Action,
  repository: RepositoryName,
): Promise<void> {
  await requireScope(stores, caller, scopeFor(action, repository), action);
}

/**
 * Refuses a request to mount a blob from one repository into another unless its caller may push to the latter. Whoever
 * may push but not pull from the source is not refused: the blob is then uploaded instead.
 *
 * @throws RegistryError as {@link requireAccess}, naming both scopes, also when the token was never asked for the source.
 */
export async function requireMountAccess(
  stores: Stores,
  caller: Caller,
  repository: RepositoryName,
  source: RepositoryName,
): Promise<void> {
  const sourceScope = scopeFor("pull", source);
  await requireScope(stores, caller, scopeFor("push", repository), "push", sourceScope);
  if (!caller.grants) return;
  const { actions, refused } = await grantFor(stores, caller, sourceScope);
  if (!actions.includes("pull") && !refused.includes("pull")) {
    throw insufficient([scopeFor("push", repository), sourceScope]);
  }
}

/** The scope that clients ask for: who pushes pulls as well, to see what is there already. */
function scopeFor(action: Action, repository: RepositoryName): Scope {
  return action === "push" ? repositoryScope(repository, "pull", "push") : repositoryScope(repository, action);
}

/** @throws RegistryError as {@link requireAccess}. */
export async function requireCatalogAccess(stores: Stores, caller: Caller): Promise<void> {
  await requireScope(stores, caller, CATALOG_SCOPE, "*");
}

/**
 * Whose images a search by the registry's own credentials finds: those of the user, if a token was asked for the catalog;
 * undefined for anybody, who finds public ones.
 *
 * @throws RegistryError UNAUTHORIZED where anonymous callers may not pull.
 */
export async function searcherOf(stores: Stores, caller: Caller): Promise<User | undefined> {
  const grant = caller.user && (await grantFor(stores, caller, SEARCH_SCOPE));
  if (grant && grant.actions.length > 0) return caller.user;
  if (stores.settings.allowsAnonymousPull) return undefined;
  const detail = { scope: formatScopes([SEARCH_SCOPE]) };
  throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
}

/** Refuses a caller who came with nothing at all; a token for nobody in particular will do (`GET /v2/`). */
export function requireCredentials(caller: Caller): void {
  if (!caller.user && !caller.grants) throw new RegistryError("UNAUTHORIZED", "authentication required");
}

/** The user behind a request, for what no anonymous caller may do. */
export function requireUser(caller: Caller): User {
  if (!caller.user) throw new RegistryError("UNAUTHORIZED", "authentication required");
  return caller.user;
}

/** A repository that is about to be changed, and its user as of now. */
export interface WriteTarget {
  user: User;
  /** Undefined when there is none of that name. */
  repositoryId: number | undefined;
}

/**
 * Decides anew what is about to take effect, whatever a token said when the request began: the right may have been taken
 * away since, the password changed, the user deleted, or the name been taken by somebody else.
 *
 * @throws RegistryError DENIED; UNAUTHORIZED when the user's logins have ended.
 */
export async function findWriteTarget(
  stores: Stores,
  actor: Actor,
  action: "push" | "delete",
  name: RepositoryName,
): Promise<WriteTarget> {
  const { user: record, facts } = await findCurrentAccess(stores.db, actor.user.id, name);
  const user = requireCurrentUser(record, actor);
  if (!facts.repository) return { user, repositoryId: undefined };
  if (actionsOf(levelOf(user, facts, false)).includes(action)) return { user, repositoryId: facts.repository.id };
  const why = await explainRefusal(stores, user, action, name);
  const message = `you do not have the permission: ${user.name} may not ${VERBS[action]} ${name}`;
  throw new RegistryError("DENIED", { message: why ? `${message}: ${why}` : message, detail: { name } });
}

/**
 * The user behind credentials that were made some minutes ago.
 *
 * @param record of the user of that id.
 * @throws RegistryError UNAUTHORIZED when the user is gone, or has another password since.
 */
export function requireCurrentUser(
  record: UserRecord | undefined,
  { user, passwordChanges }: { user: User; passwordChanges?: number | undefined },
): UserRecord {
  const isSameUser = record?.name === user.name;
  if (isSameUser && (passwordChanges === undefined || passwordChanges === record.passwordChanges)) return record;
  throw endedLogin();
}

export function endedLogin(): RegistryError {
  return new RegistryError("UNAUTHORIZED", "the login has ended: log in again");
}

/** Whether the caller could do this, for offers that need no refusal, such as mounting a blob. */
export async function mayAccess(
  stores: Stores,
  caller: Caller,
  action: Action,
  repository: RepositoryName,
): Promise<boolean> {
  return (await grantFor(stores, caller, repositoryScope(repository, action))).actions.includes(action);
}

/**
 * The repositories that a caller's token could let it pull from, for a search that decides anew whether the user may: a
 * limit and no right.
 *
 * @returns undefined for a caller without a token, who is not limited.
 */
export function pullLimitOf({ grants }: Caller): readonly string[] | undefined {
  if (!grants) return undefined;
  const pulling = ReadableGrants.of(grants).filter(
    ({ type, actions }) => type === "repository" && actions.includes("pull"),
  );
  return pulling.map(({ name }) => name);
}

/** @param also more that the request needs: a challenge names it, so that one token will do for all. */
async function requireScope(
  stores: Stores,
  caller: Caller,
  scope: Scope,
  action: Action | "*",
  ...also: Scope[]
): Promise<void> {
  const detail = { scope: formatScopes([scope, ...also]) };
  // At once, and without a query: nobody in particular may pull at most.
  if (!caller.user && !caller.grants && action !== "pull") {
    throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
  }
  const grant = await grantFor(stores, caller, scope);
  if (grant.actions.includes(action)) return;
  // Clients look for what is there before they push it. An answer to HEAD says no more than its status, so that who may not
  // push is told so, and why, by the push itself.
  if (action === "pull" && grant.refused.includes("push")) throw unknownTo(caller, scope.name);
  if (!caller.user) throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
  if (!caller.grants || grant.refused.includes(action)) {
    const why = scope.type === "repository" ? await explainRefusal(stores, caller.user, action, scope.name) : undefined;
    const message = `you do not have the permission: ${caller.user.name} may not ${VERBS[action]} ${scope.name}`;
    throw new RegistryError("DENIED", { message: why ? `${message}: ${why}` : message, detail });
  }
  throw insufficient([scope, ...also]);
}

function unknownTo(caller: Caller, name: string): RegistryError {
  const message = `repository ${name} does not exist, or ${caller.user?.name ?? "nobody"} may not pull from it`;
  return new RegistryError("NAME_UNKNOWN", { message, detail: { name } });
}

function insufficient(scopes: Scope[]): RegistryError {
  const scope = formatScopes(scopes);
  return new RegistryError("UNAUTHORIZED", { message: `the token does not allow ${scope}`, detail: { scope } });
}

const VERBS: Record<Action | "*", string> = {
  pull: "pull from",
  push: "push to",
  delete: "delete from",
  "*": "list the",
};

async function grantFor(stores: Stores, caller: Caller, scope: Scope): Promise<Grant> {
  if (!caller.grants) return decideGrant(stores, caller.user, scope);
  const grant = ReadableGrants.of(caller.grants).find(({ type, name }) => type === scope.type && name === scope.name);
  // Somebody else may have created the organization since.
  if (grant?.isProspective) return decideGrant(stores, caller.user, grant);
  return grant ?? { ...scope, actions: [], refused: [] };
}

/** Decides what of a scope a user gets. What cannot exist, such as an ill-named repository, is simply not granted. */
export async function decideGrant(stores: Stores, user: User | undefined, scope: Scope): Promise<Grant> {
  const wanted = scope.type === "repository" && scope.actions.includes("*") ? ACTIONS : scope.actions;
  const { allowed, isProspective } = await allowedInScope(stores, user, scope);
  return {
    type: scope.type,
    name: scope.name,
    actions: wanted.filter((action) => allowed.includes(action)),
    refused: wanted.filter((action) => !allowed.includes(action)),
    ...(isProspective && { isProspective }),
  };
}

interface Allowed {
  allowed: readonly string[];
  isProspective?: boolean;
}

async function allowedInScope(stores: Stores, user: User | undefined, scope: Scope): Promise<Allowed> {
  if (scope.type === "registry" && scope.name === CATALOG_SCOPE.name) {
    return { allowed: user ? [...CATALOG_SCOPE.actions, ...SEARCH_SCOPE.actions] : [] };
  }
  if (scope.type !== "repository") return { allowed: [] };
  const repository = repositoryNameOf(scope);
  if (!repository) return { allowed: [] };
  const facts = await findAccessFacts(stores.db, user, repository);
  // Only for who wants to push, so that a pull answers the same whether the organization is somebody else's or nobody's;
  // an operator may know.
  const mayKnow = user?.role === "operator" || scope.actions.includes("push") || scope.actions.includes("*");
  if (
    !facts.organization &&
    user &&
    mayKnow &&
    (await reasonNotToCreate(stores, user, organizationOf(repository))) === undefined
  ) {
    return { allowed: ACTIONS, isProspective: true };
  }
  return { allowed: actionsOf(levelOf(user, facts, stores.settings.allowsAnonymousPull)) };
}

function repositoryNameOf(scope: Scope): RepositoryName | undefined {
  try {
    return parseRepositoryName(scope.name);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** Why a push creates no organization for somebody; undefined when it does. */
async function reasonNotToCreate(
  { db, settings }: Stores,
  user: User,
  name: OrganizationName,
): Promise<string | undefined> {
  if (!settings.createsOrganizationOnPush) return "the organization does not exist, and a push creates none here";
  if (await isNameResting(db, user, name)) return `organization ${name} was another account's until a moment ago`;
  const created = await countCreatedOrganizations(db, user.id);
  if (created < settings.organizationQuota) return undefined;
  return `the organization does not exist, and ${user.name} has created ${created} of at most ${settings.organizationQuota}`;
}

/**
 * Why a push is refused, as guide 7.3.2 lists the causes. Nothing that creating the organization would not tell as well:
 * names are unique over the deployment.
 */
async function explainRefusal(stores: Stores, user: User, action: string, name: string): Promise<string | undefined> {
  const repository = action === "push" ? repositoryNameOf({ type: "repository", name, actions: [] }) : undefined;
  if (!repository) return undefined;
  const { organization } = await findAccessFacts(stores.db, user, repository);
  const quoted = `organization ${organizationOf(repository)}`;
  if (!organization) return reasonNotToCreate(stores, user, organizationOf(repository));
  if (organization.accountId !== user.accountId) return `the name of ${quoted} is taken by another account`;
  return `no right to push there; whoever manages ${quoted} can grant it`;
}

// --- The management APIs, whose callers come with credentials of their own ---

/** Who acts in a request to a management API, for the audit. */
export function actorOf(caller: Caller): Actor {
  return { user: requireUser(caller), address: caller.address, passwordChanges: caller.passwordChanges };
}

/**
 * The user behind a request to a management API.
 *
 * @throws RegistryError UNAUTHORIZED for an anonymous caller; DENIED for credentials that only push and pull.
 */
export function requireAccountUser(caller: Caller): User {
  const user = requireUser(caller);
  if (caller.reach === "registry") {
    const message =
      "a login command's credentials, and tokens for single images, push and pull only: log in with a password";
    throw new RegistryError("DENIED", message);
  }
  return user;
}

/**
 * The user who looks at images by a management API; undefined for anybody, who sees public ones where the operator
 * allows it.
 *
 * @throws RegistryError DENIED for credentials that only push and pull.
 */
export function visitorOf(caller: Caller): User | undefined {
  return caller.user && requireAccountUser(caller);
}

export interface RepositoryAccess {
  id: number;
  name: RepositoryName;
  organization: { id: number; accountId: number };
  isPublic: boolean;
  level: Level;
  /** Whether the level comes from the organization's own account, not from sharing or because the image is public. */
  isOwn: boolean;
}

/**
 * A repository that the caller may treat so.
 *
 * @throws RegistryError REPOSITORY_UNKNOWN when there is none, or none that the caller may know of: the answer does not
 * tell which. DENIED when the caller's right does not reach that far.
 */
export async function requireRepository(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  wanted: Level,
): Promise<RepositoryAccess> {
  const facts = await findAccessFacts(stores.db, caller.user, name);
  const level = levelOf(caller.user, facts, stores.settings.allowsAnonymousPull);
  if (!level || !facts.organization || !facts.repository) {
    throw unknownImage(name);
  }
  if (!isAtLeast(level, wanted)) throw denied(caller, wanted, name);
  const isOwn =
    administers(caller.user, facts.organization.accountId) ||
    (caller.user?.accountId === facts.organization.accountId &&
      (facts.organizationLevel !== undefined || facts.repositoryLevel !== undefined));
  return { ...facts.repository, name, organization: facts.organization, level, isOwn };
}

export function unknownImage(name: RepositoryName): RegistryError {
  return new RegistryError("REPOSITORY_UNKNOWN", { message: `image ${name} does not exist`, detail: { name } });
}

/**
 * The same for a repository of the caller's own account: that others may pull it, because it is shared or public, does
 * not let them see who else may.
 */
export async function requireOwnRepository(
  stores: Stores,
  caller: Caller,
  name: RepositoryName,
  wanted: Level,
): Promise<RepositoryAccess> {
  const repository = await requireRepository(stores, caller, name, wanted);
  if (!repository.isOwn) throw denied(caller, wanted, name);
  return repository;
}

export interface OrganizationAccess {
  id: number;
  accountId: number;
  name: OrganizationName;
  level: Level;
}

/** @throws RegistryError as {@link requireRepository}, with ORGANIZATION_UNKNOWN. */
export async function requireOrganization(
  stores: Stores,
  caller: Caller,
  name: OrganizationName,
  wanted: Level,
): Promise<OrganizationAccess> {
  const facts = await findOrganizationFacts(stores.db, caller.user, name);
  const level = organizationLevelOf(caller.user, facts);
  if (!level || !facts.organization) {
    throw unknownOrganization(name);
  }
  if (!isAtLeast(level, wanted)) throw denied(caller, wanted, name);
  return { ...facts.organization, name, level };
}

/**
 * Whether a user has a right to an organization as a whole at this moment, for what acts later in that user's name.
 *
 * @param user undefined, as one who is gone by now: no.
 */
export async function hasOrganizationRight(
  stores: Stores,
  user: User | undefined,
  name: OrganizationName,
  wanted: Level,
): Promise<boolean> {
  if (!user) return false;
  return isAtLeast(organizationLevelOf(user, await findOrganizationFacts(stores.db, user, name)), wanted);
}

export function unknownOrganization(name: OrganizationName): RegistryError {
  return new RegistryError("ORGANIZATION_UNKNOWN", {
    message: `organization ${name} does not exist`,
    detail: { namespace: name },
  });
}

/** @throws RegistryError DENIED unless the caller administers the account. */
export function requireAdministrator(caller: Caller, accountId: number): User {
  const user = requireAccountUser(caller);
  if (administers(user, accountId)) return user;
  throw new RegistryError("DENIED", "only an administrator of the account may do that");
}

/** @throws RegistryError DENIED unless the caller is an operator. */
export function requireOperator(caller: Caller): User {
  const user = requireAccountUser(caller);
  if (user.role === "operator") return user;
  throw new RegistryError("DENIED", "only an operator of the deployment may do that");
}

/**
 * What of the audit the caller may see of what they ask for: an operator everything, an administrator what concerns the
 * account, a member what they did themselves and what concerns an organization that they manage.
 *
 * @returns the conditions to add to what they ask for.
 * @throws RegistryError DENIED, or as {@link requireOrganization}.
 */
export async function requireAuditAccess(
  stores: Stores,
  caller: Caller,
  wanted: {
    organization?: OrganizationName | undefined;
    userName?: string | undefined;
    accountName?: string | undefined;
  },
): Promise<{ accountId?: number; userId?: number; userName?: string }> {
  const user = requireAccountUser(caller);
  if (user.role === "operator") return {};
  if (wanted.accountName !== undefined && wanted.accountName !== user.accountName) {
    throw new RegistryError("DENIED", "only an operator of the deployment may see the audit of other accounts");
  }
  if (administers(user, user.accountId)) return { accountId: user.accountId };
  const { organization, userName = organization === undefined ? user.name : undefined } = wanted;
  if (userName === user.name) return { userId: user.id, userName };
  if (organization === undefined) {
    throw new RegistryError("DENIED", "you may see what you did, and what concerns an organization that you manage");
  }
  const { accountId } = await requireOrganization(stores, caller, organization, "manage");
  return { accountId };
}

function denied(caller: Caller, wanted: Level, name: string): RegistryError {
  const who = caller.user?.name ?? "an anonymous caller";
  return new RegistryError("DENIED", {
    message: `you do not have the permission: ${who} may not ${wanted} ${name}`,
    detail: { name },
  });
}
