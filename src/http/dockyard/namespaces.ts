import { parseOrganizationName } from "../../kernel/reference.ts";
import {
  createOrganizationToCopy,
  findOrganizationToCopy,
  listOrganizationsToCopy,
} from "../../registry/dockyard/dockyard.ts";
import { MAX_LISTED_ORGANIZATIONS, type VisibleOrganization } from "../../registry/organizations/organizations.ts";
import { copierCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import { authOf, Done, NamespaceParams } from "../swr/params.ts";

const TAGS = ["Replication"];
const SECURITY = [{ basic: [] }];

const CopiedNamespace = z
  .object({
    id: z.int(),
    name: z
      .string()
      .openapi({ description: "Empty when there is no such organization, or none that the caller knows." }),
    creator_name: z.string(),
    auth: z.int().openapi({ description: "1 read, 3 edit, 7 manage; 0 for none." }),
    user_count: z.int().openapi({ description: "How many users have a permission on all its images." }),
    image_count: z.int().openapi({ description: "How many images it has that the caller has a right to." }),
  })
  .openapi("CopiedNamespace");
const CopiedNamespaces = z.object({ namespaces: z.array(CopiedNamespace) }).openapi("CopiedNamespaces");

const NewNamespace = z
  .object({ namespace: z.string().transform(parseOrganizationName).openapi({ type: "string", example: "acme" }) })
  .openapi("NewNamespace");

const listCopiedNamespaces = createRoute({
  method: "get",
  path: "/namespaces",
  tags: TAGS,
  operationId: "listCopiedNamespaces",
  summary: "List the caller's organizations",
  description: `The first ${MAX_LISTED_ORGANIZATIONS} by name. Also for a login command's credentials.`,
  security: SECURITY,
  responses: { 200: json(CopiedNamespaces, "By name.") },
});

const listVisibleNamespaces = createRoute({
  ...listCopiedNamespaces,
  path: "/visible/namespaces",
  operationId: "listVisibleNamespaces",
  summary: "List visible organizations",
});

const findNamespace = createRoute({
  method: "get",
  path: "/namespaces/{namespace}",
  tags: TAGS,
  operationId: "findNamespace",
  summary: "Find an organization",
  description: "The answer is 200 in any case. Also for a login command's credentials.",
  security: SECURITY,
  request: { params: NamespaceParams },
  responses: { 200: json(CopiedNamespace, "The organization, or one without a name.") },
});

const createCopiedNamespace = createRoute({
  method: "post",
  path: "/namespaces",
  tags: TAGS,
  operationId: "createCopiedNamespace",
  summary: "Create an organization to push to",
  description:
    "Also for a login command's credentials, unless the operator has switched off that pushes create organizations.",
  security: SECURITY,
  request: jsonBody(NewNamespace),
  responses: { 201: json(Done, "The organization exists now, and the caller manages it.") },
});

/** What a namespace is before a replication creates it. */
const NONE = { id: 0, name: "", creator_name: "", auth: 0, user_count: 0, image_count: 0 };

/** Organizations, as Harbor's adapter asks for them: before it copies, and for the list that its page offers. */
export const namespaces = createRouter()
  .openapi(listCopiedNamespaces, async (c) => {
    const found = await listOrganizationsToCopy(copierCall(c), false);
    return c.json({ namespaces: found.map(writeNamespace) }, 200);
  })
  .openapi(listVisibleNamespaces, async (c) => {
    const found = await listOrganizationsToCopy(copierCall(c), true);
    return c.json({ namespaces: found.map(writeNamespace) }, 200);
  })
  .openapi(findNamespace, async (c) => {
    const found = await findOrganizationToCopy(copierCall(c), c.req.valid("param").namespace);
    return c.json(found ? writeNamespace(found) : NONE, 200);
  })
  .openapi(createCopiedNamespace, async (c) => {
    await createOrganizationToCopy(copierCall(c), c.req.valid("json").namespace);
    return c.json({}, 201);
  });

function writeNamespace(organization: VisibleOrganization): z.infer<typeof CopiedNamespace> {
  return {
    id: organization.id,
    name: organization.name,
    creator_name: organization.creatorName ?? "",
    auth: authOf(organization.level ?? "read"),
    user_count: organization.userCount,
    image_count: organization.repositoryCount,
  };
}
