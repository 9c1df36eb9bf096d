/** Rights of users on organizations and on single images (guide 6), which are asked for and changed alike. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { LEVELS } from "../../../model/rights/access.ts";
import {
  changePermissions,
  findNamedUser,
  findNamedUsers,
  grantPermissions,
  MAX_LISTED_PERMISSIONS,
  type Permission,
  type PermissionEntry,
  type PermissionTarget,
  revokePermissions,
  showPermissions,
} from "../../../registry/rights/permissions.ts";
import type { AppEnv } from "../../context.ts";
import { managerCall } from "../../call.ts";
import {
  createRoute,
  createRouter,
  IfMatch,
  json,
  jsonBody,
  setVersion,
  versioned,
  versionsOf,
  z,
} from "../../openapi.ts";
import { imageOf, ImageParams, OrganizationParams } from "../params.ts";

/** One request grants at most this many users a right. */
const MAX_USERS = 100;

const user = z.string().openapi({ description: "Name of a user of the caller's account.", example: "alice" });
const level = z
  .enum(LEVELS)
  .openapi({ description: "`read` pulls, `edit` also pushes, `manage` also deletes, grants and shares." });

const PermissionItem = z
  .object({ user, id: z.string().openapi({ description: "The user's id.", example: "17" }), level })
  .openapi("Permission");

const PermissionList = z
  .object({
    own: PermissionItem.openapi({ description: "What the caller may do, from all permissions together." }),
    permissions: z.array(PermissionItem).openapi({
      description: `Everybody else who was granted a right here: at most ${MAX_LISTED_PERMISSIONS} users.`,
    }),
  })
  .openapi("PermissionList");

const NewPermissions = z
  .strictObject({ permissions: z.array(z.strictObject({ user, level })).min(1).max(MAX_USERS) })
  .openapi("NewPermissions");

const GrantedPermissions = z.object({ permissions: z.array(PermissionItem) }).openapi("GrantedPermissions");

const PermissionChange = z.strictObject({ level }).openapi("PermissionChange");

const UserParams = z.object({
  user: z.string().openapi({ param: { name: "user", in: "path" }, description: "Name of a user.", example: "alice" }),
});

/** Who may do what with organizations and images, in Berth's words: SWR's are numbers. */
export const permissions = createRouter();

addPermissionRoutes(permissions, {
  path: "/organizations/{organization}/permissions",
  params: OrganizationParams,
  tag: "Organization permissions",
  of: "Organization",
  what: "all images of an organization",
  takes: "Takes the right to manage the organization.",
  targetOf: (params) => ({ kind: "organization", name: OrganizationParams.parse(params).organization }),
});

addPermissionRoutes(permissions, {
  path: "/organizations/{organization}/images/{image}/permissions",
  params: ImageParams,
  tag: "Image permissions",
  of: "Image",
  what: "an image",
  takes: "Takes the right to manage the image.",
  targetOf: (params) => ({ kind: "image", name: imageOf(ImageParams.parse(params)) }),
});

/** What differs between organizations and images. */
interface PermissionRoutes {
  path: string;
  params: z.ZodObject;
  tag: string;
  /** What the names of the operations have in them. */
  of: "Organization" | "Image";
  /** The target in a sentence. */
  what: string;
  /** The right that changes take, as a sentence. */
  takes: string;
  /** Reads the path's parameters. */
  targetOf: (params: Record<string, string>) => PermissionTarget;
}

function addPermissionRoutes(router: OpenAPIHono<AppEnv>, routes: PermissionRoutes): void {
  const { path, params, tag, of, what, takes, targetOf } = routes;
  const tags = [tag];
  router.openapi(
    createRoute({
      method: "get",
      path,
      tags,
      operationId: `list${of}Permissions`,
      summary: `List permissions on ${what}`,
      description:
        "In the order of granting. For everybody who has such a right; administrators of the account need none.",
      request: { params },
      responses: { 200: json(PermissionList, "The caller's own right, and those that others were granted here.") },
    }),
    async (c) => {
      const target = targetOf(c.req.param());
      const { own, others } = await showPermissions(managerCall(c), target);
      return c.json({ own: describePermission(own), permissions: others.map(describePermission) }, 200);
    },
  );
  router.openapi(
    createRoute({
      method: "post",
      path,
      tags,
      operationId: `grant${of}Permissions`,
      summary: `Grant permissions on ${what}`,
      description:
        `To 1 to ${MAX_USERS} users of the caller's account who have none on it yet: to all of them or to none. ` +
        takes,
      request: { params, ...jsonBody(NewPermissions) },
      responses: { 201: json(GrantedPermissions, "The rights that were granted.") },
    }),
    async (c) => {
      const target = targetOf(c.req.param());
      const call = managerCall(c);
      const { permissions: wanted } = c.req.valid("json");
      const entries = await findNamedUsers(call, target, wanted);
      await grantPermissions(call, target, entries);
      return c.json({ permissions: entries.map(describePermission) }, 201);
    },
  );
  router.openapi(
    createRoute({
      method: "patch",
      path: `${path}/{user}`,
      tags,
      operationId: `change${of}Permission`,
      summary: `Change a user's permission on ${what}`,
      description: `Of a user who was granted one on it. ${takes}`,
      request: { params: params.extend(UserParams.shape), headers: IfMatch, ...jsonBody(PermissionChange) },
      responses: { 200: versioned(PermissionItem, "The right, with effect on the next tokens.", ["`level`", "read"]) },
    }),
    async (c) => {
      const { user: name } = UserParams.parse(c.req.param());
      const target = targetOf(c.req.param());
      const call = managerCall(c);
      const entry = { ...(await findNamedUser(call, target, name)), level: c.req.valid("json").level };
      await changePermissions(call, target, [entry], versionsOf(c));
      setVersion(c, entry.level);
      return c.json(describePermission(entry), 200);
    },
  );
  router.openapi(
    createRoute({
      method: "delete",
      path: `${path}/{user}`,
      tags,
      operationId: `revoke${of}Permission`,
      summary: `Revoke a user's permission on ${what}`,
      description: `With effect on the next tokens. ${takes}`,
      request: { params: params.extend(UserParams.shape) },
      responses: { 204: { description: "It is taken away." } },
    }),
    async (c) => {
      const { user: name } = UserParams.parse(c.req.param());
      const target = targetOf(c.req.param());
      const call = managerCall(c);
      const { userId } = await findNamedUser(call, target, name);
      await revokePermissions(call, target, [userId]);
      return c.body(null, 204);
    },
  );
}

function describePermission({ userId, userName, level: granted }: Permission | PermissionEntry) {
  return { user: userName, id: String(userId), level: granted };
}
