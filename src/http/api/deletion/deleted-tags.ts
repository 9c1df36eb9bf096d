import { parseTag } from "../../../kernel/reference.ts";
import { listRestorableTags, type RestorableTag, restoreDeletedTag } from "../../../registry/deletion/deleted-tags.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { formatCursor, Next, PAGE_PARAMS, readCursor } from "../paging.ts";
import { imageOf, ImageParams } from "../params.ts";

const TAGS = ["Aging"];

const Restorable = z
  .object({
    tag: z.string(),
    digest: z.string().openapi({ description: "What it pointed to." }),
    deleted: Time,
    deletedBy: z.string().nullable().openapi({ description: "Null when aging did it, or when the user is gone." }),
    companionOf: z.string().nullable().openapi({
      description:
        "Of a signature, an SBOM and the like: the image that it was deleted with, and comes back with by itself.",
    }),
    restorableUntil: Time.openapi({
      description: "At the latest: it ends earlier when somebody deletes what the tag pointed to.",
    }),
  })
  .openapi("RestorableTag");

const Restored = z.object({ tag: z.string(), digest: z.string() }).openapi("RestoredTag");

/** Taking back that a tag was deleted: beyond SWR. */
export const restore = createRouter();

restore.openapi(
  createRoute({
    method: "get",
    path: "/organizations/{organization}/images/{image}/restorable-tags",
    tags: TAGS,
    operationId: "listRestorableTags",
    summary: "List deleted tags that can be restored",
    description:
      "The last deleted first, be it by hand or by aging. What belongs to an image comes back with it. A page may have fewer entries than asked for, even none, and " +
      "yet not be the last. For everybody who has a right to the image in its own account.",
    request: { params: ImageParams, query: z.strictObject(PAGE_PARAMS) },
    responses: {
      200: json(z.object({ tags: z.array(Restorable), next: Next }).openapi("RestorableTags"), "A page of tags."),
    },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
    const page = { before, limit };
    const image = imageOf(c.req.valid("param"));
    const { tags, next } = await listRestorableTags(managerCall(c), image, page);
    return c.json({ tags: tags.map(describeTag), next: next === undefined ? null : formatCursor([next]) }, 200);
  },
);

restore.openapi(
  createRoute({
    method: "post",
    path: "/organizations/{organization}/images/{image}/tags/{tag}/restore",
    tags: TAGS,
    operationId: "restoreTag",
    summary: "Restore a deleted tag",
    description:
      "It points to what it pointed to, and counts as pushed now: a `tag_rule` may therefore take another one. Takes " +
      "the right to edit the image.",
    request: {
      params: ImageParams.extend({
        tag: z
          .string()
          .transform(parseTag)
          .openapi({ param: { name: "tag", in: "path" }, type: "string", example: "1.0" }),
      }),
    },
    responses: { 200: json(Restored, "It is there again.") },
  }),
  async (c) => {
    const { tag, ...params } = c.req.valid("param");
    const image = imageOf(params);
    const digest = await restoreDeletedTag(managerCall(c), image, tag);
    return c.json({ tag, digest }, 200);
  },
);

function describeTag(found: RestorableTag): z.infer<typeof Restorable> {
  return {
    tag: found.tag,
    digest: found.digest,
    deleted: formatTime(found.deletedAt),
    deletedBy: found.deletedBy,
    companionOf: found.companionOf,
    restorableUntil: formatTime(found.restorableUntil),
  };
}
