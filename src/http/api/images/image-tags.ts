/** Giving what a tag points to another tag: guide 4.5. */
import { parseTag } from "../../../kernel/reference.ts";
import { getImageTag, retag } from "../../../registry/images/image-tags.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { imageOf, ImageParams } from "../params.ts";

const tag = z.string().transform(parseTag).openapi({ type: "string", minLength: 1, maxLength: 128, example: "stable" });

const NewTag = z
  .strictObject({
    name: tag.openapi({ description: "The new tag: letters, digits, `_`, `.` and `-`, the first no `.` or `-`." }),
    source: tag.openapi({ description: "The tag whose manifest it is to point to.", example: "1.0" }),
    override: z.boolean().default(false).openapi({ description: "Move the tag if it is there already." }),
  })
  .openapi("NewTag");

const CreatedTag = z
  .object({
    name: z.string(),
    digest: z.string().openapi({ example: `sha256:${"0123456789abcdef".repeat(4)}` }),
    mediaType: z.string(),
    size: z.int().openapi({ description: "Bytes of all its blobs, an index's children's too, each once." }),
    created: Time.openapi({ description: "When the tag was first made." }),
    updated: Time.openapi({ description: "When it was last moved." }),
  })
  .openapi("CreatedTag");

const createTag = createRoute({
  method: "post",
  path: "/organizations/{organization}/images/{image}/tags",
  operationId: "createTag",
  tags: ["Images"],
  summary: "Create a tag from another tag",
  description:
    "No bytes move. A tag that is there already is refused without `override`, and one that an immutable-tag rule keeps " +
    "in any case. Takes the right to edit the image.",
  request: { params: ImageParams, ...jsonBody(NewTag) },
  responses: { 201: json(CreatedTag, "The tag is there.") },
});

export const imageTags = createRouter().openapi(createTag, async (c) => {
  const call = managerCall(c);
  const { name: destination, source, override: overrides } = c.req.valid("json");
  const name = imageOf(c.req.valid("param"));
  await retag(call, name, { source, destination, overrides });
  const found = await getImageTag(call, name, destination);
  return c.json(
    {
      name: found.name,
      digest: found.digest,
      mediaType: found.mediaType,
      size: found.imageBytes,
      created: formatTime(found.createdAt),
      updated: formatTime(found.updatedAt),
    },
    201,
  );
});
