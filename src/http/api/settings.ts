import { CATEGORIES } from "../../kernel/image-categories.ts";
import { MAX_BLOB_BYTES, MAX_MANIFEST_BYTES, MAX_PAGE_UPLOADS } from "../../kernel/limits.ts";
import { VERSION } from "../../kernel/version.ts";
import { TOKEN_LIFETIME_S } from "../../registry/logins/tokens.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";

/** The same for everybody, and it changes when the operator deploys. */
const CACHE_CONTROL = "public, max-age=60";

const Bytes = z.int().openapi({ description: "Bytes." });

const Settings = z
  .object({
    version: z.string().openapi({ description: "Of the registry.", example: "1.0.0" }),
    project: z.string().openapi({ description: "What stands before the `@` in login commands." }),
    anonymousPull: z.boolean().openapi({
      description: "Whether public images may be seen and pulled without credentials.",
    }),
    organizationQuota: z.int().openapi({ description: "How many organizations a user may create." }),
    createsOrganizationOnPush: z.boolean().openapi({
      description: "Whether a push to an organization that does not exist creates it.",
    }),
    auditDays: z.int().openapi({ description: "For how many days audit events are kept." }),
    graceDays: z.int().openapi({ description: "For how many days a deleted tag can be restored." }),
    tokenSeconds: z.int().openapi({ description: "How long a token of `GET /token` lives." }),
    uploads: z.object({
      archives: z.int().openapi({ description: "How many archives one upload from the console may have." }),
      archiveBytes: Bytes.openapi({ description: "Bytes of one of them, also unpacked." }),
      layerBytes: Bytes,
      manifestBytes: Bytes,
    }),
    categories: z.array(z.string()).openapi({ description: "What images are sorted into." }),
  })
  .openapi("Settings");

const showSettings = createRoute({
  method: "get",
  path: "/settings",
  operationId: "showSettings",
  tags: ["Overview"],
  summary: "Show the registry's settings and limits",
  security: [],
  responses: { 200: json(Settings, "The settings.") },
});

/** What a client needs to know before anybody has logged in. */
export const settings = createRouter().openapi(showSettings, (c) => {
  const { project, allowsAnonymousPull, uploadArchiveBytes, ...others } = c.var.stores.settings;
  c.header("Cache-Control", CACHE_CONTROL);
  return c.json(
    {
      version: VERSION,
      project,
      anonymousPull: allowsAnonymousPull,
      organizationQuota: others.organizationQuota,
      createsOrganizationOnPush: others.createsOrganizationOnPush,
      auditDays: others.auditDays,
      graceDays: others.graceDays,
      tokenSeconds: TOKEN_LIFETIME_S,
      uploads: {
        archives: MAX_PAGE_UPLOADS,
        archiveBytes: uploadArchiveBytes,
        layerBytes: MAX_BLOB_BYTES,
        manifestBytes: MAX_MANIFEST_BYTES,
      },
      categories: [...CATEGORIES],
    },
    200,
  );
});
