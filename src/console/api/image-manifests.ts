/** What is in a tag or manifest of an image. */
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import { type CursorList, useCursorList } from "./cursor-list.ts";
import type { ImageName } from "../../kernel/reference.ts";
import type { components } from "./schema.d.ts";

export type Manifest = components["schemas"]["ManifestDetail"];
export type Layer = components["schemas"]["Layer"];
export type ChildManifest = components["schemas"]["Child"];
export type Configuration = components["schemas"]["ImageConfiguration"];
export type Referrer = components["schemas"]["Referrer"];

const MANIFEST = "/api/organizations/{organization}/images/{image}/manifests/{reference}";
const TEXT = `${MANIFEST}/text` as const;
const REFERRERS = `${MANIFEST}/referrers` as const;

const REFERRERS_AT_ONCE = 50;

/**
 * A manifest with its layers and configuration.
 *
 * @param reference a tag or digest; undefined while there is none to ask for.
 */
export function useManifest({ organization, image }: ImageName, reference: string | undefined) {
  return useQuery({
    queryKey: [MANIFEST, { organization, image, reference }],
    queryFn: async ({ signal }) => {
      const path = { organization, image, reference: reference ?? "" };
      return unwrap(await api.GET(MANIFEST, { params: { path }, signal }));
    },
    enabled: reference !== undefined,
  });
}

/** The exact text of a manifest. Looking at it counts as no pull. */
export function useManifestText({ organization, image }: ImageName, digest: string) {
  return useQuery({
    queryKey: [TEXT, { organization, image, digest }],
    queryFn: async ({ signal }) => {
      const path = { organization, image, reference: digest };
      return unwrap(await api.GET(TEXT, { params: { path }, parseAs: "text", signal }));
    },
    // What has a digest never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What refers to a manifest: signatures, lists of what is in it, and the like. */
export function useReferrers({ organization, image }: ImageName, digest: string): CursorList<Referrer> {
  const path = { organization, image, reference: digest };
  return useCursorList({
    queryKey: [REFERRERS, { organization, image, digest }],
    fetchPage: async (cursor, signal) => {
      const query = { limit: REFERRERS_AT_ONCE, ...(cursor && { cursor }) };
      return unwrap(await api.GET(REFERRERS, { params: { path, query }, signal }));
    },
    rowsOf: referrersOf,
  });
}

function referrersOf(page: components["schemas"]["ReferrerPage"]): readonly Referrer[] {
  return page.referrers;
}
