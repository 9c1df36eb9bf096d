/** What the caller may have: organizations of their own, and what their account stores (guide 1.5). */
import { QUOTA_RESOURCES } from "../../../kernel/quotas.ts";
import { listQuotas } from "../../../registry/overview/reports.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";

const RESOURCES = ["organizations", ...QUOTA_RESOURCES] as const;

const OwnQuotas = z
  .object({
    quotas: z.array(
      z.object({
        resource: z
          .enum(RESOURCES)
          .openapi({ description: "What is limited; `organizations` the caller has created." }),
        used: z.int(),
        limit: z.int().nullable().openapi({ description: "The last number that is allowed; null: any." }),
      }),
    ),
  })
  .openapi("OwnQuotas");

const listOwnQuotas = createRoute({
  method: "get",
  path: "/quotas/own",
  operationId: "listOwnQuotas",
  tags: ["Quotas"],
  summary: "Show the caller's quotas",
  description:
    "For administrators also what all organizations of the account have together, and may have: what " +
    "`/api/accounts/{name}/quota` tells.",
  responses: { 200: json(OwnQuotas, "The quotas of the caller.") },
});

export const ownQuotas = createRouter().openapi(listOwnQuotas, async (c) => {
  const found = await listQuotas(managerCall(c));
  return c.json({ quotas: found.map(({ resource, used, limit }) => ({ resource, used, limit })) }, 200);
});
