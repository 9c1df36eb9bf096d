/** Lists of images, and new ones. */
import type { components, operations } from "../../client/api/schema.d.ts";
import { useChange } from "./change.ts";
import { api, keyOf } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";

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

/** Images that one may pull: one's own account's, as far as one has a right to them, or everybody's public ones. */
export function useImages(scope: "own" | "public", filter: ImageFilter) {
  return useCursorList(IMAGES, { query: { scope, ...filter } }, "images");
}

/** Public images of all accounts, also for nobody in particular. */
export function useImageCentre(filter: Omit<ImageFilter, "organization" | "public">) {
  return useCursorList(CENTRE, { query: filter }, "images");
}

/**
 * What one's account shares with others, ended shares too, or what others share with it (guide 4.6).
 *
 * @param search a part of the image's name with its organization; "" for all.
 */
export function useShares(direction: "sent" | "received", search: string) {
  return useCursorList("/api/shares", { query: { direction, ...(search && { q: search }) } }, "shares");
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
  return useChange(
    ({ organization, isPublic, ...properties }: NewImage) =>
      api.POST("/api/organizations/{organization}/images", {
        params: { path: { organization } },
        body: { public: isPublic, ...properties },
      }),
    keyOf(IMAGES),
    keyOf(CENTRE),
    keyOf("/api/organizations"),
    keyOf("/api/overview"),
  );
}
