import type { Context } from "hono";
import { parseTag, type RepositoryName } from "../../kernel/reference.ts";
import { deleteImageTag, getImageTag, type ImageTag, listImageTags, retag } from "../../registry/images/image-tags.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import {
  CONTENT_RANGE,
  Done,
  FILTER,
  formatTime,
  ORDER,
  PAGING,
  queryParam,
  readOrder,
  readPaging,
  readQuery,
  repositoryOf,
  RepositoryParams,
  setContentRange,
  Time,
} from "./params.ts";
import { registryHost } from "../public-address.ts";

const TAGS = ["Image tags"];
const PATH = "/namespaces/{namespace}/repos/{repository}/tags";

const tag = z.string().transform(parseTag).openapi({
  type: "string",
  description: "1 to 128 letters, digits, `_`, `.` and `-`, the first no `.` or `-`.",
  example: "1.0",
});
export const TagParams = RepositoryParams.extend({ tag: tag.openapi({ param: { name: "tag", in: "path" } }) });

/** What each answer tells of a tag. */
export const TAG_FIELDS = {
  id: z.int(),
  repo_id: z.int(),
  image_id: z.string().openapi({
    description:
      "The digest of its configuration without `sha256:`; of an index, and where `manifest` is left out, its own.",
  }),
  manifest: z.string().openapi({
    description:
      "The manifest as it was pushed; empty where it has more than 1 MiB. Lists leave out the longest of a page whose " +
      "manifests have more than that together, and those of more than 600 kB.",
  }),
  digest: z.string(),
  schema: z.int(),
  path: z.string().openapi({ example: "registry.example.com/acme/shop/web:1.0" }),
  internal_path: z.string(),
  size: z.int().openapi({ description: "Bytes of all its blobs, an index's children's too, each counted once." }),
  is_trusted: z.boolean(),
  created: Time,
  updated: Time.openapi({ description: "When it was last moved." }),
  domain_id: z.string().openapi({ description: "The account that it belongs to." }),
  tag_type: z.int().openapi({ description: "0: a manifest, 1: an index." }),
};

const TagItem = z
  .object({ ...TAG_FIELDS, Tag: z.string(), deleted: z.null(), scanned: z.boolean() })
  .openapi("TagItem");
const RepoTag = z.object({ ...TAG_FIELDS, tag: z.string() }).openapi("RepoTag");

const CreateRepoTag = z
  .object({
    source_tag: tag,
    destination_tag: tag,
    override: z
      .boolean()
      .optional()
      .openapi({ description: "Moves a destination that is there already.", default: false }),
  })
  .openapi("CreateRepoTag");

/** Tags of images. */
export const tags = createRouter();

const LIST_KEYS = ["tag", "limit", "offset", "order_column", "order_type"] as const;
/** What lists of tags can be sorted by. */
export const TAG_ORDERS = { updated_at: "updatedAt", updated_time: "updatedAt", tag: "name" } as const;

tags.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listRepositoryTags",
    summary: "List an image's tags",
    description: "For everybody who may pull it. The ones that were moved last come first unless asked otherwise.",
    request: {
      params: RepositoryParams,
      query: z.object({
        tag: queryParam("Only the tag of this name."),
        ...PAGING,
        order_column: queryParam(`One of ${Object.keys(TAG_ORDERS).join(", ")}.`),
        order_type: ORDER.order_type,
        ...FILTER,
      }),
    },
    responses: { 200: { ...json(z.array(TagItem).openapi("TagItems"), "A page of tags."), headers: CONTENT_RANGE } },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    const query = readQuery(c.req.valid("query"), LIST_KEYS);
    const { limit, offset } = readPaging(query);
    const { column: order, isDescending } = readOrder(query, TAG_ORDERS, {
      column: "updatedAt" as const,
      isDescending: true,
    });
    const list = { name: query.tag || undefined, order, isDescending, limit, offset };
    const found = await listImageTags(managerCall(c), name, list);
    setContentRange(c, offset, found.tags.length, found.total);
    return c.json(
      found.tags.map((each) => ({ ...writeTag(c, name, each), Tag: each.name, deleted: null, scanned: false })),
      200,
    );
  },
);

tags.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{tag}`,
    tags: TAGS,
    operationId: "showRepoTag",
    summary: "Show a tag",
    description: "For everybody who may pull the image.",
    request: { params: TagParams },
    responses: { 200: json(RepoTag, "The tag.") },
  }),
  async (c) => {
    const { tag: wanted, ...params } = c.req.valid("param");
    const name = repositoryOf(params);
    const found = await getImageTag(managerCall(c), name, wanted);
    return c.json({ ...writeTag(c, name, found), tag: found.name }, 200);
  },
);

tags.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createRepoTag",
    summary: "Create a tag from another tag",
    description: "No bytes move. Takes the right to edit the image.",
    request: { params: RepositoryParams, ...jsonBody(CreateRepoTag) },
    responses: { 201: json(Done, "The tag is there.") },
  }),
  async (c) => {
    const { source_tag: source, destination_tag: destination, override: overrides = false } = c.req.valid("json");
    const name = repositoryOf(c.req.valid("param"));
    await retag(managerCall(c), name, { source, destination, overrides });
    return c.json({}, 201);
  },
);

tags.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{tag}`,
    tags: TAGS,
    operationId: "deleteRepoTag",
    summary: "Delete a tag",
    description: "Takes the right to manage the image. Refused while an immutable-tag rule keeps the tag.",
    request: { params: TagParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    const { tag: unwanted, ...params } = c.req.valid("param");
    await deleteImageTag(managerCall(c), repositoryOf(params), unwanted);
    return c.body(null, 204);
  },
);

/** Writes {@link TAG_FIELDS}. */
export function writeTag(c: Context, name: RepositoryName, found: ImageTag) {
  const path = `${registryHost(c)}/${name}:${found.name}`;
  return {
    id: found.id,
    repo_id: found.repositoryId,
    image_id: found.imageId,
    manifest: found.text ?? "",
    digest: found.digest,
    schema: 2,
    path,
    internal_path: path,
    size: found.imageBytes,
    is_trusted: false,
    created: formatTime(found.createdAt),
    updated: formatTime(found.updatedAt),
    domain_id: String(found.accountId),
    tag_type: found.isIndex ? 1 : 0,
  };
}
