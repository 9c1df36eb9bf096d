import { withDocuments } from "../../../documents.ts";
import { MANIFEST_MEDIA_TYPES } from "../../../kernel/media-types.ts";
import { getManifestText } from "../../../registry/images/image-detail.ts";
import { sendDocument } from "../../bound-answers.ts";
import { visitorCall } from "../../call.ts";
import { createRoute, createRouter, z } from "../../openapi.ts";
import { imageOf, ManifestParams } from "../params.ts";

const Manifest = z
  .looseObject({ schemaVersion: z.literal(2).optional(), mediaType: z.string().optional() })
  .openapi("ManifestText", { description: "A manifest or index as the OCI image specification has it." });

/** Keys of type `string`: the types of @hono/zod-openapi take every `…json` for one JSON value. */
const CONTENT: Record<string, { schema: typeof Manifest }> = Object.fromEntries(
  MANIFEST_MEDIA_TYPES.map((mediaType) => [mediaType, { schema: Manifest }]),
);

const showManifestText = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/manifests/{reference}/text",
  operationId: "showManifestText",
  tags: ["Images"],
  summary: "Download a manifest as it was pushed",
  description:
    "Byte for byte, so that it has its digest. It does not count as a pull. For everybody who may pull the image; to " +
    "others it does not exist.",
  security: [{}],
  request: { params: ManifestParams },
  responses: {
    200: {
      content: CONTENT,
      description: "The manifest.",
      headers: z.object({ "Docker-Content-Digest": z.string() }),
    },
  },
});

export const manifestText = createRouter().openapi(showManifestText, async (c) => {
  const { reference, ...params } = c.req.valid("param");
  return withDocuments(async (memory) => {
    const image = imageOf(params);
    const manifest = await getManifestText(visitorCall(c), image, reference, memory);
    c.header("Content-Type", manifest.mediaType);
    c.header("Docker-Content-Digest", manifest.digest);
    return sendDocument(c, manifest.text, memory);
  });
});
