/** How much the images of an organization take up at present. */
import { getUsage } from "../../../registry/quotas/usage.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { OrganizationParams } from "../params.ts";

const Usage = z
  .object({
    organization: z.string(),
    images: z.int(),
    tags: z.int(),
    imageBytes: z.int().openapi({ description: "The sizes of its images: a blob that two have counts twice." }),
    storedBytes: z.int().openapi({ description: "Bytes of its blobs, each counted once: what its quota counts." }),
  })
  .openapi("OrganizationUsage");

/** Beyond SWR. */
export const usage = createRouter();

usage.openapi(
  createRoute({
    method: "get",
    path: "/organizations/{organization}/usage",
    tags: ["Quotas"],
    operationId: "showOrganizationUsage",
    summary: "Show an organization's storage usage",
    description: "For everybody who has a right to all of its images.",
    request: { params: OrganizationParams },
    responses: { 200: json(Usage, "Counted now.") },
  }),
  async (c) => {
    const { organization } = c.req.valid("param");
    return c.json({ organization, ...(await getUsage(managerCall(c), organization)) }, 200);
  },
);
