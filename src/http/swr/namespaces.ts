import { RegistryError } from "../../kernel/errors.ts";
import { parseOrganizationName } from "../../kernel/reference.ts";
import {
  createOrganization,
  deleteOrganization,
  listOrganizations,
  MAX_LISTED_ORGANIZATIONS,
  type Organization,
  showOrganization,
} from "../../registry/organizations/organizations.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import { authOf, Done, FILTER, NamespaceParams, queryParam, readQuery } from "./params.ts";

const TAGS = ["Organizations"];

const CreateNamespace = z
  .object({
    namespace: z.string().transform(parseOrganizationName).openapi({
      type: "string",
      description:
        "1 to 64 lower-case letters, digits, `.`, `_` and `-`; the first is a letter, the last no separator.",
      example: "acme",
    }),
  })
  .openapi("CreateNamespace");

const Namespace = z
  .object({
    id: z.int(),
    name: z.string(),
    creator_name: z.string().openapi({ description: "Empty when the creator is no longer a user." }),
    auth: z.int().openapi({
      description:
        "What the caller may do with all its images: 1 read, 3 edit, 7 manage. Also 1 where the organization is visible for single images only.",
    }),
    access_user_count: z.int().openapi({ description: "How many users have a permission on all its images." }),
    repo_count: z.int().openapi({ description: "How many images it has that the caller has a right to." }),
  })
  .openapi("Namespace");

/** Organizations: guide 5. */
export const namespaces = createRouter();

namespaces.openapi(
  createRoute({
    method: "post",
    path: "/namespaces",
    tags: TAGS,
    operationId: "createNamespace",
    summary: "Create an organization",
    description: "Its name must be free in the whole deployment; each user may create a number of them (5 by default).",
    request: jsonBody(CreateNamespace),
    responses: { 201: json(Done, "The organization exists now, and the caller manages it.") },
  }),
  async (c) => {
    await createOrganization(managerCall(c), c.req.valid("json").namespace);
    return c.json({}, 201);
  },
);

namespaces.openapi(
  createRoute({
    method: "get",
    path: "/namespaces",
    tags: TAGS,
    operationId: "listNamespaces",
    summary: "List the caller's organizations",
    description: `At most ${MAX_LISTED_ORGANIZATIONS}; \`/api/organizations\` has pages.`,
    request: {
      query: z.object({
        namespace: queryParam("Only the organization of this name."),
        mode: queryParam("`visible`: also organizations where the caller has a right to single images only."),
        ...FILTER,
      }),
    },
    responses: { 200: json(z.object({ namespaces: z.array(Namespace) }).openapi("Namespaces"), "By name.") },
  }),
  async (c) => {
    const { namespace, mode } = readQuery(c.req.valid("query"), ["namespace", "mode"]);
    if (mode !== undefined && mode !== "visible") {
      throw new RegistryError("FILTER_INVALID", `mode must be visible, not "${mode.slice(0, 50)}"`);
    }
    const found = await listOrganizations(managerCall(c), {
      name: namespace === undefined ? undefined : parseOrganizationName(namespace),
      withImages: mode === "visible",
    });
    return c.json({ namespaces: found.map(writeNamespace) }, 200);
  },
);

namespaces.openapi(
  createRoute({
    method: "get",
    path: "/namespaces/{namespace}",
    tags: TAGS,
    operationId: "showNamespace",
    summary: "Show an organization",
    request: { params: NamespaceParams },
    responses: { 200: json(Namespace, "The organization.") },
  }),
  async (c) => {
    const { namespace } = c.req.valid("param");
    return c.json(writeNamespace(await showOrganization(managerCall(c), namespace)), 200);
  },
);

namespaces.openapi(
  createRoute({
    method: "delete",
    path: "/namespaces/{namespace}",
    tags: TAGS,
    operationId: "deleteNamespaces",
    summary: "Delete an organization",
    description: "Only one that has no images. For ten minutes no other account can take its name.",
    request: { params: NamespaceParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    await deleteOrganization(managerCall(c), c.req.valid("param").namespace);
    return c.body(null, 204);
  },
);

function writeNamespace(organization: Organization): z.input<typeof Namespace> {
  return {
    id: organization.id,
    name: organization.name,
    creator_name: organization.creatorName ?? "",
    auth: authOf(organization.level),
    access_user_count: organization.userCount,
    repo_count: organization.repositoryCount,
  };
}
