import { isDigest } from "../../../kernel/digest.ts";
import { listManifestReferrers } from "../../../registry/content/referrers.ts";
import { visitorCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatCursor, Next, PAGE_PARAMS, readCursor } from "../paging.ts";
import { imageOf, ManifestParams } from "../params.ts";

const MAX_TYPE_LENGTH = 255;

const Referrer = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    artifactType: z
      .string()
      .nullable()
      .openapi({ description: "What it is.", example: "application/vnd.dev.sigstore.bundle.v0.3+json" }),
    size: z.int().openapi({ description: "Bytes of the manifest itself." }),
    annotations: z.record(z.string(), z.string()).nullable(),
  })
  .openapi("Referrer");

const listReferrers = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/manifests/{reference}/referrers",
  operationId: "listReferrers",
  tags: ["Images"],
  summary: "List referrers: signatures, SBOMs and the like",
  description:
    "By digest. A page may have fewer entries than asked for and yet not be the last. For everybody who may pull the " +
    "image: by permission, share, or because it is public. To others it does not exist.",
  security: [{}],
  request: {
    params: ManifestParams,
    query: z.strictObject({
      artifactType: z
        .string()
        .min(1)
        .max(MAX_TYPE_LENGTH)
        .optional()
        .openapi({ description: "Referrers of this type." }),
      ...PAGE_PARAMS,
    }),
  },
  responses: {
    200: json(z.object({ referrers: z.array(Referrer), next: Next }).openapi("ReferrerPage"), "A page of referrers."),
  },
});

/** What the registry API lists as well, for callers with credentials of the management APIs. */
export const referrers = createRouter().openapi(listReferrers, async (c) => {
  const { reference, ...params } = c.req.valid("param");
  const { artifactType, cursor, limit } = c.req.valid("query");
  const last = readCursor(cursor, z.tuple([z.string().refine(isDigest)]))?.[0] ?? "";
  const page = { artifactType, last, limit };
  const image = imageOf(params);
  const found = await listManifestReferrers(visitorCall(c), image, reference, page);
  const { descriptors, next } = found;
  return c.json(
    {
      referrers: descriptors.map(({ artifactType: type = null, annotations = null, ...descriptor }) => ({
        ...descriptor,
        artifactType: type,
        annotations,
      })),
      next: next === undefined ? null : formatCursor([next]),
    },
    200,
  );
});
