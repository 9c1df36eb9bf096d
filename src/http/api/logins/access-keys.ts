import { MAX_ACCESS_KEYS } from "../../../kernel/field-limits.ts";
import {
  createAccessKey,
  listAccessKeys,
  type ListedAccessKey,
  removeAccessKey,
} from "../../../registry/logins/access-keys.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { NameParams, Time } from "../rights/people.ts";

const AccessKey = z
  .object({
    access: z.string().openapi({ description: "The access key (AK).", example: "HPUDXNBJ4K3M9W0R2A7C" }),
    created: Time,
    lastUsed: Time.nullable().openapi({ description: "To within a minute; null when it was never used." }),
  })
  .openapi("AccessKey");

const AccessKeyList = z.object({ accessKeys: z.array(AccessKey) }).openapi("AccessKeyList");

const NewAccessKey = z
  .object({
    access: z.string().openapi({ description: "The access key (AK): 20 of `A-Z` and `0-9`." }),
    secret: z.string().openapi({ description: "The secret key (SK): 40 letters and digits. It is shown this once." }),
    created: Time,
  })
  .openapi("NewAccessKey");

const access = z.string().openapi({ param: { name: "access", in: "path" }, description: "The access key (AK)." });
const AccessParams = z.object({ access });

const tags = ["Access keys"];
const GONE = { 204: { description: "The key is gone, and with it the permanent login command." } };

const create = createRoute({
  method: "post",
  path: "/access-keys",
  operationId: "createAccessKey",
  tags,
  summary: "Make an access key for oneself",
  description: `A user has at most ${MAX_ACCESS_KEYS}.`,
  responses: { 201: json(NewAccessKey, "The key with its secret.") },
});

const list = createRoute({
  method: "get",
  path: "/access-keys",
  operationId: "listAccessKeys",
  tags,
  summary: "One's own access keys, the newest first",
  responses: { 200: json(AccessKeyList, "The keys, without their secrets.") },
});

const remove = createRoute({
  method: "delete",
  path: "/access-keys/{access}",
  operationId: "deleteAccessKey",
  tags,
  summary: "Delete one of one's own access keys",
  request: { params: AccessParams },
  responses: GONE,
});

const listOfUser = createRoute({
  method: "get",
  path: "/users/{name}/access-keys",
  operationId: "listAccessKeysOfUser",
  tags,
  summary: "The access keys of a user",
  description: "Administrators of the account.",
  request: { params: NameParams },
  responses: { 200: json(AccessKeyList, "The keys, without their secrets.") },
});

const removeOfUser = createRoute({
  method: "delete",
  path: "/users/{name}/access-keys/{access}",
  operationId: "deleteAccessKeyOfUser",
  tags,
  summary: "Delete an access key of a user",
  description: "Administrators of the account; an operator's only operators.",
  request: { params: NameParams.extend(AccessParams.shape) },
  responses: GONE,
});

export const accessKeys = createRouter()
  .openapi(create, async (c) => {
    const { createdAt, ...key } = await createAccessKey(managerCall(c));
    return c.json({ ...key, created: createdAt.toISOString() }, 201);
  })
  .openapi(list, async (c) => {
    return c.json(describeKeys(await listAccessKeys(managerCall(c))), 200);
  })
  .openapi(remove, async (c) => {
    await removeAccessKey(managerCall(c), c.req.valid("param").access);
    return c.body(null, 204);
  })
  .openapi(listOfUser, async (c) => {
    const { name } = c.req.valid("param");
    return c.json(describeKeys(await listAccessKeys(managerCall(c), name)), 200);
  })
  .openapi(removeOfUser, async (c) => {
    const params = c.req.valid("param");
    await removeAccessKey(managerCall(c), params.access, params.name);
    return c.body(null, 204);
  });

function describeKeys(keys: ListedAccessKey[]): z.infer<typeof AccessKeyList> {
  return {
    accessKeys: keys.map((key) => ({
      access: key.access,
      created: key.createdAt.toISOString(),
      lastUsed: key.lastUsedAt?.toISOString() ?? null,
    })),
  };
}
