/** Garbage collection of the whole registry, for its operators. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf, queries } from "./client.ts";

export type GarbageRun = components["schemas"]["GarbageCollectionRun"];
export type GarbageCounts = components["schemas"]["Garbage"];
export type CollectedGarbage = components["schemas"]["GarbageCollectionResult"];

const GARBAGE = "/api/garbage-collection";

/** What there is to collect, and the last runs. */
export function useGarbage() {
  return queries.useQuery("get", GARBAGE);
}

/** Tells what a collection would take now, and takes nothing. */
export function usePreviewGarbage() {
  return useMutation({ mutationFn: async () => unwrap(await api.POST(GARBAGE, { body: { dryRun: true } })) });
}

/**
 * Collects until nothing is left that is due, or a part of it has failed and would fail again. The registry works for a
 * limited time at each request, so the page asks it again and again. After a user has left the page, the hourly run does the
 * rest.
 */
export function useCollectGarbage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (): Promise<CollectedGarbage> => {
      const total = { manifests: 0, blobs: 0, objects: 0, bytes: 0 };
      for (;;) {
        const part = unwrap(await api.POST(GARBAGE, { body: { dryRun: false } }));
        total.manifests += part.manifests;
        total.blobs += part.blobs;
        total.objects += part.objects;
        total.bytes += part.bytes;
        if (part.complete || part.failed) return { ...part, ...total };
        await client.invalidateQueries({ queryKey: keyOf(GARBAGE) });
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(GARBAGE) }),
  });
}
