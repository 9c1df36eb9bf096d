/** How rights of users look on the wire and are changed, on organizations and on images alike. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import {
  changePermissions,
  grantPermissions,
  type Permission,
  type PermissionEntry,
  type PermissionTarget,
  revokePermissions,
} from "../../registry/rights/permissions.ts";
import type { AppEnv } from "../context.ts";
import { managerCall } from "../call.ts";
import { createRoute, json, jsonBody, z } from "../openapi.ts";
import { authOf, Done, levelOfAuth } from "./params.ts";

/** One request changes at most this many users' rights. */
const MAX_USERS = 100;

const USER_ID = z.string().openapi({ description: "Id of a user of the caller's account.", example: "17" });
const USER_NAME = z.string().openapi({ description: "The same user's name.", example: "alice" });
const AUTH = { type: "integer" as const, enum: [1, 3, 7], description: "1 read, 3 edit, 7 manage." };

export const UserAuth = z
  .object({ user_id: USER_ID, user_name: USER_NAME, auth: z.int().openapi(AUTH) })
  .openapi("UserAuth");

const WantedUserAuth = z
  .object({ user_id: USER_ID, user_name: USER_NAME, auth: z.unknown().optional().openapi(AUTH) })
  // `levelOfAuth` refuses a missing value as it refuses a wrong one.
  .openapi("WantedUserAuth", { required: ["user_id", "user_name", "auth"] });
const WantedUserAuths = z.array(WantedUserAuth).min(1).max(MAX_USERS);

/** An empty list is accepted: Terraform revokes all rights before it grants them again, even if there were none. */
const UserIds = z.array(USER_ID).max(MAX_USERS);

export function writeUserAuth({ userId, userName, level }: Permission): z.input<typeof UserAuth> {
  return { user_id: String(userId), user_name: userName, auth: authOf(level) };
}

function readUserAuths(auths: z.output<typeof WantedUserAuths>): PermissionEntry[] {
  return auths.map(({ user_id, user_name, auth }) => ({
    userId: user_id,
    userName: user_name,
    level: levelOfAuth(auth),
  }));
}

/** What differs between organizations and images in the operations that change rights. */
interface PermissionRoutes {
  path: string;
  params: z.ZodObject;
  tags: string[];
  /** Names of the operations that grant, change and take away. */
  operations: { create: string; update: string; delete: string };
  /** The target in a sentence. */
  what: string;
  /** What SWR answers when rights were granted. */
  created: 200 | 201;
  /** Reads the path's parameters. */
  targetOf: (params: Record<string, string>) => PermissionTarget;
}

/** Adds the operations that grant, change and take rights away: SWR API reference, "Organization/Image permissions". */
export function addPermissionRoutes(router: OpenAPIHono<AppEnv>, routes: PermissionRoutes): void {
  const { path, params, tags, operations, what, created, targetOf } = routes;
  const toAll = "It is done for all of them or for none.";
  router.openapi(
    createRoute({
      method: "post",
      path,
      tags,
      operationId: operations.create,
      summary: `Grant permissions on ${what}`,
      description: `To 1 to ${MAX_USERS} users of the caller's account who have none on it yet. ${toAll}`,
      request: { params, ...jsonBody(WantedUserAuths) },
      responses: { [created]: json(Done, "Granted.") },
    }),
    async (c) => {
      const entries = readUserAuths(c.req.valid("json"));
      await grantPermissions(managerCall(c), targetOf(c.req.param()), entries);
      return c.json({}, created);
    },
  );
  router.openapi(
    createRoute({
      method: "patch",
      path,
      tags,
      operationId: operations.update,
      summary: `Change permissions on ${what}`,
      description: `Of 1 to ${MAX_USERS} users who have one on it. ${toAll}`,
      request: { params, ...jsonBody(WantedUserAuths) },
      responses: { 201: json(Done, "Changed, with effect on the next tokens.") },
    }),
    async (c) => {
      const entries = readUserAuths(c.req.valid("json"));
      await changePermissions(managerCall(c), targetOf(c.req.param()), entries);
      return c.json({}, 201);
    },
  );
  router.openapi(
    createRoute({
      method: "delete",
      path,
      tags,
      operationId: operations.delete,
      summary: `Revoke permissions on ${what}`,
      description: `From up to ${MAX_USERS} users, named by id; an empty list changes nothing. ${toAll}`,
      request: { params, ...jsonBody(UserIds) },
      responses: { 204: { description: "Taken away, with effect on the next tokens." } },
    }),
    async (c) => {
      await revokePermissions(managerCall(c), targetOf(c.req.param()), c.req.valid("json"));
      return c.body(null, 204);
    },
  );
}
