import { imageOf } from "../../kernel/reference.ts";
import { MAX_LISTED_PERMISSIONS, showPermissions } from "../../registry/rights/permissions.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { repositoryOf, RepositoryParams } from "./params.ts";
import { addPermissionRoutes, UserAuth, writeUserAuth } from "./user-auth.ts";

const PATH = "/namespaces/{namespace}/repos/{repository}/access";
const TAGS = ["Image permissions"];

const RepoAuth = z
  .object({ id: z.int(), name: z.string(), self_auth: UserAuth, others_auths: z.array(UserAuth) })
  .openapi("RepoAuth");

/** Rights on one image: guide 6. The higher one counts where a user has one on the organization as well. */
export const repositoryAccess = createRouter();

repositoryAccess.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "showUserRepositoryAuth",
    summary: "List an image's permissions",
    description: "For everybody who has a permission on it or on its organization.",
    request: { params: RepositoryParams },
    responses: {
      200: json(
        RepoAuth,
        "The caller's own right from all permissions together, and who else was granted one on the image: at most " +
          `${MAX_LISTED_PERMISSIONS} users.`,
      ),
    },
  }),
  async (c) => {
    const target = targetOf(c.req.param());
    const { targetId: id, own, others } = await showPermissions(managerCall(c), target);
    const auths = { self_auth: writeUserAuth(own), others_auths: others.map(writeUserAuth) };
    return c.json({ id, name: imageOf(target.name), ...auths }, 200);
  },
);

addPermissionRoutes(repositoryAccess, {
  path: PATH,
  params: RepositoryParams,
  tags: TAGS,
  operations: {
    create: "createUserRepositoryAuth",
    update: "updateUserRepositoryAuth",
    delete: "deleteUserRepositoryAuth",
  },
  what: "an image",
  created: 201,
  targetOf,
});

function targetOf(params: Record<string, string>) {
  return { kind: "image", name: repositoryOf(RepositoryParams.parse(params)) } as const;
}
