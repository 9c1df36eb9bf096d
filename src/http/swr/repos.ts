import { MAX_DESCRIPTION_LENGTH } from "../../kernel/field-limits.ts";
import { CATEGORIES } from "../../kernel/image-categories.ts";
import { parseCategory, parseDescription } from "../../model/images/image-properties.ts";
import { imageOf, parseRepositoryName } from "../../kernel/reference.ts";
import {
  createImage,
  deleteImage,
  getImageProperties,
  type ImageList,
  listImages,
  updateImage,
} from "../../registry/images/images.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import {
  CONTENT_RANGE,
  Done,
  FILTER,
  formatTime,
  NamespaceParams,
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
import { readFlag, readNames, RepositoryItems, writeItem } from "./repository-items.ts";
import { registryHost } from "../public-address.ts";

const TAGS = ["Images"];
const PATH = "/namespaces/{namespace}/repos/{repository}";

const category = z
  .string()
  .transform(parseCategory)
  .openapi({ type: "string", enum: [...CATEGORIES, "arms"], description: "`arms` is the same as `arm`." });
const description = z
  .string()
  .transform(parseDescription)
  .openapi({
    type: "string",
    maxLength: MAX_DESCRIPTION_LENGTH,
    description: `0 to ${MAX_DESCRIPTION_LENGTH} characters.`,
  });
const Properties = {
  is_public: z.boolean().openapi({ description: "Whether everybody may pull it." }),
  category: category.optional(),
  description: description.optional(),
};

const CreateRepo = z
  .object({
    repository: z.string().openapi({
      description: "Name of the image without its organization: 1 to 128 characters; it may have slashes.",
      example: "shop/web",
    }),
    ...Properties,
  })
  .openapi("CreateRepo");

const UpdateRepo = z.object(Properties).openapi("UpdateRepo", { description: "What is absent stays as it is." });

const Repository = z
  .object({
    id: z.int(),
    ns_id: z.int().openapi({ description: "Of its organization." }),
    name: z.string(),
    category: z.string().openapi({ description: "Empty when none was ever set." }),
    description: z.string(),
    creator_id: z.string(),
    creator_name: z.string().openapi({
      description: "Empty when the creator is no longer a user, and for callers who have no right in its account.",
    }),
    size: z.int().openapi({ description: "Bytes of its blobs, each counted once." }),
    is_public: z.boolean(),
    num_images: z.int().openapi({ description: "Tags." }),
    num_download: z.int().openapi({ description: "Pulls." }),
    url: z.string(),
    path: z.string().openapi({ description: "What to pull it by.", example: "registry.example.com/acme/shop/web" }),
    internal_path: z.string(),
    created: Time,
    updated: Time,
    domain_id: z.string().openapi({ description: "The account that it belongs to." }),
    priority: z.int(),
  })
  .openapi("Repository");

/** Images and their properties: guide 4.5. */
export const repos = createRouter();

repos.openapi(
  createRoute({
    method: "post",
    path: "/namespaces/{namespace}/repos",
    tags: TAGS,
    operationId: "createRepo",
    summary: "Create an image",
    description: "It has no tags yet. Takes the right to edit the organization.",
    request: { params: NamespaceParams, ...jsonBody(CreateRepo) },
    responses: { 200: json(Done, "It exists now.") },
  }),
  async (c) => {
    const { repository, ...properties } = c.req.valid("json");
    const name = parseRepositoryName(`${c.req.valid("param").namespace}/${repository}`);
    await createImage(managerCall(c), name, readProperties(properties));
    return c.json({}, 200);
  },
);

repos.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "showRepository",
    summary: "Show an image's properties",
    description: "For everybody who may pull it. To others it does not exist.",
    request: { params: RepositoryParams },
    responses: { 200: json(Repository, "The image.") },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    const image = await getImageProperties(managerCall(c), name);
    const path = `${registryHost(c)}/${name}`;
    return c.json(
      {
        id: image.id,
        ns_id: image.organizationId,
        name: imageOf(name),
        category: image.category,
        description: image.description,
        creator_id: image.creator ? String(image.creator.id) : "",
        creator_name: image.creator?.name ?? "",
        size: image.storedBytes,
        is_public: image.isPublic,
        num_images: image.tagCount,
        num_download: image.pullCount,
        url: "",
        path,
        internal_path: path,
        created: formatTime(image.createdAt),
        updated: formatTime(image.updatedAt),
        domain_id: String(image.accountId),
        priority: 0,
      },
      200,
    );
  },
);

repos.openapi(
  createRoute({
    method: "patch",
    path: PATH,
    tags: TAGS,
    operationId: "updateRepo",
    summary: "Change an image's properties",
    description: "Takes the right to edit it. While an image is public, its shares mean nothing.",
    request: { params: RepositoryParams, ...jsonBody(UpdateRepo) },
    responses: { 201: json(Done, "Changed.") },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    await updateImage(managerCall(c), name, readProperties(c.req.valid("json")));
    return c.json({}, 201);
  },
);

repos.openapi(
  createRoute({
    method: "delete",
    path: PATH,
    tags: TAGS,
    operationId: "deleteRepo",
    summary: "Delete an image",
    description:
      "With all tags, manifests, permissions, shares and rules. Takes the right to manage it. Refused while an " +
      "immutable-tag rule keeps one of its tags.",
    request: { params: RepositoryParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    await deleteImage(managerCall(c), repositoryOf(c.req.valid("param")));
    return c.body(null, 204);
  },
);

const LIST_KEYS = [
  "namespace",
  "name",
  "category",
  "is_public",
  "limit",
  "offset",
  "order_column",
  "order_type",
] as const;

const ORDERS = {
  name: "name",
  updated_time: "updatedAt",
  updated_at: "updatedAt",
  tag_count: "tagCount",
  namespace: "organization",
  is_public: "isPublic",
} as const;

repos.openapi(
  createRoute({
    method: "get",
    path: "/repos",
    tags: TAGS,
    operationId: "listReposDetails",
    summary: "List the caller's images",
    description:
      "Those that the caller has a right to in the account, by organization and name unless asked otherwise.",
    request: {
      query: z.object({
        namespace: queryParam("Only images of this organization."),
        name: queryParam("A part of the name, with `$` instead of `/`."),
        category: queryParam(`One of ${CATEGORIES.join(", ")}; \`other\` finds images without one too.`),
        is_public: queryParam("`true` or `false`."),
        ...PAGING,
        order_column: queryParam(`One of ${Object.keys(ORDERS).join(", ")}.`),
        order_type: ORDER.order_type,
        ...FILTER,
      }),
    },
    responses: { 200: { ...json(RepositoryItems, "A page of images."), headers: CONTENT_RANGE } },
  }),
  async (c) => {
    const query = readQuery(c.req.valid("query"), LIST_KEYS);
    const { limit, offset } = readPaging(query);
    const order = readOrder(query, ORDERS, { column: "organization" as const, isDescending: false });
    const list: ImageList = {
      scope: "own",
      ...readNames(query),
      category: query.category === undefined ? undefined : parseCategory(query.category),
      isPublic: readFlag("is_public", query.is_public),
      account: undefined,
      isShared: undefined,
      order: order.column,
      isDescending: order.isDescending,
      limit,
      offset,
    };
    const { repositories, total } = await listImages(managerCall(c), list);
    setContentRange(c, offset, repositories.length, total);
    return c.json(
      repositories.map((repository) => writeItem(c, repository, { status: false, total })),
      200,
    );
  },
);

function readProperties({ is_public: isPublic, category: kind, description: text }: z.output<typeof UpdateRepo>) {
  return {
    isPublic,
    ...(kind !== undefined && { category: kind }),
    ...(text !== undefined && { description: text }),
  };
}
