/** What is done with many images at once. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { MAX_CHANGED_IMAGES } from "../../kernel/field-limits.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { api } from "./client.ts";
import { invalidateImages } from "./image.ts";
import { patiently } from "./patiently.ts";

export type ImageDeletion = components["schemas"]["ImageDeletions"]["results"][number];
export type VisibilityChange = components["schemas"]["VisibilityChanges"]["results"][number];

/** Deletes images, each by itself: the answer tells of each what came of it. Takes the right to manage each. */
export function useDeleteImages() {
  return useBatches(async (images: readonly ImageName[]) => {
    const body = { images: images.map(namedOf) };
    return unwrap(await api.POST("/api/images/delete", { body })).results;
  });
}

/** Makes images public or private. Takes the right to edit each. */
export function useSetVisibility(isPublic: boolean) {
  return useBatches(async (images: readonly ImageName[]) => {
    const body = { images: images.map(namedOf), public: isPublic };
    return unwrap(await api.POST("/api/images/visibility", { body })).results;
  });
}

function namedOf({ organization, image }: ImageName): ImageName {
  return { organization, image };
}

/** A mutation of any number of images, in requests of {@link MAX_CHANGED_IMAGES}. */
function useBatches<R extends ImageName & { result: string }>(send: (images: readonly ImageName[]) => Promise<R[]>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (images: readonly ImageName[]) => {
      const results: R[] = [];
      for (let left = images; left.length > 0;) {
        const batch = left.slice(0, MAX_CHANGED_IMAGES);
        const answers = await patiently(() => send(batch));
        const postponed = answers.filter(({ result }) => result === "postponed");
        results.push(...answers.filter(({ result }) => result !== "postponed"));
        // The first one of a request is never postponed, so this comes to its end.
        left = [...postponed, ...left.slice(batch.length)];
      }
      return results;
    },
    onSettled: (_results, _error, images) => invalidateImages(client, images),
  });
}
