import { type Quotas, versionOfCommonLimits, versionOfQuotas } from "../../../kernel/quotas.ts";
import {
  getAccountQuotas,
  getCommonLimits,
  getOrganizationQuotas,
  setAccountLimits,
  setCommonLimits,
  setOrganizationLimits,
} from "../../../registry/quotas/quotas.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, IfMatch, jsonBody, setVersion, versioned, versionsOf, z } from "../../openapi.ts";
import { OrganizationParams } from "../params.ts";
import { NameParams } from "../rights/people.ts";

const TAGS = ["Quotas"];

/** An object with a field for each resource, in the order in which they are shown. */
function each<S extends z.ZodType>(schema: S) {
  return {
    storedBytes: schema.openapi({ description: "Bytes of blobs, each counted once per organization." }),
    manifestBytes: schema.openapi({ description: "Bytes of manifests, which are stored in the database." }),
    images: schema.openapi({ description: "Images." }),
    tags: schema.openapi({ description: "Tags." }),
    openUploads: schema.openapi({ description: "Uploads under way; one user may have half of them, rounded up." }),
  };
}

const Limit = z.int().min(0).nullable().openapi({ description: "The last number that is allowed; null: any." });

const Quota = z
  .object({
    used: z.int(),
    limit: Limit,
    source: z.enum(["default", "own"]).openapi({ description: "Whether the limit is the default, or one of its own." }),
  })
  .openapi("Quota");

const QuotaSet = z.object(each(Quota)).openapi("QuotaSet");
const OrganizationQuotas = z.object({ organization: z.string(), quotas: QuotaSet }).openapi("OrganizationQuotas");
const AccountQuotas = z.object({ account: z.string(), quotas: QuotaSet }).openapi("AccountQuotas");

const QuotaChanges = z
  .strictObject(each(z.union([Limit, z.literal("default")]).optional()))
  .openapi("QuotaChanges", { description: "What is left out stays; `default` takes a limit of its own away." });

const CommonLimits = z
  .object({ organization: z.object(each(Limit)), account: z.object(each(Limit)) })
  .openapi("DefaultQuotas");

const CommonChanges = z
  .strictObject({
    organization: z.strictObject(each(Limit.optional())).optional(),
    account: z.strictObject(each(Limit.optional())).optional(),
  })
  .openapi("DefaultQuotaChanges", { description: "What is left out stays." });

const VERSION = [
  "the limits of its own, `default` where it has none and `unlimited` for null, in the order above, between full stops",
  "1099511627776.default.default.unlimited.default",
] as const;
const COMMON_VERSION = [
  "the limits of organizations and then those of accounts, `unlimited` for null, in the order above, between full stops",
  "549755813888.268435456.2000.100000.200.1099511627776.536870912.5000.200000.500",
] as const;

const showOrganizationQuota = createRoute({
  method: "get",
  path: "/organizations/{organization}/quota",
  operationId: "showOrganizationQuota",
  tags: TAGS,
  summary: "Show an organization's quotas",
  description: "For everybody who has a right to all of its images, and for operators.",
  request: { params: OrganizationParams },
  responses: { 200: versioned(OrganizationQuotas, "Exact at this moment.", VERSION) },
});

const updateOrganizationQuota = createRoute({
  method: "patch",
  path: "/organizations/{organization}/quota",
  operationId: "updateOrganizationQuota",
  tags: TAGS,
  summary: "Change an organization's quotas",
  description: "Operators only. A limit below what is used refuses further growth, and nothing else.",
  request: { params: OrganizationParams, headers: IfMatch, ...jsonBody(QuotaChanges) },
  responses: { 200: versioned(OrganizationQuotas, "The quotas afterwards.", VERSION) },
});

const showAccountQuota = createRoute({
  method: "get",
  path: "/accounts/{name}/quota",
  operationId: "showAccountQuota",
  tags: TAGS,
  summary: "Show an account's quotas",
  description: "For administrators of the account, and for operators.",
  request: { params: NameParams },
  responses: { 200: versioned(AccountQuotas, "Exact at this moment.", VERSION) },
});

const updateAccountQuota = createRoute({
  method: "patch",
  path: "/accounts/{name}/quota",
  operationId: "updateAccountQuota",
  tags: TAGS,
  summary: "Change an account's quotas",
  description: "Operators only. A limit below what is used refuses further growth, and nothing else.",
  request: { params: NameParams, headers: IfMatch, ...jsonBody(QuotaChanges) },
  responses: { 200: versioned(AccountQuotas, "The quotas afterwards.", VERSION) },
});

const showDefaultQuotas = createRoute({
  method: "get",
  path: "/quotas",
  operationId: "showDefaultQuotas",
  tags: TAGS,
  summary: "Show default quotas",
  description: "Operators only.",
  responses: { 200: versioned(CommonLimits, "The limits.", COMMON_VERSION) },
});

const updateDefaultQuotas = createRoute({
  method: "patch",
  path: "/quotas",
  operationId: "updateDefaultQuotas",
  tags: TAGS,
  summary: "Change default quotas",
  description: "Operators only.",
  request: { headers: IfMatch, ...jsonBody(CommonChanges) },
  responses: { 200: versioned(CommonLimits, "The limits afterwards.", COMMON_VERSION) },
});

/** Quotas: docs/quotas.md. Beyond SWR, whose operation lists those of the caller. */
export const quotas = createRouter()
  .openapi(showOrganizationQuota, async (c) => {
    const { organization } = c.req.valid("param");
    const found = await getOrganizationQuotas(managerCall(c), organization);
    setVersion(c, versionOfQuotas(found));
    return c.json({ organization, quotas: describeQuotas(found) }, 200);
  })
  .openapi(updateOrganizationQuota, async (c) => {
    const { organization } = c.req.valid("param");
    const set = await setOrganizationLimits(managerCall(c), organization, c.req.valid("json"), versionsOf(c));
    setVersion(c, versionOfQuotas(set));
    return c.json({ organization, quotas: describeQuotas(set) }, 200);
  })
  .openapi(showAccountQuota, async (c) => {
    const { name } = c.req.valid("param");
    const found = await getAccountQuotas(managerCall(c), name);
    setVersion(c, versionOfQuotas(found));
    return c.json({ account: name, quotas: describeQuotas(found) }, 200);
  })
  .openapi(updateAccountQuota, async (c) => {
    const { name } = c.req.valid("param");
    const set = await setAccountLimits(managerCall(c), name, c.req.valid("json"), versionsOf(c));
    setVersion(c, versionOfQuotas(set));
    return c.json({ account: name, quotas: describeQuotas(set) }, 200);
  })
  .openapi(showDefaultQuotas, async (c) => {
    const limits = await getCommonLimits(managerCall(c));
    setVersion(c, versionOfCommonLimits(limits));
    return c.json(limits, 200);
  })
  .openapi(updateDefaultQuotas, async (c) => {
    const limits = await setCommonLimits(managerCall(c), c.req.valid("json"), versionsOf(c));
    setVersion(c, versionOfCommonLimits(limits));
    return c.json(limits, 200);
  });

function describeQuotas(found: Quotas): z.infer<typeof QuotaSet> {
  const { storedBytes, manifestBytes, images, tags, openUploads } = found;
  return {
    storedBytes: describeQuota(storedBytes),
    manifestBytes: describeQuota(manifestBytes),
    images: describeQuota(images),
    tags: describeQuota(tags),
    openUploads: describeQuota(openUploads),
  };
}

function describeQuota({ used, limit, isDefault }: Quotas[keyof Quotas]): z.infer<typeof Quota> {
  return { used, limit, source: isDefault ? "default" : "own" };
}
