/** All accounts of the registry, for its operators. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

export type Account = components["schemas"]["Account"];

const ACCOUNTS = "/api/accounts";
const PAGE = 50;

/**
 * Accounts by name.
 *
 * @param search a part of the name; "" for all.
 */
export function useAccounts(search: string) {
  return useCursorList(ACCOUNTS, { query: { ...(search && { search }), limit: PAGE } }, "accounts");
}

/** Creates accounts, each with its first administrator, and deletes those without organizations. */
export function useAccountChanges() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: keyOf(ACCOUNTS) });
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
