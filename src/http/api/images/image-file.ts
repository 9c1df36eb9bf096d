import { parseDigest } from "../../../kernel/digest.ts";
import { findImageFile } from "../../../registry/images/image-file.ts";
import { visitorCall } from "../../call.ts";
import { createRoute, createRouter, z } from "../../openapi.ts";
import { ImageParams, imageOf } from "../params.ts";

const BYTES = "application/octet-stream";

/** Of a sha512. */
const MAX_DIGEST_LENGTH = 135;

const downloadFile = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/blobs/{digest}",
  operationId: "downloadFile",
  tags: ["Images"],
  summary: "Download a layer or file",
  description:
    "A layer, a configuration, or what an artifact holds, such as an SBOM: `layers` of a manifest name them. For everybody " +
    "who may pull the image; to others it does not exist. Its bytes are counted, and no pull. Of an image of another " +
    "registry (pull-through) it is here once a client has pulled it.",
  security: [{}],
  request: {
    params: ImageParams.extend({
      digest: z
        .string()
        .transform(parseDigest)
        .openapi({
          param: { name: "digest", in: "path" },
          type: "string",
          minLength: 1,
          maxLength: MAX_DIGEST_LENGTH,
          description: "The file's digest.",
          example: `sha256:${"0".repeat(64)}`,
        }),
    }),
  },
  responses: {
    200: {
      content: { [BYTES]: { schema: z.string().openapi({ format: "binary" }) } },
      description: "The bytes of the file.",
      headers: z.object({ "Content-Length": z.string().openapi({ description: "Bytes." }) }),
    },
  },
});

/** Files of images and artifacts one by one: beyond SWR. */
export const imageFile = createRouter().openapi(downloadFile, async (c) => {
  const { digest, ...params } = c.req.valid("param");
  const image = imageOf(params);
  const file = await findImageFile(visitorCall(c), image, digest);
  const isHead = c.req.method === "HEAD";
  // Before any header is set: bytes that are lost are answered without them.
  const body = isHead ? undefined : await file.open();
  // Anybody may have pushed it: no browser shows it as a page of the registry.
  c.header("Content-Type", BYTES);
  c.header("Content-Disposition", "attachment");
  c.header("Content-Length", String(file.size));
  return body ? c.body(body, 200) : c.body(null, 200);
});
