import { parsePlatform } from "../../../model/images/image-archive.ts";
import { openArchive } from "../../../registry/images/image-archive.ts";
import { visitorCall } from "../../call.ts";
import { createRoute, createRouter, z } from "../../openapi.ts";
import { imageOf, ManifestParams } from "../params.ts";

const TAR = "application/x-tar";

const downloadImage = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/manifests/{reference}/archive",
  operationId: "downloadImage",
  tags: ["Images"],
  summary: "Download an image as a tar archive",
  description:
    "For everybody who may pull the image; to others it does not exist. An OCI image layout with the `manifest.json` of " +
    "`docker save`: `docker load`, `podman load`, `ctr images import` and `skopeo copy oci-archive:…` read it. Of an " +
    "index it holds all platforms; a docker that loads one only gets linux/amd64. It counts as a pull. A `HEAD` request " +
    "tells the size. Refused before any bytes: more than 900 manifests and layers (413), and an image with a layer " +
    "that may not be distributed and is not here, so that docker could not load the file (409). `berth pull` makes an " +
    "archive of both.",
  security: [{}],
  request: {
    params: ManifestParams,
    query: z.strictObject({
      platform: z.string().transform(parsePlatform).optional().openapi({
        type: "string",
        description: "Only this platform of an index, `os/architecture` or `os/architecture/variant`.",
        example: "linux/arm64",
      }),
    }),
  },
  responses: {
    200: {
      content: { [TAR]: { schema: z.string().openapi({ format: "binary" }) } },
      description: "The archive.",
      headers: z.object({
        "Content-Length": z.string().openapi({ description: "Bytes." }),
        "Content-Disposition": z.string().openapi({ example: 'attachment; filename="acme_shop_web_1.0.tar"' }),
      }),
    },
  },
});

/** Images as files: beyond SWR. */
export const imageArchive = createRouter().openapi(downloadImage, async (c) => {
  const { reference, ...params } = c.req.valid("param");
  const { platform } = c.req.valid("query");
  const name = imageOf(params);
  const archive = await openArchive(visitorCall(c), { name, reference, platform });
  c.header("Content-Type", TAR);
  c.header("Content-Length", String(archive.size));
  c.header("Content-Disposition", `attachment; filename="${archive.fileName}"`);
  if (c.req.method === "HEAD") return c.body(null, 200);
  return c.body(archive.open(), 200);
});
