/** One's own access keys. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { components } from "./schema.d.ts";

export type AccessKey = components["schemas"]["AccessKey"];
/** A key with its secret, which is shown this once. */
export type NewAccessKey = components["schemas"]["NewAccessKey"];

const KEY = ["/api/access-keys"] as const;

/** The newest first. */
export function useAccessKeys() {
  return useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/access-keys", { signal })).accessKeys,
  });
}

/** Makes a key. */
export function useCreateAccessKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/access-keys")),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

/** Deletes a key, and with it the permanent login commands that were made from it. */
export function useDeleteAccessKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (access: string) =>
      unwrap(await api.DELETE("/api/access-keys/{access}", { params: { path: { access } } })),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}
