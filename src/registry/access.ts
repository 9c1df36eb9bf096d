/** Who may do what: the one place that decides, for tokens, the registry API and everything that follows. */
import {
  ACTIONS,
  type Action,
  type Caller,
  CATALOG_SCOPE,
  formatScopes,
  type Grant,
  repositoryScope,
  type Scope,
  type User,
} from "../model/access.ts";
import { RegistryError } from "../model/errors.ts";
import { parseRepositoryName, type RepositoryName } from "../model/reference.ts";

/** Which of the actions on a repository a user has by right. */
function allowedActions(user: User | undefined, _repository: RepositoryName): readonly Action[] {
  return user?.isOperator ? ACTIONS : [];
}

/** Whether a user sees every repository in lists. */
export function seesEveryRepository(user: User | undefined): boolean {
  return user?.isOperator ?? false;
}

/**
 * Refuses a request unless its caller may do this to the repository. A token is believed: what it grants was decided
 * when it was made, and it lives for minutes.
 *
 * @throws RegistryError UNAUTHORIZED, with the scope to ask a token for, when better credentials could help; DENIED when
 * they could not, because this user asked for just that and did not get it.
 */
export function requireAccess(caller: Caller, action: Action, repository: RepositoryName): void {
  requireScope(caller, scopeFor(action, repository), action);
}

/**
 * Refuses a request to mount a blob from one repository into another unless its caller may push to the latter. Whoever
 * may push but not pull from the source is not refused: the blob is then uploaded instead.
 *
 * @throws RegistryError as {@link requireAccess}, naming both scopes, also when the token was never asked for the source.
 */
export function requireMountAccess(caller: Caller, repository: RepositoryName, source: RepositoryName): void {
  const sourceScope = scopeFor("pull", source);
  requireScope(caller, scopeFor("push", repository), "push", sourceScope);
  const { actions, refused } = grantFor(caller, sourceScope);
  if (caller.grants && !actions.includes("pull") && !refused.includes("pull")) {
    throw insufficient([scopeFor("push", repository), sourceScope]);
  }
}

/** The scope that clients ask for: who pushes pulls as well, to see what is there already. */
function scopeFor(action: Action, repository: RepositoryName): Scope {
  return action === "push" ? repositoryScope(repository, "pull", "push") : repositoryScope(repository, action);
}

/** @throws RegistryError as {@link requireAccess}. */
export function requireCatalogAccess(caller: Caller): void {
  requireScope(caller, CATALOG_SCOPE, "*");
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

/** Whether the caller could do this, for offers that need no refusal, such as mounting a blob. */
export function mayAccess(caller: Caller, action: Action, repository: RepositoryName): boolean {
  return grantFor(caller, repositoryScope(repository, action)).actions.includes(action);
}

/** @param also more that the request needs: a challenge names it, so that one token will do for all. */
function requireScope(caller: Caller, scope: Scope, action: string, ...also: Scope[]): void {
  const grant = grantFor(caller, scope);
  if (grant.actions.includes(action)) return;
  const detail = { scope: formatScopes([scope, ...also]) };
  if (!caller.user) throw new RegistryError("UNAUTHORIZED", { message: "authentication required", detail });
  if (!caller.grants || grant.refused.includes(action)) {
    throw new RegistryError("DENIED", {
      message: `you do not have the permission: ${caller.user.name} may not ${VERBS[action] ?? action} ${scope.name}`,
      detail,
    });
  }
  throw insufficient([scope, ...also]);
}

function insufficient(scopes: Scope[]): RegistryError {
  const scope = formatScopes(scopes);
  return new RegistryError("UNAUTHORIZED", { message: `the token does not allow ${scope}`, detail: { scope } });
}

const VERBS: Record<string, string> = {
  pull: "pull from",
  push: "push to",
  delete: "delete from",
  "*": "list the",
};

function grantFor(caller: Caller, scope: Scope): Grant {
  if (!caller.grants) return decideGrant(caller.user, scope);
  const grants = caller.grants.filter(({ type, name }) => type === scope.type && name === scope.name);
  return {
    ...scope,
    actions: grants.flatMap((grant) => grant.actions),
    refused: grants.flatMap((grant) => grant.refused),
  };
}

/** Decides what of a scope a user gets. What cannot exist, such as an ill-named repository, is simply not granted. */
export function decideGrant(user: User | undefined, scope: Scope): Grant {
  const wanted = scope.type === "repository" && scope.actions.includes("*") ? ACTIONS : scope.actions;
  const allowed: readonly string[] = allowedInScope(user, scope);
  return {
    type: scope.type,
    name: scope.name,
    actions: wanted.filter((action) => allowed.includes(action)),
    refused: wanted.filter((action) => !allowed.includes(action)),
  };
}

function allowedInScope(user: User | undefined, scope: Scope): readonly string[] {
  if (scope.type === "registry" && scope.name === CATALOG_SCOPE.name) return user ? CATALOG_SCOPE.actions : [];
  if (scope.type !== "repository") return [];
  try {
    return allowedActions(user, parseRepositoryName(scope.name));
  } catch (error) {
    if (error instanceof RegistryError) return [];
    throw error;
  }
}
