import { MAX_DELETED_TAGS } from "../../../kernel/field-limits.ts";
import { parseTag } from "../../../kernel/reference.ts";
import { deleteImageTag, deleteImageTags } from "../../../registry/images/image-tags.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { imageOf, ImageParams } from "../params.ts";

const Unwanted = z
  .strictObject({
    tags: z
      .array(z.string().transform(parseTag).openapi({ type: "string", example: "1.0" }))
      .min(1)
      .max(MAX_DELETED_TAGS),
  })
  .openapi("UnwantedTags");

const Results = z
  .object({
    results: z.array(
      z.object({
        tag: z.string(),
        result: z
          .enum(["deleted", "immutable", "unknown"])
          .openapi({ description: "`immutable`: a rule keeps it. `unknown`: there is none of that name." }),
      }),
    ),
  })
  .openapi("TagDeletions");

const deleteTags = createRoute({
  method: "post",
  path: "/organizations/{organization}/images/{image}/tags/delete",
  operationId: "deleteTags",
  tags: ["Images"],
  summary: "Delete tags",
  description:
    `1 to ${MAX_DELETED_TAGS} of them, all at once; those that cannot be deleted keep none of the others. What was deleted by ` +
    "mistake can be restored for a while. Takes the right to manage the image.",
  request: { params: ImageParams, ...jsonBody(Unwanted) },
  responses: { 200: json(Results, "What came of each, in the order of the request, a repeated one once.") },
});

const deleteTag = createRoute({
  method: "delete",
  path: "/organizations/{organization}/images/{image}/tags/{tag}",
  operationId: "deleteTag",
  tags: ["Images"],
  summary: "Delete a tag",
  description:
    "It can be restored for a while. Refused while an immutable-tag rule keeps it. Takes the right to manage the image.",
  request: {
    params: ImageParams.extend({
      tag: z
        .string()
        .transform(parseTag)
        .openapi({ param: { name: "tag", in: "path" }, type: "string", minLength: 1, maxLength: 128, example: "1.0" }),
    }),
  },
  responses: { 204: { description: "It is gone." } },
});

/** One tag, which is deleted or refused, and many at once, of each of which the answer tells. */
export const tagDeletion = createRouter()
  .openapi(deleteTags, async (c) => {
    const name = imageOf(c.req.valid("param"));
    const results = await deleteImageTags(managerCall(c), name, c.req.valid("json").tags);
    return c.json({ results: [...results].map(([tag, result]) => ({ tag, result })) }, 200);
  })
  .openapi(deleteTag, async (c) => {
    const { tag, ...params } = c.req.valid("param");
    const name = imageOf(params);
    await deleteImageTag(managerCall(c), name, tag);
    return c.body(null, 204);
  });
