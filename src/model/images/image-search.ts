/** What lists of images and tags can be asked for. */
import type { OrganizationName, Tag } from "../../kernel/reference.ts";

/**
 * Where images come from: a right of the caller's, such a right and a share with another account (which may have ended), a
 * share with the caller's account, or being public.
 */
export const IMAGE_SOURCES = ["own", "sent", "shared", "public"] as const;
export type ImageSource = (typeof IMAGE_SOURCES)[number];
/** Those that have all images together. */
export const ALL_SOURCES: readonly ImageSource[] = ["own", "shared", "public"];

export const IMAGE_SORTS = ["name", "updated", "tags"] as const;
export type ImageSort = (typeof IMAGE_SORTS)[number];

export const TAG_SORTS = ["name", "updated", "size"] as const;
export type TagSort = (typeof TAG_SORTS)[number];

/** What an image's tags have to meet; undefined: anything. */
export interface TagFilter {
  /** The whole name. */
  name?: Tag | undefined;
  /** A part of the name, without capitals. */
  text?: string | undefined;
}

/** A page of a list in some order. */
export interface Page<S> {
  sort: S;
  isDescending: boolean;
  /** The sort key and the id of the last entry before the page; undefined for the first page. */
  after: readonly [string | number, number] | undefined;
  limit: number;
}

/** What images have to meet; undefined: anything. */
export interface ImageFilter {
  /** A part of the whole name. */
  text?: string | undefined;
  organization?: OrganizationName | undefined;
  category?: string | undefined;
  isPublic?: boolean | undefined;
  /** What one of its tags is for. */
  architecture?: string | undefined;
}
