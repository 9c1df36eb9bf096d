/** The list of an image's tags as SWR's API v3 has it: by pages that begin behind a marker, without a total. */
import { RegistryError } from "../../kernel/errors.ts";
import { type ImageTag, listImageTagsAfter } from "../../registry/images/image-tags.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { ORDER, PAGING, queryParam, readOrder, readPaging, repositoryOf, RepositoryParams } from "./params.ts";
import { readFlag } from "./repository-items.ts";
import { TAG_FIELDS, TAG_ORDERS, writeTag } from "./tags.ts";

const TagItemV3 = z.object({ ...TAG_FIELDS, tag: z.string() }).openapi("TagItemV3");

const marker = z.string().optional();
const TagPageV3 = z
  .object({
    tags: z.array(TagItemV3),
    nextMarker: marker.openapi({ description: "The `marker` of the next page; absent on the last one." }),
    next_marker: marker.openapi({ description: "The same, as the list of references calls it." }),
    has_more: z.boolean().openapi({ description: "Whether there is a next page." }),
  })
  .openapi("TagPageV3");

const listRepositoryTag = createRoute({
  method: "get",
  path: "/namespaces/{namespace}/repos/{repository}/tags",
  tags: ["Image tags"],
  operationId: "listRepositoryTag",
  summary: "List an image's tags, by marker",
  description: "For everybody who may pull it. The ones that were moved last come first unless asked otherwise.",
  request: {
    params: RepositoryParams,
    query: z.object({
      tag: queryParam("Only the tag of this name."),
      limit: PAGING.limit,
      marker: queryParam("The `nextMarker` of the page before, in the same order; absent for the first page."),
      order_column: queryParam(`One of ${Object.keys(TAG_ORDERS).join(", ")}.`),
      order_type: ORDER.order_type,
      with_manifest: queryParam("`true`: with the manifests, which are empty otherwise."),
    }),
  },
  responses: { 200: json(TagPageV3, "A page of tags.") },
});

type TagOrder = (typeof TAG_ORDERS)[keyof typeof TAG_ORDERS];

export const tagsV3 = createRouter().openapi(listRepositoryTag, async (c) => {
  const name = repositoryOf(c.req.valid("param"));
  const { tag, limit, marker: after, order_column, order_type, with_manifest } = c.req.valid("query");
  const { column: order, isDescending } = readOrder<TagOrder>({ order_column, order_type }, TAG_ORDERS, {
    column: "updatedAt",
    isDescending: true,
  });
  const list = {
    name: tag || undefined,
    order,
    isDescending,
    after: readMarker(order, after),
    limit: readPaging({ limit }).limit,
  };
  const isWhole = readFlag("with_manifest", with_manifest) === true;
  const { tags, hasMore } = await listImageTagsAfter(managerCall(c), name, list);
  const last = hasMore ? tags.at(-1) : undefined;
  const next = last && writeMarker(order, last);
  return c.json(
    {
      tags: tags.map((each) => {
        const written = writeTag(c, name, each);
        return { ...written, manifest: isWhole ? written.manifest : "", tag: each.name };
      }),
      ...(next !== undefined && { nextMarker: next, next_marker: next }),
      has_more: hasMore,
    },
    200,
  );
});

/** A name needs no more; of those that were moved at one time, the id tells which came last. */
function writeMarker(order: TagOrder, { name, updatedAt, id }: ImageTag): string {
  return order === "name" ? name : `${updatedAt.getTime()}.${id}`;
}

/** @throws RegistryError PAGINATION_INVALID for what {@link writeMarker} has not made for this order. */
function readMarker(
  order: TagOrder,
  text: string | undefined,
): readonly [key: string | number, id: number] | undefined {
  if (!text) return undefined;
  if (order === "name") return [text, 0];
  const [, time, id] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  if (time !== undefined && id !== undefined) return [Number(time), Number(id)];
  const message = `marker must be the nextMarker of a page in the same order, not "${text.slice(0, 50)}"`;
  throw new RegistryError("PAGINATION_INVALID", message);
}
