/** With which accounts an image is shared: guide 4.6. */
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";

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
  const path = { organization, image };
  const stale = [keyOf(SHARES, path), keyOf("/api/shares"), keyOf("/api/images")];
  const add = useChange((body: ShareTerms) => api.POST(SHARES, { params: { path }, body }), ...stale);
  const change = useChange(
    ({ account, version, ...body }: ShareTerms & { version?: string | undefined }) =>
      api.PATCH(`${SHARES}/{account}`, { params: { path: { ...path, account } }, body, ...ifUnchanged(version) }),
    ...stale,
  );
  const stop = useChange(
    (account: string) => api.DELETE(`${SHARES}/{account}`, { params: { path: { ...path, account } } }),
    ...stale,
  );
  return { add, change, stop };
}
