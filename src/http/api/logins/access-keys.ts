import { createMiddleware } from "hono/factory";
import { MAX_ACCESS_KEYS } from "../../../kernel/field-limits.ts";
import {
  createAccessKey,
  listAccessKeys,
  type ListedAccessKey,
  type NewAccessKey as CreatedKey,
  removeAccessKey,
} from "../../../registry/logins/access-keys.ts";
import { readBody } from "../../body.ts";
import { managerCall } from "../../call.ts";
import type { AppEnv } from "../../context.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { NameParams, Time } from "../rights/people.ts";

const AccessKey = z
  .object({
    access: z.string().openapi({ description: "The access key (AK).", example: "HPUDXNBJ4K3M9W0R2A7C" }),
    created: Time,
    lastUsed: Time.nullable().openapi({ description: "To within a minute; null when it was never used." }),
    ends: Time.nullable().openapi({ description: "From when on it is refused everywhere; null: never." }),
  })
  .openapi("AccessKey");

const AccessKeyList = z.object({ accessKeys: z.array(AccessKey) }).openapi("AccessKeyList");

const NewAccessKey = z
  .object({
    access: z.string().openapi({ description: "The access key (AK): 20 of `A-Z` and `0-9`." }),
    secret: z.string().openapi({ description: "The secret key (SK): 40 letters and digits. It is shown this once." }),
    created: Time,
    ends: Time.nullable(),
  })
  .openapi("NewAccessKey");

const WantedAccessKey = z
  .strictObject({
    ends: z.iso.datetime({ offset: true }).nullable().default(null).openapi({
      description: "From when on it is refused everywhere, in the future; null or absent: never.",
      example: "2027-01-01T00:00:00Z",
    }),
  })
  .openapi("WantedAccessKey");

/** The body may be absent. */
const wantedKey = { body: { content: { "application/json": { schema: WantedAccessKey } }, required: false } };

/** Lets a request without a body say all the same that it has JSON, as clients do that send all of theirs alike. */
const mayHaveNoBody = createMiddleware<AppEnv>(async function mayHaveNoBody(c, next) {
  if ((await readBody(c)).byteLength === 0) {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.raw, { headers });
  }
  await next();
});

const access = z.string().openapi({ param: { name: "access", in: "path" }, description: "The access key (AK)." });
const AccessParams = z.object({ access });

const tags = ["Access keys"];
const GONE = { 204: { description: "The key is gone, and with it the permanent login command." } };

const create = createRoute({
  method: "post",
  path: "/access-keys",
  operationId: "createAccessKey",
  tags,
  summary: "Create an access key",
  description: `A user has at most ${MAX_ACCESS_KEYS}. A robot makes none for itself.`,
  middleware: mayHaveNoBody,
  request: wantedKey,
  responses: { 201: json(NewAccessKey, "The key with its secret.") },
});

const createForUser = createRoute({
  method: "post",
  path: "/users/{name}/access-keys",
  operationId: "createAccessKeyForUser",
  tags,
  summary: "Create an access key for a robot",
  description: `Administrators of the account. A robot has at most ${MAX_ACCESS_KEYS}.`,
  middleware: mayHaveNoBody,
  request: { params: NameParams, ...wantedKey },
  responses: { 201: json(NewAccessKey, "The key with its secret.") },
});

const list = createRoute({
  method: "get",
  path: "/access-keys",
  operationId: "listAccessKeys",
  tags,
  summary: "List your access keys",
  responses: { 200: json(AccessKeyList, "The keys, without their secrets.") },
});

const remove = createRoute({
  method: "delete",
  path: "/access-keys/{access}",
  operationId: "deleteAccessKey",
  tags,
  summary: "Delete your access key",
  request: { params: AccessParams },
  responses: GONE,
});

const listOfUser = createRoute({
  method: "get",
  path: "/users/{name}/access-keys",
  operationId: "listAccessKeysOfUser",
  tags,
  summary: "List a user's access keys",
  description: "Administrators of the account.",
  request: { params: NameParams },
  responses: { 200: json(AccessKeyList, "The keys, without their secrets.") },
});

const removeOfUser = createRoute({
  method: "delete",
  path: "/users/{name}/access-keys/{access}",
  operationId: "deleteAccessKeyOfUser",
  tags,
  summary: "Delete a user's access key",
  description: "Administrators of the account; an operator's only operators.",
  request: { params: NameParams.extend(AccessParams.shape) },
  responses: GONE,
});

export const accessKeys = createRouter()
  .openapi(create, async (c) => {
    const endsAt = readEnd(c.req.valid("json"));
    return c.json(describeNewKey(await createAccessKey(managerCall(c), { endsAt })), 201);
  })
  .openapi(createForUser, async (c) => {
    const userName = c.req.valid("param").name;
    const endsAt = readEnd(c.req.valid("json"));
    return c.json(describeNewKey(await createAccessKey(managerCall(c), { endsAt, userName })), 201);
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

/** Without a body there is no JSON to read. */
function readEnd(body: Partial<z.output<typeof WantedAccessKey>> | undefined): Date | null {
  const ends = body?.ends ?? null;
  return ends === null ? null : new Date(ends);
}

function describeNewKey({ access: key, secret, createdAt, endsAt }: CreatedKey): z.infer<typeof NewAccessKey> {
  return { access: key, secret, created: createdAt.toISOString(), ends: endsAt?.toISOString() ?? null };
}

function describeKeys(keys: ListedAccessKey[]): z.infer<typeof AccessKeyList> {
  return {
    accessKeys: keys.map((key) => ({
      access: key.access,
      created: key.createdAt.toISOString(),
      lastUsed: key.lastUsedAt?.toISOString() ?? null,
      ends: key.endsAt?.toISOString() ?? null,
    })),
  };
}
