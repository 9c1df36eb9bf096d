import { AUDIT_ACTIONS, AUDIT_RESULTS } from "../../../model/audit/audit.ts";
import { MAX_AUDIT_TEXT_LENGTH } from "../../../kernel/field-limits.ts";
import { parseOrganizationName } from "../../../kernel/reference.ts";
import {
  type AuditEvent,
  type AuditQuery,
  type ExportedEvents,
  exportEvents,
  listEvents,
} from "../../../registry/audit/audit.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatCursor, Next, PAGE_PARAMS, readCursor } from "../paging.ts";

/** A `string` for TypeScript: the types of @hono/zod-openapi take every `…json` for one JSON value. */
const JSON_LINES: string = "application/x-ndjson";

const time = (description: string) =>
  z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((text) => new Date(text))
    .optional()
    .openapi({ type: "string", format: "date-time", description, example: "2026-11-24T00:00:00Z" });
const name = (description: string) => z.string().min(1).max(64).optional().openapi({ description });

const FILTERS = {
  q: z
    .string()
    .min(1)
    .max(MAX_AUDIT_TEXT_LENGTH)
    .optional()
    .openapi({
      description:
        "Events that have this in their action, resource, user, address, organization or particulars; upper and lower " +
        "case alike. Particulars of more than 2 KiB are not searched.",
    }),
  organization: z
    .string()
    .transform(parseOrganizationName)
    .optional()
    .openapi({ type: "string", description: "Events that concern this organization or its images." }),
  user: name("Events that the user of this name caused."),
  action: z.enum(AUDIT_ACTIONS).optional().openapi({ description: "Events of this kind." }),
  result: z.enum(AUDIT_RESULTS).optional().openapi({ description: "Events that ended so." }),
  since: time("Events from this time on (ISO 8601)."),
  until: time("Events before this time (ISO 8601)."),
  account: name("Events of this account. Only operators may name another than their own."),
};
/** A misspelt filter would find everything, so what is not known is refused. */
const ListQuery = z.strictObject({ ...FILTERS, ...PAGE_PARAMS });
const ExportQuery = z.strictObject({ ...FILTERS, cursor: PAGE_PARAMS.cursor });

const Event = z
  .object({
    id: z.int(),
    time: z.string().openapi({ format: "date-time" }),
    account: z.string().nullable().openapi({ description: "Whose event it is; null when that account is gone." }),
    organization: z.string().nullable(),
    user: z.string().openapi({ description: "Who caused it, or the name that a login was tried with." }),
    address: z.string().nullable().openapi({ description: "The client's IP address." }),
    action: z.enum(AUDIT_ACTIONS),
    resource: z.string().openapi({ description: "What it was done to.", example: "acme/web:1.0" }),
    result: z.enum(AUDIT_RESULTS),
    detail: z.record(z.string(), z.unknown()).nullable().openapi({ description: "Further particulars." }),
  })
  .openapi("AuditEvent");

const WHO_MAY =
  "Operators see everything, administrators what concerns their account, members what they did themselves and, with " +
  "`organization`, what concerns an organization that they manage.";

const listAudit = createRoute({
  method: "get",
  path: "/audit",
  operationId: "listAuditEvents",
  tags: ["Audit"],
  summary: "List audit events",
  description: WHO_MAY,
  request: { query: ListQuery },
  responses: { 200: json(z.object({ events: z.array(Event), next: Next }).openapi("AuditPage"), "A page of events.") },
});

const exportAudit = createRoute({
  method: "get",
  path: "/audit/export",
  operationId: "exportAuditEvents",
  tags: ["Audit"],
  summary: "Export audit events as JSON Lines",
  description:
    `${WHO_MAY} With \`cursor\`, an export goes on behind the page that names it. One answer has about two million events; ` +
    'where there are more, its last line is `{"next": "…"}`, the `cursor` of the next export.',
  request: { query: ExportQuery },
  responses: {
    200: {
      content: { [JSON_LINES]: { schema: Event } },
      description: "An event in each line.",
    },
  },
});

/** The audit (guide 1.6). */
export const audit = createRouter()
  .openapi(listAudit, async (c) => {
    const { limit, ...query } = c.req.valid("query");
    const page = { before: readPosition(query), limit };
    const filters = readFilters(query);
    const { events, next } = await listEvents(managerCall(c), filters, page);
    return c.json({ events: events.map(describeEvent), next: next === undefined ? null : formatCursor([next]) }, 200);
  })
  .openapi(exportAudit, async (c) => {
    const query = c.req.valid("query");
    const filters = readFilters(query);
    const before = readPosition(query);
    const pages = await exportEvents(managerCall(c), filters, before);
    c.header("Content-Disposition", 'attachment; filename="audit.jsonl"');
    c.header("Content-Type", JSON_LINES);
    return c.body(streamLines(pages), 200);
  });

function readFilters(query: z.output<typeof ExportQuery>): AuditQuery {
  const { q: text, organization, user: userName, account: accountName, action, result, since, until } = query;
  return { text, organization, userName, accountName, action, result, since, until };
}

function readPosition({ cursor }: { cursor?: string | undefined }): number | undefined {
  return readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
}

/** One page is in memory at a time: the next is read when the client has taken this one. */
function streamLines(pages: AsyncGenerator<ExportedEvents, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value: part, done } = await pages.next();
        if (done) {
          controller.close();
          return;
        }
        const lines: unknown[] = part.events.map(describeEvent);
        if (part.next !== undefined) lines.push({ next: formatCursor([part.next]) });
        controller.enqueue(encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      },
      async cancel() {
        await pages.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function describeEvent({ createdAt, userName, detail, ...event }: AuditEvent): z.infer<typeof Event> {
  return {
    ...event,
    time: createdAt.toISOString(),
    user: userName,
    detail: detail === null ? null : (JSON.parse(detail) as Record<string, unknown>),
  };
}
