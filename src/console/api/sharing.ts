/** With which accounts an image is shared: guide 4.6. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client.ts";
import type { ImageName } from "../../kernel/reference.ts";
import type { components } from "./schema.d.ts";

export type ImageShare = components["schemas"]["AccessDomain"];

/** Until when a share holds, and what it is for. */
export interface ShareTerms {
  /** `2026-12-31`, with which day (UTC) it ends, or `forever`. */
  deadline: string;
  note: string;
}

const PATH = "/v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains";

function pathOf({ organization, image }: ImageName) {
  return { namespace: organization, repository: image };
}

/** All shares of an image, ended ones among them. */
export function useImageShares(image: ImageName) {
  return useQuery({
    queryKey: [PATH, image],
    queryFn: async ({ signal }) => unwrap(await api.GET(PATH, { params: { path: pathOf(image) }, signal })),
  });
}

/** What one can do with an image's shares. */
export function useShareChanges(image: ImageName) {
  const client = useQueryClient();
  const onSettled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: [PATH, image] }),
      client.invalidateQueries({ queryKey: ["/api/shares"] }),
      client.invalidateQueries({ queryKey: ["/api/images"] }),
    ]);
  const add = useMutation({
    mutationFn: async ({ account, deadline, note }: ShareTerms & { account: string }) => {
      const body = { access_domain: account, permit: "read" as const, deadline, description: note };
      unwrap(await api.POST(PATH, { params: { path: pathOf(image) }, body }));
    },
    onSettled,
  });
  const change = useMutation({
    mutationFn: async ({ account, deadline, note }: ShareTerms & { account: string }) => {
      const params = { path: { ...pathOf(image), access_domain: account } };
      const body = { permit: "read" as const, deadline, description: note };
      unwrap(await api.PATCH(`${PATH}/{access_domain}`, { params, body }));
    },
    onSettled,
  });
  const stop = useMutation({
    mutationFn: async (account: string) => {
      const params = { path: { ...pathOf(image), access_domain: account } };
      unwrap(await api.DELETE(`${PATH}/{access_domain}`, { params }));
    },
    onSettled,
  });
  return { add, change, stop };
}
