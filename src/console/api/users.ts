/** The users of one's account, for its administrators. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MAX_PASSWORD_LENGTH, MAX_SEARCH_LENGTH, MIN_PASSWORD_LENGTH } from "../../kernel/field-limits.ts";
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { components } from "./schema.d.ts";

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
  const query = { ...(search && { search }), limit: PAGE };
  return useCursorList({
    queryKey: [USERS, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(USERS, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: usersOf,
  });
}

function usersOf(page: components["schemas"]["UserPage"]): readonly User[] {
  return page.users;
}

/** The first users of one's account whose names contain a text: what a field proposes. */
export function useUserNames(text: string) {
  const search = text.slice(0, MAX_SEARCH_LENGTH);
  const query = { ...(search && { search }), limit: PROPOSALS };
  return useQuery({
    queryKey: [USERS, query],
    queryFn: async ({ signal }) => {
      const { users } = unwrap(await api.GET(USERS, { params: { query }, signal }));
      return users.map(({ name }) => name);
    },
    placeholderData: keepPreviousData,
  });
}

/** Creates users, changes their role or password, and deletes them. */
export function useUserChanges() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: [USERS] });
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
  return useQuery({
    queryKey: [KEYS, { name }],
    queryFn: async ({ signal }) => unwrap(await api.GET(KEYS, { params: { path: { name } }, signal })).accessKeys,
  });
}

/** Deletes an access key of a user. */
export function useDeleteKeyOfUser(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (access: string) =>
      unwrap(await api.DELETE(`${KEYS}/{access}`, { params: { path: { name, access } } })),
    onSettled: () => client.invalidateQueries({ queryKey: [KEYS, { name }] }),
  });
}
