/** The vocabulary of access: who asks, for what, and what a token allows (Docker token specification, "scope"). */
import type { RepositoryName } from "./reference.ts";

/** What may be done with a repository. */
export type Action = "pull" | "push" | "delete";
export const ACTIONS: readonly Action[] = ["pull", "push", "delete"];

export interface User {
  id: number;
  name: string;
  isOperator: boolean;
}

/** What a token allows for one resource, and what was asked for in vain. */
export interface Grant {
  type: string;
  name: string;
  actions: string[];
  refused: string[];
}

/** Who sent a request. */
export interface Caller {
  /** Undefined: anonymous. */
  user: User | undefined;
  /** What the request's token is limited to; undefined when the request carries no token but the user's own credentials. */
  grants: Grant[] | undefined;
}

/** A scope that a client asks a token for, `type:name:action,action`. */
export interface Scope {
  type: string;
  name: string;
  actions: string[];
}

export const CATALOG_SCOPE: Scope = { type: "registry", name: "catalog", actions: ["*"] };

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

/** Writes scopes as a challenge and a token answer name them: separated by spaces. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`).join(" ");
}
