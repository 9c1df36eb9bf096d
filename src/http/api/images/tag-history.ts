import type { Context } from "hono";
import type { RepositoryName, Tag } from "../../../kernel/reference.ts";
import { parseTag } from "../../../kernel/reference.ts";
import { listTagHistory, type TagEvent } from "../../../registry/images/image-tags.ts";
import { managerCall } from "../../call.ts";
import type { AppEnv } from "../../context.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { cutPage, Next, PAGE_PARAMS, readCursor } from "../paging.ts";
import { imageOf, ImageParams } from "../params.ts";

const Event = z
  .object({
    tag: z.string(),
    digest: z.string().nullable().openapi({ description: "What it points to since then; null when it was deleted." }),
    previous: z
      .string()
      .nullable()
      .openapi({ description: "What it pointed to until then; null when it was not there." }),
    deleted: z.boolean(),
    user: z.string().nullable().openapi({ description: "Who did it; null when the user is gone." }),
    time: Time,
  })
  .openapi("TagEvent");
const EventPage = z.object({ events: z.array(Event), next: Next }).openapi("TagHistory");

const Query = z.strictObject(PAGE_PARAMS);
const WHO_MAY = "For everybody who has a right to the image in its own account.";

const listImageHistory = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/history",
  tags: ["Images"],
  operationId: "listImageHistory",
  summary: "List an image's tag history",
  description: WHO_MAY,
  request: { params: ImageParams, query: Query },
  responses: { 200: json(EventPage, "A page of the history.") },
});

const listHistoryOfTag = createRoute({
  method: "get",
  path: "/organizations/{organization}/images/{image}/tags/{tag}/history",
  tags: ["Images"],
  operationId: "listTagHistory",
  summary: "List a tag's history",
  description: `Empty for a tag that never was. ${WHO_MAY}`,
  request: {
    params: ImageParams.extend({
      tag: z
        .string()
        .transform(parseTag)
        .openapi({ param: { name: "tag", in: "path" }, type: "string", example: "1.0" }),
    }),
    query: Query,
  },
  responses: { 200: json(EventPage, "A page of the history.") },
});

/** Where tags were moved, by whom and when. */
export const tagHistory = createRouter()
  .openapi(listImageHistory, async (c) => {
    return c.json(await readHistory(c, imageOf(c.req.valid("param")), undefined, c.req.valid("query")), 200);
  })
  .openapi(listHistoryOfTag, async (c) => {
    const { tag, ...params } = c.req.valid("param");
    return c.json(await readHistory(c, imageOf(params), tag, c.req.valid("query")), 200);
  });

async function readHistory(
  c: Context<AppEnv>,
  name: RepositoryName,
  tag: Tag | undefined,
  { limit, cursor }: z.output<typeof Query>,
): Promise<z.infer<typeof EventPage>> {
  const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
  const rows = await listTagHistory(managerCall(c), name, { tag, before, limit: limit + 1 });
  const { items, next } = cutPage(rows, limit, ({ id }) => [id]);
  return { events: items.map(describeEvent), next };
}

function describeEvent({ tag, digest, previous, user, at }: TagEvent): z.infer<typeof Event> {
  return { tag, digest, previous, deleted: digest === null, user, time: formatTime(at) };
}
