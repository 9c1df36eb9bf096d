/** What images and organizations have taken up, and what was pulled from them, day by day. Beyond SWR. */
import {
  type ImageDay,
  listImageDays,
  listOrganizationDays,
  type OrganizationDay,
  USAGE_DAYS,
} from "../../../registry/overview/daily-usage.ts";
import { managerCall, visitorCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { imageOf, ImageParams, OrganizationParams } from "../params.ts";

const DEFAULT_DAYS = 90;

const Query = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(USAGE_DAYS)
    .default(DEFAULT_DAYS)
    .openapi({
      description: `How many days, the running one included: 1 to ${USAGE_DAYS}, default ${DEFAULT_DAYS}.`,
    }),
});

const AT_ITS_END =
  "At the end of the day, on the running one now. Null for a day before it was created, or before Berth wrote it down.";

const ORGANIZATION_DAY = {
  date: z.string().openapi({ format: "date", description: "A day in UTC.", example: "2026-11-24" }),
  storedBytes: z
    .int()
    .nullable()
    .openapi({ description: `Bytes of its blobs, each counted once. ${AT_ITS_END}` }),
  tags: z
    .int()
    .nullable()
    .openapi({ description: `Without those of signatures and the like. ${AT_ITS_END}` }),
  pulledBytes: z.int(),
};

const DAYS = { description: "Oldest first; the last one is still running." };

const OrganizationUsage = z
  .object({ days: z.array(z.object(ORGANIZATION_DAY)).openapi(DAYS) })
  .openapi("DailyOrganizationUsage");

const ImageUsage = z
  .object({ days: z.array(z.object({ ...ORGANIZATION_DAY, pulls: z.int() })).openapi(DAYS) })
  .openapi("DailyImageUsage");

const showOrganizationUsage = createRoute({
  method: "get",
  path: "/organizations/{organization}/usage/daily",
  operationId: "showDailyOrganizationUsage",
  tags: ["Organizations"],
  summary: "Show an organization's daily usage",
  description: "For everybody who has a right to all of its images.",
  request: { params: OrganizationParams, query: Query },
  responses: { 200: json(OrganizationUsage, "The days.") },
});

const showImageUsage = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/usage/daily",
  operationId: "showDailyImageUsage",
  tags: ["Images"],
  summary: "Show an image's daily usage",
  description:
    "For everybody who may pull the image: by permission, share, or because it is public. To others it does not exist.",
  security: [{}],
  request: { params: ImageParams, query: Query },
  responses: { 200: json(ImageUsage, "The days.") },
});

export const dailyUsage = createRouter()
  .openapi(showOrganizationUsage, async (c) => {
    const { organization } = c.req.valid("param");
    const { days } = c.req.valid("query");
    const found = await listOrganizationDays(managerCall(c), organization, days);
    return c.json({ days: found.map(describeDay) }, 200);
  })
  .openapi(showImageUsage, async (c) => {
    const name = imageOf(c.req.valid("param"));
    const { days } = c.req.valid("query");
    const found = await listImageDays(visitorCall(c), name, days);
    return c.json({ days: found.map(describeDay) }, 200);
  });

function describeDay<T extends OrganizationDay | ImageDay>({ day, ...numbers }: T) {
  return { date: day, ...numbers };
}
