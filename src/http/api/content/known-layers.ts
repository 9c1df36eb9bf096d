import { parseRepositoryName } from "../../../kernel/reference.ts";
import { findKnownLayers, SEARCHED_TAGS } from "../../../registry/content/known-layers.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { OrganizationParams } from "../params.ts";

/** More than any image has. */
const MAX_LAYERS = 1000;
const DIFF_ID = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/;

const WantedLayers = z
  .strictObject({
    image: z.string().max(255).openapi({ description: "The image's name. It need not exist.", example: "shop/web" }),
    diffIds: z
      .array(z.string().regex(DIFF_ID))
      .min(1)
      .max(MAX_LAYERS)
      .openapi({ description: "Digests of what layers unpack to, as `rootfs.diff_ids` of a configuration has them." }),
  })
  .openapi("WantedLayers");

const KnownLayers = z
  .object({
    layers: z.array(
      z.object({
        diffId: z.string(),
        digest: z.string().openapi({ description: "Of the layer as it is stored, compressed with gzip." }),
        size: z.int().openapi({ description: "Bytes, compressed." }),
      }),
    ),
  })
  .openapi("KnownLayers");

const route = createRoute({
  method: "post",
  path: "/organizations/{organization}/known-layers",
  operationId: "findKnownLayers",
  tags: ["Images"],
  summary: "Find layers that need not be uploaded",
  description:
    "For archives, whose layers are not compressed: nobody can tell what those are called that the registry has. It looks " +
    `at the image's ${SEARCHED_TAGS} newest tags. Takes the right to edit the organization.`,
  request: { params: OrganizationParams, ...jsonBody(WantedLayers) },
  responses: { 200: json(KnownLayers, "Those that are there, each once.") },
});

/** The upload page asks this before it sends anything. */
export const knownLayers = createRouter().openapi(route, async (c) => {
  const { organization } = c.req.valid("param");
  const { image, diffIds } = c.req.valid("json");
  const name = parseRepositoryName(`${organization}/${image}`);
  return c.json({ layers: await findKnownLayers(managerCall(c), name, diffIds) }, 200);
});
