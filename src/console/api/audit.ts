/** What was done, by whom (guide 1.6). */
import { api, unwrap } from "./client.ts";
import { useCursorList } from "./cursor-list.ts";
import type { components, operations } from "./schema.d.ts";

export type AuditEvent = components["schemas"]["AuditEvent"];
export type AuditFilter = NonNullable<operations["exportAuditEvents"]["parameters"]["query"]>;

const AUDIT = "/api/audit";
const PAGE = 50;

/** Events, the newest first. */
export function useAuditEvents(filter: Omit<AuditFilter, "cursor">) {
  const query = { ...filter, limit: PAGE };
  return useCursorList({
    queryKey: [AUDIT, query],
    fetchPage: async (cursor, signal) =>
      unwrap(await api.GET(AUDIT, { params: { query: { ...query, ...(cursor && { cursor }) } }, signal })),
    rowsOf: eventsOf,
  });
}

function eventsOf(page: components["schemas"]["AuditPage"]): readonly AuditEvent[] {
  return page.events;
}

/** Where all events that pass a filter can be had as a file of JSON Lines. */
export function auditExportPath(filter: Omit<AuditFilter, "cursor">): string {
  const query = new URLSearchParams(filter).toString();
  return `${AUDIT}/export${query && `?${query}`}`;
}
