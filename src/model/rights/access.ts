/** The vocabulary of access: who asks, for what, by which right, and what a token allows (guide 6; Docker token
 * specification, "scope"). */
import type { RepositoryName } from "../../kernel/reference.ts";

/** What may be done with a repository over the registry API. */
export type Action = "pull" | "push" | "delete";
export const ACTIONS: readonly Action[] = ["pull", "push", "delete"];

/**
 * What somebody may do with an image or with all images of an organization (guide 6), each including those before it:
 * `read` pulls; `edit` also pushes, edits properties and creates triggers; `manage` also deletes, grants, shares and
 * sets aging rules.
 */
export const LEVELS = ["read", "edit", "manage"] as const;
export type Level = (typeof LEVELS)[number];

/** What somebody is within the account: an `administrator` manages all of its organizations; an `operator` runs the
 * deployment as well, and creates accounts. */
export const ROLES = ["member", "administrator", "operator"] as const;
export type Role = (typeof ROLES)[number];

/**
 * Who acts as a user: a `person` has a password; a `robot` is a machine with access keys alone; a `rule` is what jobs are let in
 * by that come with another issuer's tokens (`model/trust/trust-rules.ts`).
 */
export const USER_KINDS = ["person", "robot", "rule"] as const;
export type UserKind = (typeof USER_KINDS)[number];

export interface User {
  id: number;
  name: string;
  accountId: number;
  accountName: string;
  role: Role;
  /** Absent: a person. */
  kind?: UserKind;
}

/**
 * Which repository a name stood for. It is a fact and no right: a repository that took the name since has another id, and what
 * was removed from this one has raised its generation.
 */
export interface RepositoryPlace {
  id: number;
  accountId: number;
  /** Raised whenever content is removed from the repository. */
  generation: number;
}

/**
 * The place of a repository that need not be an image yet: `isBegun` says that no manifest had come when the right was decided, and
 * that nobody had created it (ADR 34).
 */
export interface GrantedPlace extends RepositoryPlace {
  isBegun?: true;
}

/** What a token allows for one resource, and what was asked for in vain. */
export interface Grant {
  type: string;
  name: string;
  actions: string[];
  refused: string[];
  /** Where the repository was when the decision was made; absent when nothing was granted, or there was none. */
  place?: GrantedPlace;
  /** The organization did not exist yet: the decision says only that a push of the user's could make it. */
  isProspective?: boolean;
  /** The organization's id, where it stands for a registry elsewhere: what is not here may come from there. */
  upstream?: number;
}

/**
 * What a token is limited to. `registry/rights/access.ts` alone can read it: a grant is no right yet, since it may be of a time
 * when another repository had the name, or none.
 */
export abstract class TokenGrants {
  protected abstract readonly isReadByAccessOnly: true;
}

/** Who sends a request. */
interface Sender {
  /** Undefined: anonymous. */
  user: User | undefined;
  /** The client's IP address, where the platform tells. */
  address: string | undefined;
  /**
   * How often the user's password had been changed when the request's token was made; undefined for credentials that were
   * checked just now, or that do not end with the password.
   */
  passwordChanges?: number | undefined;
  /** The access key that the request's token was made with: its writes end with the key. */
  accessKey?: string | undefined;
  /** For whom a trust rule's user acts: the `sub` of the job's token. */
  subject?: string | undefined;
}

/** What `registry` credentials (a login command's) are good for: pushing and pulling. Others manage an account as well. */
export type Reach = "account" | "registry";

/** What the credentials of a request to a management API say. `registry/rights/callers.ts` makes a caller of them. */
export interface Credentials extends Sender {
  reach: Reach;
}

/** Who pulls and pushes over the registry API, with whatever credentials. */
export interface RegistryCaller extends Sender {
  api: "registry";
  /** What the request's token is limited to; undefined when the request carries no token but the user's own credentials. */
  grants: TokenGrants | undefined;
}

/** Who looks at what everybody may see: nobody in particular, or a user with credentials of the account. */
export interface Visitor extends Sender {
  api: "management";
}

/** Who manages: a user with credentials of the account. No other caller can take this one's place. */
export interface Manager extends Visitor {
  user: User;
}

/**
 * Who copies images by a replication of Harbor's (ADR 33), with a password or a login command's credentials. `reach` tells
 * whether they may do more than push and pull.
 */
export interface Copier extends Sender {
  api: "replication";
  user: User;
  reach: Reach;
}

export type Caller = RegistryCaller | Visitor | Copier;

/** Who does something that is recorded. */
export interface Actor extends Sender {
  user: User;
}

/** Who pushes, as far as what is written decides about it anew. */
export interface Pusher extends Pick<Actor, "passwordChanges" | "accessKey"> {
  userId: number;
}

/** The same of somebody who acts. */
export function pusherOf({ user, passwordChanges, accessKey }: Actor): Pusher {
  return { userId: user.id, passwordChanges, accessKey };
}

/** What of an organization decides about access to its images. */
export interface OrganizationFacts {
  id: number;
  accountId: number;
  /** Where it stands for a registry elsewhere: whether everybody may pull what comes from there. Of images that are there it says nothing. */
  upstream?: { isPublic: boolean } | undefined;
}

/** The facts that decide about access to a repository, which need not exist. */
export interface AccessFacts {
  organization: OrganizationFacts | undefined;
  repository: (RepositoryPlace & { isPublic: boolean; isImage: boolean }) | undefined;
  organizationLevel: Level | undefined;
  repositoryLevel: Level | undefined;
  /** Shared with the user's account, and not ended. */
  isShared: boolean;
}

/** What decides about access to a repository, and whether a push to it may make its organization. */
export interface PushFacts extends AccessFacts {
  /** Whether there is no organization of that name, and it was another account's until a moment ago. */
  isNameResting: boolean;
  /** How many organizations the user has created; 0 where the organization exists. */
  createdOrganizations: number;
}

/** The facts of repositories, by their names. */
export type FactsByName = ReadonlyMap<RepositoryName, PushFacts>;

export function isAtLeast(level: Level | undefined, wanted: Level): boolean {
  return level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

/** Those levels that suffice where this one is wanted. */
export function atLeast(wanted: Level): Level[] {
  return LEVELS.filter((level) => isAtLeast(level, wanted));
}

export function isAdministrator(user: User): boolean {
  return user.role !== "member";
}

/**
 * Whether what others share with a user's account is shared with the user as well, and the user may create organizations. A
 * trust rule may do no more than what it was granted.
 */
export function isMemberOfAccount({ kind }: User): boolean {
  return kind !== "rule";
}

/** Whether somebody manages all organizations of an account. */
export function administers(user: User | undefined, accountId: number): boolean {
  return user !== undefined && user.accountId === accountId && isAdministrator(user);
}

/**
 * The one rule of who may do what (design: account administrator > organization permission > repository permission >
 * share > public). Of two permissions the higher one wins.
 *
 * @param isOpen whether anonymous callers may pull public images.
 */
export function levelOf(user: User | undefined, facts: AccessFacts, isOpen: boolean): Level | undefined {
  const { organization, repository, organizationLevel, repositoryLevel } = facts;
  if (!organization) return undefined;
  if (administers(user, organization.accountId)) return "manage";
  const granted = LEVELS.findLast((level) => level === organizationLevel || level === repositoryLevel);
  // A permission is for users of the organization's account only, whatever a row says.
  if (granted && user?.accountId === organization.accountId) return granted;
  if (!repository) return undefined;
  if (user && isMemberOfAccount(user) && facts.isShared && !repository.isPublic) return "read";
  return repository.isPublic && (user !== undefined || isOpen) ? "read" : undefined;
}

/** The same for what concerns the whole organization. */
export function organizationLevelOf(user: User | undefined, facts: AccessFacts): Level | undefined {
  return levelOf(user, { ...facts, repository: undefined, repositoryLevel: undefined, isShared: false }, false);
}

export function actionsOf(level: Level | undefined): readonly Action[] {
  return ACTIONS.filter((action) => isAtLeast(level, LEVEL_NEEDED[action]));
}

/**
 * What may be done over the registry API with an image, which need not exist. Nothing is pushed to an organization that stands for
 * a registry elsewhere, not even by those who manage it; whatever is pulled from it may be there yet to come.
 */
export function allowedActions(user: User | undefined, facts: AccessFacts, isOpen: boolean): readonly Action[] {
  const { organization, repository } = facts;
  const level = levelOf(user, facts, isOpen);
  if (!organization?.upstream) return actionsOf(level);
  const isForAll = !repository && organization.upstream.isPublic && (user !== undefined || isOpen);
  return actionsOf(level ?? (isForAll ? "read" : undefined)).filter((action) => action !== "push");
}

const LEVEL_NEEDED: Record<Action, Level> = { pull: "read", push: "edit", delete: "manage" };

/** A scope that a client asks a token for, `type:name:action,action`. */
export interface Scope {
  type: string;
  name: string;
  actions: string[];
}

export const CATALOG_SCOPE: Scope = { type: "registry", name: "catalog", actions: ["*"] };

/** What `docker search` asks for. */
export const SEARCH_SCOPE: Scope = { type: "registry", name: "catalog", actions: ["search"] };

export function repositoryScope(repository: RepositoryName, ...actions: Action[]): Scope {
  return { type: "repository", name: repository, actions };
}

/** Reads one scope; a type may carry a class in parentheses, which counts for nothing here (`repository(plugin)`). */
export function parseScope(text: string): Scope | undefined {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first <= 0 || last === first) return undefined;
  const type = text.slice(0, first).replace(/\([a-z0-9]+\)$/, "");
  const actions = text
    .slice(last + 1)
    .split(",")
    .filter(Boolean);
  return { type, name: text.slice(first + 1, last), actions };
}

/**
 * Makes one scope, of all their actions, of those for the same thing: containerd asks for `pull` and for `pull,push` of a
 * repository in one request, and means both.
 */
export function joinScopes(scopes: readonly Scope[]): Scope[] {
  const joined = new Map<string, Scope>();
  for (const { type, name, actions } of scopes) {
    const same = joined.get(`${type}:${name}`)?.actions ?? [];
    joined.set(`${type}:${name}`, { type, name, actions: [...new Set([...same, ...actions])] });
  }
  return [...joined.values()];
}

/** Writes scopes as a challenge and a token answer name them: separated by spaces. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`).join(" ");
}
