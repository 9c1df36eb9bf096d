/** An account in numbers: what it has, and what it moved and stored day by day. */
import type { DayValue } from "../../../kernel/day.ts";
import { getOverview, REPORT_DAYS, reportPulledBytes, reportStoredBytes } from "../../../registry/overview/reports.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";

const TAGS = ["Overview"];

const Overview = z
  .object({
    account: z.string().openapi({ description: "The caller's account." }),
    organizations: z.int(),
    images: z.int(),
    tags: z.int(),
    storedBytes: z.int().openapi({
      description: "Each blob once in each organization; of single images, once in each image.",
    }),
    pulledBytes: z.int().openapi({ description: `Bytes pulled within ${REPORT_DAYS} days.` }),
  })
  .openapi("AccountOverview");

const DailyBytes = z
  .object({
    days: z
      .array(
        z.object({
          date: z.string().openapi({ format: "date", description: "A day in UTC.", example: "2026-11-24" }),
          bytes: z.int(),
        }),
      )
      .openapi({ description: `The last ${REPORT_DAYS} days, oldest first; the last one is still running.` }),
  })
  .openapi("DailyBytes");

const showOverview = createRoute({
  method: "get",
  path: "/overview",
  operationId: "showOverview",
  tags: TAGS,
  summary: "Show the account's overview",
  description:
    "For a member who does not administer the account: of the organizations and images they have a right to.",
  responses: { 200: json(Overview, "The numbers.") },
});

const showPulledBytes = createRoute({
  method: "get",
  path: "/reports/pulled-bytes",
  operationId: "showPulledBytes",
  tags: TAGS,
  summary: "Show bytes pulled by day",
  description: "For a member who does not administer the account: from the images they have a right to.",
  responses: { 200: json(DailyBytes, "The report.") },
});

const showStoredBytes = createRoute({
  method: "get",
  path: "/reports/stored-bytes",
  operationId: "showStoredBytes",
  tags: TAGS,
  summary: "Show bytes stored by day",
  description: "For administrators of the account.",
  responses: { 200: json(DailyBytes, "The report.") },
});

export const overview = createRouter()
  .openapi(showOverview, async (c) => {
    const { account, organizations, images, tags, storedBytes, pulledBytes } = await getOverview(managerCall(c));
    return c.json({ account: account.name, organizations, images, tags, storedBytes, pulledBytes }, 200);
  })
  .openapi(showPulledBytes, async (c) => {
    return c.json(describeDays(await reportPulledBytes(managerCall(c))), 200);
  })
  .openapi(showStoredBytes, async (c) => {
    return c.json(describeDays(await reportStoredBytes(managerCall(c))), 200);
  });

function describeDays(days: readonly DayValue[]): z.infer<typeof DailyBytes> {
  return { days: days.map(({ day, value }) => ({ date: day, bytes: value })) };
}
