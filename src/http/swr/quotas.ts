import type { QuotaResource } from "../../kernel/quotas.ts";
import { listQuotas as listOwnQuotas, type OwnQuota } from "../../registry/overview/reports.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { ProjectParams } from "./params.ts";

const Quotas = z
  .object({
    quotas: z.array(
      z.object({
        quota_key: z.string().openapi({ description: "What is limited.", example: "namespace" }),
        quota_limit: z.int().openapi({ description: "-1: not limited." }),
        used: z.int(),
        unit: z.string().openapi({ description: "Empty where things are counted." }),
      }),
    ),
  })
  .openapi("Quotas");

const listQuotas = createRoute({
  method: "get",
  path: "/projects/{project_id}/quotas",
  operationId: "listQuotas",
  tags: ["Overview"],
  summary: "Show the caller's quotas",
  description:
    "For administrators also what all organizations of the account have together, and may have: `stored_bytes` and " +
    "`manifest_bytes` in MiB, rounded up, `image`, `tag` and `open_upload`.",
  request: { params: ProjectParams },
  responses: { 200: json(Quotas, "The quotas of the caller.") },
});

const MIB = 1024 ** 2;

/** SWR's numbers have 32 bits, in which bytes do not fit. */
const SHOWN: Record<OwnQuota["resource"], { key: string; unit: string; size: number }> = {
  organizations: { key: "namespace", unit: "", size: 1 },
  storedBytes: { key: "stored_bytes", unit: "MiB", size: MIB },
  manifestBytes: { key: "manifest_bytes", unit: "MiB", size: MIB },
  images: { key: "image", unit: "", size: 1 },
  tags: { key: "tag", unit: "", size: 1 },
  openUploads: { key: "open_upload", unit: "", size: 1 },
} satisfies Record<QuotaResource | "organizations", unknown>;

/** Quotas (guide 1.5). */
export const quotas = createRouter().openapi(listQuotas, async (c) => {
  const found = await listOwnQuotas(managerCall(c));
  return c.json({ quotas: found.map(describeQuota) }, 200);
});

function describeQuota({ resource, used, limit }: OwnQuota) {
  const { key, unit, size } = SHOWN[resource];
  return {
    quota_key: key,
    quota_limit: limit === null ? -1 : Math.floor(limit / size),
    used: Math.ceil(used / size),
    unit,
  };
}
