import { showOrganization } from "../../registry/organizations/organizations.ts";
import { MAX_LISTED_PERMISSIONS, showPermissions } from "../../registry/rights/permissions.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { NamespaceParams } from "./params.ts";
import { addPermissionRoutes, UserAuth, writeUserAuth } from "./user-auth.ts";

const PATH = "/namespaces/{namespace}/access";
const TAGS = ["Organization permissions"];

const NamespaceAuth = z
  .object({
    id: z.int(),
    name: z.string(),
    creator_name: z.string().openapi({ description: "Empty when the creator is no longer a user." }),
    self_auth: UserAuth,
    others_auths: z.array(UserAuth),
  })
  .openapi("NamespaceAuth");

/** Rights on all images of an organization: guide 6. */
export const namespaceAccess = createRouter();

namespaceAccess.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "showNamespaceAuth",
    summary: "List an organization's permissions",
    description: "For everybody who has a permission on it; administrators of the account need none.",
    request: { params: NamespaceParams },
    responses: {
      200: json(
        NamespaceAuth,
        `The caller's own right, and who else was granted one: at most ${MAX_LISTED_PERMISSIONS} users.`,
      ),
    },
  }),
  async (c) => {
    const { namespace } = c.req.valid("param");
    const { id, name, creatorName } = await showOrganization(managerCall(c), namespace);
    const { own, others } = await showPermissions(managerCall(c), targetOf(c.req.param()));
    const auths = { self_auth: writeUserAuth(own), others_auths: others.map(writeUserAuth) };
    return c.json({ id, name, creator_name: creatorName ?? "", ...auths }, 200);
  },
);

addPermissionRoutes(namespaceAccess, {
  path: PATH,
  params: NamespaceParams,
  tags: TAGS,
  operations: { create: "createNamespaceAuth", update: "updateNamespaceAuth", delete: "deleteNamespaceAuth" },
  what: "an organization",
  created: 200,
  targetOf,
});

function targetOf(params: Record<string, string>) {
  return { kind: "organization", name: NamespaceParams.parse(params).namespace } as const;
}
