/** All accounts of the registry, for its operators. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { components } from "./schema.d.ts";

export type Account = components["schemas"]["Account"];

const ACCOUNTS = "/api/accounts";
const PAGE = 50;

/**
 * Accounts by name.
 *
 * @param search a part of the name; "" for all.
 */
export function useAccounts(search: string) {
  const query = { ...(search && { search }), limit: PAGE };
  return useCursorList({
    queryKey: [ACCOUNTS, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(ACCOUNTS, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: accountsOf,
  });
}

function accountsOf(page: components["schemas"]["AccountPage"]): readonly Account[] {
  return page.accounts;
}

/** Creates accounts, each with its first administrator, and deletes those without organizations. */
export function useAccountChanges() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: [ACCOUNTS] });
  const create = useMutation({
    mutationFn: async (account: { name: string; administrator: { name: string; password: string } }) =>
      unwrap(await api.POST(ACCOUNTS, { body: account })),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: async (name: string) =>
      unwrap(await api.DELETE("/api/accounts/{name}", { params: { path: { name } } })),
    onSuccess,
  });
  return { create, remove };
}
