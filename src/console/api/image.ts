/** One image: its properties, and what changes them. */
import { type QueryClient, type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";
import type { components } from "./schema.d.ts";

export type Image = components["schemas"]["Image"];
export type Level = Image["level"];

export const IMAGE_PATH = "/api/organizations/{organization}/images/{image}";
/** Queries for lists of images, which a change of one makes stale. */
const LISTS = new Set(["/api/images", "/api/image-centre", "/api/shares", "/api/activity", "/v2/manage/overview"]);

/** The properties of an image. */
export function useImageQuery({ organization, image }: ImageName) {
  const path = { organization, image };
  return useQuery({
    queryKey: [IMAGE_PATH, path],
    queryFn: async ({ signal }) => unwrap(await api.GET(IMAGE_PATH, { params: { path }, signal })),
  });
}

/**
 * Has everything fetched anew that was known of an image, and the lists that it is in. Queries of an image have its name
 * in their key's second part, as `{ organization, image, … }`.
 */
export async function invalidateImage(client: QueryClient, name: ImageName): Promise<void> {
  await client.invalidateQueries({ predicate: ({ queryKey }) => isList(queryKey) || isOf(name, queryKey) });
}

function isList([path]: QueryKey): boolean {
  return typeof path === "string" && LISTS.has(path);
}

function isOf({ organization, image }: ImageName, [, params]: QueryKey): boolean {
  if (typeof params !== "object" || params === null) return false;
  const named = params as Partial<ImageName>;
  return named.organization === organization && named.image === image;
}

/** What can be changed of an image (guide 4.5). What is absent stays as it is. */
export interface ImageChange {
  isPublic: boolean;
  category?: Image["category"];
  description?: string;
}

/** Changes the properties of an image. Takes the right to edit it. */
export function useUpdateImage(name: ImageName) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ isPublic, ...change }: ImageChange) =>
      unwrap(
        await api.PATCH("/v2/manage/namespaces/{namespace}/repos/{repository}", {
          params: { path: { namespace: name.organization, repository: name.image } },
          body: { is_public: isPublic, ...change },
        }),
      ),
    onSuccess: () => invalidateImage(client, name),
  });
}

/** Deletes an image with all it has. Takes the right to manage it. */
export function useDeleteImage(name: ImageName) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () =>
      unwrap(
        await api.DELETE("/v2/manage/namespaces/{namespace}/repos/{repository}", {
          params: { path: { namespace: name.organization, repository: name.image } },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ predicate: ({ queryKey }) => isList(queryKey) }),
        // Its page is still on screen, and would only learn that the image is gone.
        client.invalidateQueries({ predicate: ({ queryKey }) => isOf(name, queryKey), refetchType: "none" }),
      ]),
  });
}
