/** What was done, by whom (guide 1.6). */
import type { components, operations } from "../../client/api/schema.d.ts";
import { useCursorList } from "./cursor-list.ts";

export type AuditEvent = components["schemas"]["AuditEvent"];
export type AuditFilter = NonNullable<operations["exportAuditEvents"]["parameters"]["query"]>;

const AUDIT = "/api/audit";

/** Events, the newest first. */
export function useAuditEvents(filter: Omit<AuditFilter, "cursor">) {
  return useCursorList(AUDIT, { query: filter }, "events");
}

/** Where all events that pass a filter can be had as a file of JSON Lines. */
export function auditExportPath(filter: Omit<AuditFilter, "cursor">): string {
  const query = new URLSearchParams(filter).toString();
  return `${AUDIT}/export${query && `?${query}`}`;
}
