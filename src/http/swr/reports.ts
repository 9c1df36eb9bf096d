import { reportPulledBytes, reportStoredBytes } from "../../registry/overview/reports.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";

const REPORTS = { downflow: reportPulledBytes, store: reportStoredBytes };

const Report = z
  .array(
    z.object({
      date: z.string().openapi({ format: "date", description: "A day in UTC.", example: "2026-11-24" }),
      value: z.number().openapi({ description: "Bytes." }),
    }),
  )
  .openapi("Report");

const showDomainResourceReports = createRoute({
  method: "get",
  path: "/reports/{resource_type}/{frequency}",
  operationId: "showDomainResourceReports",
  tags: ["Overview"],
  summary: "Show daily traffic or storage",
  description:
    "`downflow`: bytes pulled, for a member who does not administer the account from the images they have a right to. " +
    "`store`: bytes stored at the end of each day, for administrators of the account only.",
  request: {
    params: z.object({
      resource_type: z.enum(["downflow", "store"]).openapi({ param: { name: "resource_type", in: "path" } }),
      frequency: z.enum(["daily"]).openapi({ param: { name: "frequency", in: "path" } }),
    }),
  },
  responses: { 200: json(Report, "The days, oldest first; the last one is still running.") },
});

export const reports = createRouter().openapi(showDomainResourceReports, async (c) => {
  const report = REPORTS[c.req.valid("param").resource_type];
  const days = await report(managerCall(c));
  return c.json(
    days.map(({ day, value }) => ({ date: day, value })),
    200,
  );
});
