/** One's own access keys. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
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
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => unwrap(await api.POST(KEYS)),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(KEYS) }),
  });
}

/** Deletes a key, and with it the permanent login commands that were made from it. */
export function useDeleteAccessKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (access: string) =>
      unwrap(await api.DELETE(`${KEYS}/{access}`, { params: { path: { access } } })),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(KEYS) }),
  });
}
