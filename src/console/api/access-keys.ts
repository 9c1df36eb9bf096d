/** One's own access keys. */
import type { components } from "../../client/api/schema.d.ts";
import { useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";

export type AccessKey = components["schemas"]["AccessKey"];
/** A key with its secret, which is shown this once. */
export type NewAccessKey = components["schemas"]["NewAccessKey"];

const KEYS = "/api/access-keys";

/** The newest first. */
export function useAccessKeys() {
  return queries.useQuery("get", KEYS, {}, { select: ({ accessKeys }) => accessKeys });
}

/** Makes a key. */
export function useCreateAccessKey() {
  return useChange(
    (ends: Date | undefined) => api.POST(KEYS, { body: { ends: ends?.toISOString() ?? null } }),
    keyOf(KEYS),
  );
}

/** Deletes a key, and with it the permanent login commands that were made from it. */
export function useDeleteAccessKey() {
  return useChange((access: string) => api.DELETE(`${KEYS}/{access}`, { params: { path: { access } } }), keyOf(KEYS));
}
