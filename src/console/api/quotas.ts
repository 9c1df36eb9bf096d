/** Quotas: what accounts and organizations have of what all share, and may have. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { api, keyOf, queries } from "./client.ts";

export type QuotaSet = components["schemas"]["QuotaSet"];
export type Quota = components["schemas"]["Quota"];
export type DefaultQuotas = components["schemas"]["DefaultQuotas"];
export type QuotaChanges = components["schemas"]["QuotaChanges"];

/** What has quotas. */
export interface QuotaHolder {
  kind: "organization" | "account";
  name: string;
}

const ORGANIZATION = "/api/organizations/{organization}/quota";
const ACCOUNT = "/api/accounts/{name}/quota";
const DEFAULTS = "/api/quotas";

/** The quotas of an organization, for who has a right to all of its images, or of an account, for its administrators. */
export function useQuotas({ kind, name }: QuotaHolder) {
  return useQuery({
    queryKey: kind === "organization" ? keyOf(ORGANIZATION, { organization: name }) : keyOf(ACCOUNT, { name }),
    queryFn: async ({ signal }): Promise<QuotaSet> => {
      const { quotas } =
        kind === "organization"
          ? unwrap(await api.GET(ORGANIZATION, { params: { path: { organization: name } }, signal }))
          : unwrap(await api.GET(ACCOUNT, { params: { path: { name } }, signal }));
      return quotas;
    },
  });
}

/** The limits of all that have none of their own, for operators. */
export function useDefaultQuotas() {
  return queries.useQuery("get", DEFAULTS);
}

/** Sets limits, for operators: of one holder, or the defaults of a kind. */
export function useQuotaChanges() {
  const client = useQueryClient();
  const onSuccess = () =>
    Promise.all(
      ([ORGANIZATION, ACCOUNT, DEFAULTS] as const).map((path) => client.invalidateQueries({ queryKey: keyOf(path) })),
    );
  const change = useMutation({
    mutationFn: async ({ holder: { kind, name }, changes }: { holder: QuotaHolder; changes: QuotaChanges }) =>
      kind === "organization"
        ? unwrap(await api.PATCH(ORGANIZATION, { params: { path: { organization: name } }, body: changes }))
        : unwrap(await api.PATCH(ACCOUNT, { params: { path: { name } }, body: changes })),
    onSuccess,
  });
  const changeDefaults = useMutation({
    mutationFn: async ({ kind, changes }: { kind: QuotaHolder["kind"]; changes: Partial<DefaultQuotas["account"]> }) =>
      unwrap(await api.PATCH(DEFAULTS, { body: { [kind]: changes } })),
    onSuccess,
  });
  return { change, changeDefaults };
}
