/** Trust rules of one's account, for its administrators. */
import type { components } from "../../client/api/schema.d.ts";
import { ifUnchanged, useChange } from "./change.ts";
import { api, keyOf, queries } from "./client.ts";

export type TrustRule = components["schemas"]["TrustRule"];
export type TrustCondition = components["schemas"]["TrustCondition"];
export type TrustGrant = components["schemas"]["TrustGrant"];
export type TrustTerms = components["schemas"]["TrustRuleTerms"];

const RULES = "/api/trust-rules";
const RULE = `${RULES}/{name}` as const;

/** All rules, by name. */
export function useTrustRules() {
  return queries.useQuery("get", RULES, {}, { select: ({ rules }) => rules });
}

/** Makes rules, gives them other terms, and deletes them. */
export function useTrustRuleChanges() {
  const add = useChange((body: TrustTerms & { name: string }) => api.POST(RULES, { body }), keyOf(RULES));
  const replace = useChange(
    ({ name, terms, version }: { name: string; terms: TrustTerms; version?: string | undefined }) =>
      api.PUT(RULE, { params: { path: { name } }, body: terms, ...ifUnchanged(version) }),
    keyOf(RULES),
  );
  const remove = useChange((name: string) => api.DELETE(RULE, { params: { path: { name } } }), keyOf(RULES));
  return { add, replace, remove };
}
