/** What is in a tag or manifest of an image. */
import type { components } from "../../client/api/schema.d.ts";
import { queries } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";

export type Manifest = components["schemas"]["ManifestDetail"];
export type Layer = components["schemas"]["Layer"];
export type ChildManifest = components["schemas"]["Child"];
export type Configuration = components["schemas"]["ImageConfiguration"];
export type Referrer = components["schemas"]["Referrer"];

const MANIFEST = "/api/organizations/{organization}/images/{image}/manifests/{reference}";

/**
 * A manifest with its layers and configuration.
 *
 * @param reference a tag or digest; undefined while there is none to ask for.
 */
export function useManifest({ organization, image }: ImageName, reference: string | undefined) {
  const path = { organization, image, reference: reference ?? "" };
  return queries.useQuery("get", MANIFEST, { params: { path } }, { enabled: reference !== undefined });
}

/** The exact text of a manifest. Looking at it counts as no pull. */
export function useManifestText({ organization, image }: ImageName, digest: string) {
  const path = { organization, image, reference: digest };
  return queries.useQuery(
    "get",
    `${MANIFEST}/text`,
    { params: { path }, parseAs: "text" },
    // What has a digest never changes.
    { staleTime: Number.POSITIVE_INFINITY },
  );
}

/** What refers to a manifest: signatures, lists of what is in it, and the like. */
export function useReferrers({ organization, image }: ImageName, digest: string): CursorList<Referrer> {
  const path = { organization, image, reference: digest };
  return useCursorList(`${MANIFEST}/referrers`, { path }, "referrers");
}
