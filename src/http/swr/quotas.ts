import { getOrganizationQuota } from "../../registry/reports.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { ProjectParams } from "./params.ts";

const Quotas = z
  .object({
    quotas: z.array(
      z.object({
        quota_key: z.string().openapi({ description: "What is limited.", example: "namespace" }),
        quota_limit: z.int(),
        used: z.int(),
        unit: z.string(),
      }),
    ),
  })
  .openapi("Quotas");

const listQuotas = createRoute({
  method: "get",
  path: "/projects/{project_id}/quotas",
  operationId: "listQuotas",
  tags: ["Overview"],
  summary: "How many organizations the caller has created, and may create",
  request: { params: ProjectParams },
  responses: { 200: json(Quotas, "The quotas of the caller.") },
});

/** Quotas (guide 1.5). */
export const quotas = createRouter().openapi(listQuotas, async (c) => {
  const { used, limit } = await getOrganizationQuota(c.var.stores, c.var.caller);
  return c.json({ quotas: [{ quota_key: "namespace", quota_limit: limit, used, unit: "" }] }, 200);
});
