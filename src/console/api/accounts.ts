/** All accounts of the registry, for its operators. */
import type { components } from "../../client/api/schema.d.ts";
import { useChange } from "./change.ts";
import { api, keyOf } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

export type Account = components["schemas"]["Account"];

const ACCOUNTS = "/api/accounts";

/**
 * Accounts by name.
 *
 * @param search a part of the name; "" for all.
 */
export function useAccounts(search: string) {
  return useCursorList(ACCOUNTS, { query: { ...(search && { search }) } }, "accounts");
}

/** Creates accounts, each with its first administrator, and deletes those without organizations. */
export function useAccountChanges() {
  const create = useChange(
    (body: { name: string; administrator: { name: string; password: string } }) => api.POST(ACCOUNTS, { body }),
    keyOf(ACCOUNTS),
  );
  const remove = useChange(
    (name: string) => api.DELETE(`${ACCOUNTS}/{name}`, { params: { path: { name } } }),
    keyOf(ACCOUNTS),
  );
  return { create, remove };
}
