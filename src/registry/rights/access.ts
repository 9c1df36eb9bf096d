/** Who may do what over the registry API, whose callers come with tokens: the one place that reads what a token grants. */
import {
  type Action,
  ACTIONS,
  allowedActions,
  CATALOG_SCOPE,
  type FactsByName,
  formatScopes,
  type Grant,
  type GrantedPlace,
  isMemberOfAccount,
  type RegistryCaller,
  type RepositoryPlace,
  repositoryScope,
  type Scope,
  SEARCH_SCOPE,
  TokenGrants,
  type User,
} from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { factsAbout, findPushFacts } from "../../storage/rights/access.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Call } from "../call.ts";
import { deniedAction, reasonNotToCreate, repositoryNameOf } from "./push-refusals.ts";

/** Nobody else can make such an object, or look into it. */
class ReadableGrants extends TokenGrants {
  protected readonly isReadByAccessOnly = true;
  readonly #grants: readonly Grant[];
  /** Those that were decided anew since, by their names. They live as long as the token, as any grant does. */
  readonly #decided = new Map<string, Grant>();

  constructor(grants: readonly Grant[]) {
    super();
    this.#grants = grants;
  }

  static of(limits: TokenGrants): readonly Grant[] {
    return ReadableGrants.#from(limits).#grants;
  }

  /** The grant for a scope, as it was decided last. */
  static find(limits: TokenGrants, { type, name }: Scope): Grant | undefined {
    const grants = ReadableGrants.#from(limits);
    const decided = type === "repository" ? grants.#decided.get(name) : undefined;
    return decided ?? grants.#grants.find((grant) => grant.type === type && grant.name === name);
  }

  /** Lets a grant for a repository take the place of the one that the token was made with. */
  static replace(limits: TokenGrants, grant: Grant): void {
    ReadableGrants.#from(limits).#decided.set(grant.name, grant);
  }

  static #from(limits: TokenGrants): ReadableGrants {
    if (limits instanceof ReadableGrants) return limits;
    throw new TypeError("grants of a token come from limitTo");
  }
}

/** The grants that a token names, in a form that only this module can read. */
export function limitTo(grants: readonly Grant[]): TokenGrants {
  return new ReadableGrants(grants);
}

/**
 * That the caller may do this to a repository: what {@link requireAccess} has found out. Functions that pull, push or delete
 * take it in place of a name, so that none of them is reached without the check.
 */
export interface Access<A extends Action> {
  action: A;
  repository: RepositoryName;
  /** Where it is, if it was there when the caller's right was decided. */
  place?: GrantedPlace | undefined;
  /** The organization's id, where it stands for a registry elsewhere: what is not here may come from there. */
  upstream?: number | undefined;
  /**
   * For what was found under the name, before any of it is told: decides anew unless the right was decided about that very
   * repository. It may have been made since, or made again by others.
   *
   * @throws RegistryError as {@link requireAccess}.
   */
  confirm: (found: { id: number }) => Promise<void>;
}

/** What a search under a repository's name takes of an access. */
export type Confirmable = Pick<Access<"pull">, "repository" | "place" | "confirm">;

/** That the caller may pull from an organization which stands for a registry elsewhere. */
export type UpstreamAccess = Access<"pull"> & { upstream: number };

/** Whether what is not here may come from a registry elsewhere. */
export function hasUpstream(access: Access<"pull">): access is UpstreamAccess {
  return access.upstream !== undefined;
}

/**
 * Refuses a request unless its caller may do this to the repository. A token is believed: what it grants was decided
 * when it was made, and it lives for minutes. It may be of a time when there was no such repository, or another one: what is read
 * has to be confirmed therefore, and what is written is decided anew by the statement that writes it (ADR 26).
 *
 * @throws RegistryError UNAUTHORIZED, with the scope to ask a token for, when better credentials could help; DENIED when
 * they could not, because this user asked for just that and did not get it.
 */
export async function requireAccess<A extends Action>(
  call: Call<RegistryCaller>,
  action: A,
  repository: RepositoryName,
): Promise<Access<A>> {
  const scope = scopeFor(action, repository);
  return accessBy(call, { action, repository }, await requireScope(call, scope, action), scope);
}

/**
 * Refuses a request to mount a blob from one repository into another unless its caller may push to the latter. A caller who
 * may push but not pull from the source is not refused: the blob is then uploaded instead.
 *
 * @throws RegistryError as {@link requireAccess}, naming both scopes, also when the token was never asked for the source.
 */
export async function requireMountAccess(
  call: Call<RegistryCaller>,
  repository: RepositoryName,
  source: RepositoryName,
): Promise<Access<"push">> {
  const { stores, caller } = call;
  const sourceScope = scopeFor("pull", source);
  const scope = scopeFor("push", repository);
  const grant = await requireScope(call, scope, "push", sourceScope);
  if (caller.grants) {
    const { actions, refused } = await grantFor(stores, caller, sourceScope);
    if (!actions.includes("pull") && !refused.includes("pull")) {
      throw insufficient([scope, sourceScope]);
    }
  }
  return accessBy(call, { action: "push", repository }, grant, scope);
}

function accessBy<A extends Action>(
  call: Call<RegistryCaller>,
  { action, repository }: { action: A; repository: RepositoryName },
  grant: Grant,
  scope: Scope,
): Access<A> {
  let confirmed = grant.place?.id;
  const confirm = async ({ id }: { id: number }) => {
    if (id === confirmed) return;
    const { stores, caller } = call;
    const decided = await decideGrant(stores, caller.user, grant);
    if (!decided.actions.includes(action)) throw await refusalOf(call, decided, { scope, action });
    // It is gone, and another one has its name by now.
    if (decided.place?.id !== id) throw unknownTo(caller, repository);
    confirmed = id;
    if (caller.grants) ReadableGrants.replace(caller.grants, decided);
  };
  return { action, repository, place: grant.place, upstream: grant.upstream, confirm };
}

/** The scope that clients request. A push also requests pull, to find out which parts exist. */
function scopeFor(action: Action, repository: RepositoryName): Scope {
  return action === "push" ? repositoryScope(repository, "pull", "push") : repositoryScope(repository, action);
}

/** That the caller may list repositories: what {@link requireCatalogAccess} has found out. */
export interface CatalogAccess {
  action: "list";
  user: User;
}

/** Refuses a request for the catalog, as {@link requireAccess} does, unless its caller may list repositories. */
export async function requireCatalogAccess(call: Call<RegistryCaller>): Promise<CatalogAccess> {
  await requireScope(call, CATALOG_SCOPE, "*");
  const { user } = call.caller;
  // No token for nobody in particular grants it.
  if (!user) throw new RegistryError("UNAUTHORIZED", "authentication required");
  return { action: "list", user };
}

/**
 * Whose images a search by the registry's own credentials finds: those of the user, if a token was asked for the catalog;
 * undefined for anybody, who finds public ones.
 *
 * @throws RegistryError UNAUTHORIZED where anonymous callers may not pull.
 */
export async function searcherOf({ stores, caller }: Call<RegistryCaller>): Promise<User | undefined> {
  const grant = caller.user && (await grantFor(stores, caller, SEARCH_SCOPE));
  if (grant && grant.actions.length > 0) return caller.user;
  if (stores.settings.allowsAnonymousPull) return undefined;
  const detail = { scope: formatScopes([SEARCH_SCOPE]) };
  throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
}

/** Refuses a caller who came with nothing at all; a token for nobody in particular will do (`GET /v2/`). */
export function requireCredentials({ caller }: Call<RegistryCaller>): void {
  if (!caller.user && !caller.grants) throw new RegistryError("UNAUTHORIZED", "authentication required");
}

/** Whether the caller could do this, for offers that need no refusal, such as mounting a blob. */
export async function mayAccess(
  { stores, caller }: Call<RegistryCaller>,
  action: Action,
  repository: RepositoryName,
): Promise<boolean> {
  return (await grantFor(stores, caller, repositoryScope(repository, action))).actions.includes(action);
}

/**
 * Whether the caller's credentials allow no push to a repository, whatever its user may do with others: then nothing that the
 * caller is told becomes part of a push. Nothing is looked up; false for a user without a token.
 */
export function mayNotPush({ caller }: Call<RegistryCaller>, repository: RepositoryName): boolean {
  const { user, grants } = caller;
  if (!grants) return user === undefined;
  return !ReadableGrants.find(grants, repositoryScope(repository, "push"))?.actions.includes("push");
}

/**
 * The repositories that a caller's token could let it pull from, for a search that decides anew whether the user may: a
 * limit and no right.
 *
 * @returns undefined for a caller without a token, who is not limited.
 */
export function pullLimitOf({ grants }: RegistryCaller): readonly string[] | undefined {
  if (!grants) return undefined;
  const pulling = ReadableGrants.of(grants).filter(
    ({ type, actions }) => type === "repository" && actions.includes("pull"),
  );
  return pulling.map(({ name }) => name);
}

/**
 * What is granted of a scope, the action among it.
 *
 * @param also more that the request needs: a challenge names it, so that one token will do for all.
 */
async function requireScope(
  call: Call<RegistryCaller>,
  scope: Scope,
  action: Action | "*",
  ...also: Scope[]
): Promise<Grant> {
  const { stores, caller } = call;
  const detail = { scope: formatScopes([scope, ...also]) };
  // At once, and without a query: nobody in particular may pull at most.
  if (!caller.user && !caller.grants && action !== "pull") {
    throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
  }
  const grant = await grantFor(stores, caller, scope);
  if (grant.actions.includes(action)) return grant;
  throw await refusalOf(call, grant, { scope, action, also });
}

async function refusalOf(
  { stores, caller }: Call<RegistryCaller>,
  grant: Grant,
  { scope, action, also = [] }: { scope: Scope; action: Action | "*"; also?: readonly Scope[] },
): Promise<RegistryError> {
  const detail = { scope: formatScopes([scope, ...also]) };
  // Clients look for what is there before they push it. An answer to HEAD says no more than its status, so that who may not
  // push is told so, and why, by the push itself.
  if (action === "pull" && grant.refused.includes("push")) return unknownTo(caller, scope.name);
  if (!caller.user) return new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
  if (!caller.grants || grant.refused.includes(action)) {
    return deniedAction(stores, caller.user, action, { ...scope, detail });
  }
  return insufficient([scope, ...also]);
}

function unknownTo(caller: RegistryCaller, name: string): RegistryError {
  const message = `repository ${name} does not exist, or ${caller.user?.name ?? "nobody"} may not pull from it`;
  return new RegistryError("NAME_UNKNOWN", { message, detail: { name } });
}

function insufficient(scopes: readonly Scope[]): RegistryError {
  const scope = formatScopes(scopes);
  return new RegistryError("UNAUTHORIZED", { message: `the token does not allow ${scope}`, detail: { scope } });
}

async function grantFor(stores: Stores, caller: RegistryCaller, scope: Scope): Promise<Grant> {
  if (!caller.grants) return decideGrant(stores, caller.user, scope);
  return ReadableGrants.find(caller.grants, scope) ?? { ...scope, actions: [], refused: [] };
}

/** Decides which actions of a scope a user is granted, as {@link grantOf}. */
async function decideGrant(stores: Stores, user: User | undefined, scope: Scope): Promise<Grant> {
  return grantOf(stores, user, scope, await findPushFacts(stores.db, user, repositoriesOf([scope])));
}

/** The repositories that scopes name, whose facts {@link grantOf} goes by; a name that is invalid is left out. */
export function repositoriesOf(scopes: readonly Scope[]): RepositoryName[] {
  return scopes.flatMap(({ type, name }) => (type === "repository" ? (repositoryNameOf(name) ?? []) : []));
}

/**
 * Which actions of a scope a user is granted. A repository whose name is invalid is granted nothing.
 *
 * @param facts those of {@link repositoriesOf} the scope, as of now.
 */
export function grantOf(
  { settings }: Pick<Stores, "settings">,
  user: User | undefined,
  scope: Scope,
  facts: FactsByName,
): Grant {
  const wanted = scope.type === "repository" && scope.actions.includes("*") ? ACTIONS : scope.actions;
  const { allowed, place, isProspective, upstream } = allowedInScope(settings, user, scope, facts);
  const actions = wanted.filter((action) => allowed.includes(action));
  return {
    type: scope.type,
    name: scope.name,
    actions,
    refused: wanted.filter((action) => !allowed.includes(action)),
    // Clients can read a token: it does not tell of a repository that they may do nothing with.
    ...(place && actions.length > 0 && { place }),
    ...(isProspective && { isProspective }),
    ...(upstream !== undefined && actions.length > 0 && { upstream }),
  };
}

interface Allowed {
  allowed: readonly string[];
  place?: GrantedPlace | undefined;
  isProspective?: boolean;
  upstream?: number | undefined;
}

function allowedInScope(
  settings: Stores["settings"],
  user: User | undefined,
  scope: Scope,
  factsByName: FactsByName,
): Allowed {
  if (scope.type === "registry" && scope.name === CATALOG_SCOPE.name) {
    // A rule is granted single things, and no list of them.
    const mayList = user !== undefined && isMemberOfAccount(user);
    return { allowed: mayList ? [...CATALOG_SCOPE.actions, ...SEARCH_SCOPE.actions] : [] };
  }
  if (scope.type !== "repository") return { allowed: [] };
  const repository = repositoryNameOf(scope.name);
  if (!repository) return { allowed: [] };
  const facts = factsAbout(repository, factsByName);
  // Only for who wants to push, so that a pull answers the same whether the organization is somebody else's or nobody's;
  // an operator may know.
  const mayKnow = user?.role === "operator" || scope.actions.includes("push") || scope.actions.includes("*");
  if (
    !facts.organization &&
    user &&
    mayKnow &&
    reasonNotToCreate(settings, user, organizationOf(repository), facts) === undefined
  ) {
    return { allowed: ACTIONS, isProspective: true };
  }
  return {
    allowed: allowedActions(user, facts, settings.allowsAnonymousPull),
    place: facts.repository && placeOf(facts.repository),
    upstream: facts.organization?.upstream && facts.organization.id,
  };
}

function placeOf({ id, accountId, generation, isImage }: RepositoryPlace & { isImage: boolean }): GrantedPlace {
  return { id, accountId, generation, ...(!isImage && { isBegun: true }) };
}
