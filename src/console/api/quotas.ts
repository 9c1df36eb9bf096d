/** Quotas: what accounts and organizations have of what all share, and may have. */
import { useQuery } from "@tanstack/react-query";
import { type Answer, unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
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

/** @param version of what was seen; undefined: any. */
interface LimitChange<C = QuotaChanges> {
  changes: C;
  version: string | undefined;
}

/** Sets limits, for operators: of one holder, or the defaults of a kind. */
export function useQuotaChanges() {
  const stale = [keyOf(ORGANIZATION), keyOf(ACCOUNT), keyOf(DEFAULTS)];
  const change = useChange(
    ({ holder: { kind, name }, changes, version }: LimitChange & { holder: QuotaHolder }): Promise<Answer<unknown>> => {
      const request = { body: changes, ...ifUnchanged(version) };
      return kind === "organization"
        ? api.PATCH(ORGANIZATION, { params: { path: { organization: name } }, ...request })
        : api.PATCH(ACCOUNT, { params: { path: { name } }, ...request });
    },
    ...stale,
  );
  const changeDefaults = useChange(
    ({ kind, changes, version }: LimitChange<Partial<DefaultQuotas["account"]>> & { kind: QuotaHolder["kind"] }) =>
      api.PATCH(DEFAULTS, { body: { [kind]: changes }, ...ifUnchanged(version) }),
    ...stale,
  );
  return { change, changeDefaults };
}
