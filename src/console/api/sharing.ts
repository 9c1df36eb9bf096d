/** With which accounts an image is shared: guide 4.6. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf, queries } from "./client.ts";
import type { ImageName } from "./image-name.ts";

export type ImageShare = components["schemas"]["ImageShare"];

/** With whom, until when and what for. */
export interface ShareTerms {
  account: string;
  /** `2026-12-31`, with which day (UTC) it ends, or `forever`. */
  deadline: string;
  note: string;
}

const SHARES = "/api/organizations/{organization}/images/{image}/shares";

/** All shares of an image, ended ones among them. */
export function useImageShares({ organization, image }: ImageName) {
  return queries.useQuery("get", SHARES, { params: { path: { organization, image } } }, { select: sharesOf });
}

function sharesOf({ shares }: components["schemas"]["ImageShares"]): ImageShare[] {
  return shares;
}

/** What one can do with an image's shares. */
export function useShareChanges({ organization, image }: ImageName) {
  const client = useQueryClient();
  const path = { organization, image };
  const onSettled = () =>
    Promise.all(
      [keyOf(SHARES, path), keyOf("/api/shares"), keyOf("/api/images")].map((queryKey) =>
        client.invalidateQueries({ queryKey }),
      ),
    );
  const add = useMutation({
    mutationFn: async (body: ShareTerms) => unwrap(await api.POST(SHARES, { params: { path }, body })),
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ account, ...body }: ShareTerms) =>
      unwrap(await api.PATCH(`${SHARES}/{account}`, { params: { path: { ...path, account } }, body })),
    onSettled,
  });
  const stop = useMutation({
    mutationFn: async (account: string) =>
      unwrap(await api.DELETE(`${SHARES}/{account}`, { params: { path: { ...path, account } } })),
    onSettled,
  });
  return { add, change, stop };
}
