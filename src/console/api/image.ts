/** One image: its properties, and what changes them. */
import { type QueryClient, type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { isChangedMeanwhile } from "../ui/error-text.ts";
import { ifUnchanged } from "./change.ts";
import { api, queries } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";

export type Image = components["schemas"]["Image"];
export type Level = Image["level"];

const IMAGE = "/api/organizations/{organization}/images/{image}";
/** Queries for lists of images, which a change of one makes stale. */
const LISTS = new Set(["/api/images", "/api/image-centre", "/api/shares", "/api/activity", "/api/overview"]);

/** The properties of an image. */
export function useImageQuery({ organization, image }: ImageName) {
  return queries.useQuery("get", IMAGE, { params: { path: { organization, image } } });
}

/** Has everything fetched anew that was known of an image, and the lists that it is in. */
export async function invalidateImage(client: QueryClient, name: ImageName): Promise<void> {
  await client.invalidateQueries({ predicate: ({ queryKey }) => isList(queryKey) || isOf(name, queryKey) });
}

/** The same for several images, which may be gone. */
export async function invalidateImages(client: QueryClient, names: readonly ImageName[]): Promise<void> {
  const changed = new Set(names.map(({ organization, image }) => `${organization}/${image}`));
  await client.invalidateQueries({
    predicate: ({ queryKey }) => {
      const named = imageOf(queryKey);
      return isList(queryKey) || (named !== undefined && changed.has(`${named.organization}/${named.image}`));
    },
  });
}

function isList([, path]: QueryKey): boolean {
  return typeof path === "string" && LISTS.has(path);
}

function isOf({ organization, image }: ImageName, queryKey: QueryKey): boolean {
  const named = imageOf(queryKey);
  return named?.organization === organization && named.image === image;
}

/** Queries of an image have its name among the parameters of their path. */
function imageOf([, , request]: QueryKey): Partial<ImageName> | undefined {
  return (request as { params?: { path?: Partial<ImageName> } } | undefined)?.params?.path;
}

/** What can be changed of an image (guide 4.5). What is absent stays as it is. */
export interface ImageChange {
  isPublic?: boolean;
  category?: Image["category"];
  description?: string;
}

/** How often a change is sent again that pushes have come before. */
const MAX_PUSHES = 5;

/**
 * Changes the properties of an image. Takes the right to edit it.
 *
 * @param before as they were read; undefined where whatever is there is to be replaced.
 */
export function useUpdateImage(name: ImageName) {
  const client = useQueryClient();
  const path = { organization: name.organization, image: name.image };
  return useMutation({
    mutationFn: async ({ before, change }: { before: Image | undefined; change: ImageChange }) => {
      const { isPublic, ...others } = change;
      const body = { ...(isPublic !== undefined && { public: isPublic }), ...others };
      let version = before?.updated;
      for (let pushes = 0; ; pushes += 1) {
        try {
          return unwrap(await api.PATCH(IMAGE, { params: { path }, body, ...ifUnchanged(version) }));
        } catch (error) {
          if (!before || pushes === MAX_PUSHES || !isChangedMeanwhile(error)) throw error;
          // A push changes the version, too, and contradicts nobody.
          const now = unwrap(await api.GET(IMAGE, { params: { path } }));
          const isContradicted = (Object.keys(body) as (keyof typeof body)[]).some((key) => now[key] !== before[key]);
          if (isContradicted) throw error;
          version = now.updated;
        }
      }
    },
    onSuccess: () => invalidateImage(client, name),
  });
}

/** Deletes an image with all it has. Takes the right to manage it. */
export function useDeleteImage(name: ImageName) {
  const client = useQueryClient();
  const path = { organization: name.organization, image: name.image };
  return useMutation({
    mutationFn: async () => unwrap(await api.DELETE(IMAGE, { params: { path } })),
    // Also when it was refused: it may have gone before.
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ predicate: ({ queryKey }) => isList(queryKey) }),
        // Its page is still on screen, and would only learn that the image is gone.
        client.invalidateQueries({ predicate: ({ queryKey }) => isOf(name, queryKey), refetchType: "none" }),
      ]),
  });
}
