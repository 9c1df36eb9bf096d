/** The users of one's account, for its administrators. */
import { keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { MAX_PASSWORD_LENGTH, MAX_SEARCH_LENGTH, MIN_PASSWORD_LENGTH } from "../../kernel/field-limits.ts";
import { api, keyOf, queries } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

export type User = components["schemas"]["User"];
export type Role = User["role"];

/** How long a password may be. */
export const PASSWORD_LENGTH = { min: MIN_PASSWORD_LENGTH, max: MAX_PASSWORD_LENGTH };

const USERS = "/api/users";
const KEYS = "/api/users/{name}/access-keys";
const PAGE = 50;
/** As many as a field proposes. */
const PROPOSALS = 20;

/**
 * Users by name.
 *
 * @param search a part of the name; "" for all.
 */
export function useUsers(search: string) {
  return useCursorList(USERS, { query: { ...(search && { search }), limit: PAGE } }, "users");
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
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: keyOf(USERS) });
  const create = useMutation({
    mutationFn: async (user: { name: string; password: string; role: Role }) =>
      unwrap(await api.POST(USERS, { body: user })),
    onSuccess,
  });
  const change = useMutation({
    mutationFn: async ({ name, ...changes }: { name: string; role?: Role; password?: string }) =>
      unwrap(await api.PATCH("/api/users/{name}", { params: { path: { name } }, body: changes })),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: async (name: string) => unwrap(await api.DELETE("/api/users/{name}", { params: { path: { name } } })),
    onSuccess,
  });
  return { create, change, remove };
}

/** The access keys of a user, the newest first. */
export function useKeysOfUser(name: string) {
  return queries.useQuery("get", KEYS, { params: { path: { name } } }, { select: ({ accessKeys }) => accessKeys });
}

/** Deletes an access key of a user. */
export function useDeleteKeyOfUser(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (access: string) =>
      unwrap(await api.DELETE(`${KEYS}/{access}`, { params: { path: { name, access } } })),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(KEYS, { name }) }),
  });
}
