/** Lists of images, and new ones. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { components, operations } from "./schema.d.ts";

export type FoundImage = components["schemas"]["FoundImage"];
export type Share = components["schemas"]["Share"];
export type Category = FoundImage["category"];
export type ImageFilter = Pick<
  NonNullable<operations["searchImages"]["parameters"]["query"]>,
  "q" | "organization" | "category" | "public" | "architecture" | "sort" | "order"
>;
export type ImageSort = NonNullable<ImageFilter["sort"]>;

const IMAGES = "/api/images";
const CENTRE = "/api/image-centre";
const SHARES = "/api/shares";
const PAGE = 50;

/** Images that one may pull: one's own account's, as far as one has a right to them, or everybody's public ones. */
export function useImages(scope: "own" | "public", filter: ImageFilter) {
  const query = { scope, ...filter, limit: PAGE };
  return useCursorList({
    queryKey: [IMAGES, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(IMAGES, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: imagesOf,
  });
}

/** Public images of all accounts, also for nobody in particular. */
export function useImageCentre(filter: Omit<ImageFilter, "organization" | "public">) {
  const query = { ...filter, limit: PAGE };
  return useCursorList({
    queryKey: [CENTRE, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(CENTRE, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: imagesOf,
  });
}

/**
 * What one's account shares with others, ended shares too, or what others share with it (guide 4.6).
 *
 * @param search a part of the image's name with its organization; "" for all.
 */
export function useShares(direction: "sent" | "received", search: string) {
  const query = { direction, ...(search && { q: search }), limit: PAGE };
  return useCursorList({
    queryKey: [SHARES, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(SHARES, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: sharesOf,
  });
}

function imagesOf(page: components["schemas"]["ImagePage"]): readonly FoundImage[] {
  return page.images;
}

function sharesOf(page: components["schemas"]["SharePage"]): readonly Share[] {
  return page.shares;
}

/** An image that has no tags yet. */
export interface NewImage {
  organization: string;
  image: string;
  isPublic: boolean;
  category: Category;
  description: string;
}

/** Creates an image. Takes the right to edit the organization. */
export function useCreateImage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ organization, image, isPublic, category, description }: NewImage) =>
      unwrap(
        await api.POST("/v2/manage/namespaces/{namespace}/repos", {
          params: { path: { namespace: organization } },
          body: { repository: image, is_public: isPublic, category, description },
        }),
      ),
    onSuccess: () =>
      Promise.all(
        [IMAGES, CENTRE, "/api/organizations", "/v2/manage/overview"].map((path) =>
          client.invalidateQueries({ queryKey: [path] }),
        ),
      ),
  });
}
