/** What is found by a text from anywhere in the console: a few of each kind. */
import { useQueries } from "@tanstack/react-query";
import { MAX_TAG_LENGTH } from "../../kernel/field-limits.ts";
import type { ImageName } from "../../kernel/reference.ts";
import { queries } from "./client.ts";
import type { FoundImage } from "./images.ts";
import { useOrganizationNames } from "./organization-names.ts";

/** Images that are shown. */
const IMAGES = 6;
/** Organizations that are shown. */
const ORGANIZATIONS = 4;
/** Of so many images tags are looked for, and so many of each are shown. */
const IMAGES_WITH_TAGS = 3;
const TAGS = 5;

const TAG_LIST = "/api/organizations/{organization}/images/{image}/tags";

export interface Search {
  /** A part of the name of an image, with its organization, or of an organization; "" looks for neither. */
  name: string;
  /** What tags of the images that are found begin with; undefined: images and organizations are looked for, not their tags. */
  tag: string | undefined;
  /** An image whose tags are looked for in any case, and what they begin with. */
  within: (ImageName & { tag: string }) | undefined;
}

export interface Found {
  images: readonly FoundImage[];
  /** There may be more images than these. */
  hasMoreImages: boolean;
  tags: readonly (ImageName & { tag: string })[];
  organizations: readonly string[];
  isPending: boolean;
  /** Why the first of what did not come is missing. */
  error: Error | null;
}

/**
 * Finds images, tags and organizations. Asks at most six short questions, the tags' after the images'; those about an older text
 * are aborted.
 */
export function useSearch({ name, tag, within }: Search): Found {
  const isNamed = name !== "";
  const own = useImagesNamed("own", name);
  const all = useImagesNamed("all", name);
  const images = merge(own.data ?? [], all.data ?? []);
  const organizations = useOrganizationNames(name, undefined, { isEnabled: isNamed && tag === undefined });
  const places = [
    ...(within ? [within] : []),
    ...(tag === undefined || !isNamed ? [] : images.slice(0, IMAGES_WITH_TAGS).map((image) => ({ ...image, tag }))),
  ];
  const tags = useQueries({ queries: places.map(tagsThatBegin) });
  const asked = [own, all, organizations, ...tags];
  return {
    images: isNamed ? images.slice(0, IMAGES) : [],
    hasMoreImages: isNamed && images.length >= IMAGES,
    tags: places.flatMap(({ organization, image }, at) =>
      (tags[at]?.data?.tags ?? []).map((found) => ({ organization, image, tag: found.name })),
    ),
    organizations: isNamed && tag === undefined ? (organizations.data ?? []).slice(0, ORGANIZATIONS) : [],
    isPending: asked.some(({ isLoading, isPlaceholderData }) => isLoading || isPlaceholderData),
    error: asked.find(({ error }) => error !== null)?.error ?? null,
  };
}

/** Of a whole name, the image itself comes among the first by name; of a part, those that were pushed last. */
function useImagesNamed(scope: "own" | "all", name: string) {
  const sort = name.includes("/") ? "name" : "updated";
  return queries.useQuery(
    "get",
    "/api/images",
    { params: { query: { scope, q: name, sort, limit: IMAGES } } },
    { enabled: name !== "", select: ({ images }) => images },
  );
}

function tagsThatBegin({ organization, image, tag }: ImageName & { tag: string }) {
  const prefix = tag.slice(0, MAX_TAG_LENGTH);
  const query = { ...(prefix === "" ? { sort: "updated" as const } : { q: prefix }), limit: TAGS };
  return queries.queryOptions("get", TAG_LIST, { params: { path: { organization, image }, query } });
}

/** One's own come first. */
function merge(own: readonly FoundImage[], all: readonly FoundImage[]): FoundImage[] {
  const known = new Set(own.map(keyOfImage));
  return [...own, ...all.filter((image) => !known.has(keyOfImage(image)))];
}

function keyOfImage({ organization, image }: ImageName): string {
  return `${organization}/${image}`;
}
