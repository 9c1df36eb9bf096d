/** The users of one's account, for its administrators. */
import { keepPreviousData } from "@tanstack/react-query";
import type { components } from "../../client/api/schema.d.ts";
import { MAX_PASSWORD_LENGTH, MAX_SEARCH_LENGTH, MIN_PASSWORD_LENGTH } from "../../kernel/field-limits.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

export type User = components["schemas"]["User"];
export type Role = User["role"];
export type UserKind = User["kind"];

/** How long a password may be. */
export const PASSWORD_LENGTH = { min: MIN_PASSWORD_LENGTH, max: MAX_PASSWORD_LENGTH };

const USERS = "/api/users";
const KEYS = "/api/users/{name}/access-keys";
/** As many as a field proposes. */
const PROPOSALS = 20;

/**
 * Users by name.
 *
 * @param search a part of the name; "" for all.
 */
export function useUsers(search: string) {
  return useCursorList(USERS, { query: { ...(search && { search }) } }, "users");
}

/** The first users of one's account whose names contain a text: what a field proposes. */
export function useUserNames(text: string) {
  const search = text.slice(0, MAX_SEARCH_LENGTH);
  const query = { ...(search && { search }), limit: PROPOSALS };
  return queries.useQuery(
    "get",
    USERS,
    { params: { query } },
    { select: ({ users }) => users.map(({ name }) => name), placeholderData: keepPreviousData },
  );
}

/** Creates users, changes their role or password, and deletes them. */
export function useUserChanges() {
  const create = useChange(
    (user: { name: string; password: string; role: Role } | { name: string; kind: "robot" }) =>
      api.POST(USERS, { body: "kind" in user ? { ...user, role: "member" } : { ...user, kind: "person" } }),
    keyOf(USERS),
  );
  const change = useChange(
    ({ name, version, ...changes }: { name: string; role?: Role; password?: string; version?: string | undefined }) =>
      api.PATCH(`${USERS}/{name}`, { params: { path: { name } }, body: changes, ...ifUnchanged(version) }),
    keyOf(USERS),
  );
  const remove = useChange(
    (name: string) => api.DELETE(`${USERS}/{name}`, { params: { path: { name } } }),
    keyOf(USERS),
  );
  return { create, change, remove };
}

/** The access keys of a user, the newest first. */
export function useKeysOfUser(name: string) {
  return queries.useQuery("get", KEYS, { params: { path: { name } } }, { select: ({ accessKeys }) => accessKeys });
}

/** Makes an access key for a robot. */
export function useCreateKeyOfUser(name: string) {
  return useChange(
    (ends: Date | undefined) =>
      api.POST(KEYS, { params: { path: { name } }, body: { ends: ends?.toISOString() ?? null } }),
    keyOf(KEYS, { name }),
  );
}

/** Deletes an access key of a user. */
export function useDeleteKeyOfUser(name: string) {
  return useChange(
    (access: string) => api.DELETE(`${KEYS}/{access}`, { params: { path: { name, access } } }),
    keyOf(KEYS, { name }),
  );
}
