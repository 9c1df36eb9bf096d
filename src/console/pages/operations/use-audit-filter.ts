import type { AuditEvent, AuditFilter } from "../../api/audit.ts";
import { useSelf } from "../../api/session.ts";
import operations from "../../i18n/en/operations.ts";
import { type ChangeListParams, type ListParams, oneOf, useListParams } from "../lists/use-list-params.ts";
import { dayAfter, parseDay } from "./days.ts";

type Action = AuditEvent["action"];

/** All kinds of events: those that have a name, which the types make all of them. */
export const ACTIONS = Object.keys(operations.action) as Action[];

export const RESULTS = ["success", "denied"] as const satisfies readonly AuditEvent["result"][];

const KEYS = ["organization", "user", "account", "action", "result", "since", "until"] as const;
type Key = (typeof KEYS)[number];

export interface AuditFilterState {
  /** As the page's address has them. */
  params: ListParams<Key>;
  change: ChangeListParams<Key>;
  /** As the registry is asked. */
  filter: AuditFilter;
  isFiltered: boolean;
  clear: () => void;
}

/** What the audit is filtered by, kept in the page's address. Only operators can ask for other accounts. */
export function useAuditFilter(): AuditFilterState {
  const { role } = useSelf();
  const [params, change] = useListParams(KEYS);
  const { organization, user } = params;
  const account = role === "operator" ? params.account : undefined;
  const action = oneOf(params.action, ACTIONS);
  const result = oneOf(params.result, RESULTS);
  const since = parseDay(params.since);
  const until = parseDay(params.until);
  const filter: AuditFilter = {
    ...(organization && { organization }),
    ...(user && { user }),
    ...(account && { account }),
    ...(action && { action }),
    ...(result && { result }),
    ...(since && { since: since.toISOString() }),
    // The day itself belongs to it.
    ...(until && { until: dayAfter(until).toISOString() }),
  };
  return {
    params,
    change,
    filter,
    isFiltered: Object.keys(filter).length > 0,
    clear: () => change(Object.fromEntries(KEYS.map((key) => [key, undefined]))),
  };
}
