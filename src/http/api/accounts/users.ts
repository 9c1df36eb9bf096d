import { changeUser, createUser, type ListedUser, listUsers, removeUser } from "../../../registry/accounts/users.ts";
import { managerCall } from "../../call.ts";
import {
  because,
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
import { Next } from "../paging.ts";
import {
  cutNamePage,
  AccountRole,
  NamePageQuery,
  NameParams,
  Password,
  PersonName,
  readNamePage,
  Time,
} from "../rights/people.ts";

const kind = z.enum(["person", "robot"]).openapi({
  description: "`person` has a password; `robot` is a machine, which logs in with access keys alone and is a `member`.",
});

const User = z
  .object({
    id: z.string().openapi({ description: "What SWR's API calls `user_id`.", example: "7" }),
    name: z.string(),
    role: AccountRole,
    kind,
    created: Time,
  })
  .openapi("User");

const NewUser = z
  .strictObject({
    name: PersonName,
    kind: kind.default("person"),
    password: Password.optional().openapi({ description: "Of a person, and of nobody else." }),
    role: AccountRole.default("member"),
    account: z.string().optional().openapi({ description: "Operators may name another account than their own." }),
  })
  .refine(({ kind: who, password }) => (who === "person") === (password !== undefined), {
    error: because("PASSWORD_OF_PERSONS"),
    path: ["password"],
  })
  .refine(({ kind: who, role }) => who === "person" || role === "member", {
    error: because("ROBOT_IS_MEMBER"),
    path: ["role"],
  })
  .openapi("NewUser");

const UserChange = z
  .strictObject({ role: AccountRole.optional(), password: Password.optional() })
  .refine(({ role, password }) => role !== undefined || password !== undefined, because("NOTHING_TO_CHANGE"))
  .openapi("UserChange");

const tags = ["Users"];

const list = createRoute({
  method: "get",
  path: "/users",
  operationId: "listUsers",
  tags,
  summary: "List users",
  request: { query: NamePageQuery },
  responses: { 200: json(z.object({ users: z.array(User), next: Next }).openapi("UserPage"), "A page of users.") },
});

const create = createRoute({
  method: "post",
  path: "/users",
  operationId: "createUser",
  tags,
  summary: "Create a user",
  description:
    "Administrators of the account. Only operators make operators. The name `admin` is reserved for the deployment's own, " +
    "and `oidc` for jobs. A robot gets its access keys at `POST /api/users/{name}/access-keys`.",
  request: jsonBody(NewUser),
  responses: { 201: json(User, "The user.") },
});

const change = createRoute({
  method: "patch",
  path: "/users/{name}",
  operationId: "changeUser",
  tags,
  summary: "Change a user's role or password",
  description:
    "Administrators of the account; only operators change operators. An account keeps at least one administrator. A new " +
    "password ends all of the user's logins but those by access key. One's own is changed at `PUT /api/session/password`.",
  request: { params: NameParams, headers: IfMatch, ...jsonBody(UserChange) },
  responses: {
    200: versioned(z.object({ name: z.string(), role: AccountRole }).openapi("ChangedUser"), "The user.", [
      "`role`",
      "member",
    ]),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/users/{name}",
  operationId: "deleteUser",
  tags,
  summary: "Delete a user",
  description: "Administrators of the account. Sessions, access keys, login commands and permissions go with the user.",
  request: { params: NameParams },
  responses: { 204: { description: "The user is gone." } },
});

export const users = createRouter()
  .openapi(list, async (c) => {
    const query = c.req.valid("query");
    const page = await readNamePage(c.var.stores, query);
    const found = await listUsers(managerCall(c), page);
    const { items, next } = await cutNamePage(c.var.stores, query, found);
    return c.json({ users: items.map(describeUser), next }, 200);
  })
  .openapi(create, async (c) => {
    const { kind: who, password = "", role, ...named } = c.req.valid("json");
    const wanted = who === "person" ? { ...named, kind: who, password, role } : { ...named, kind: who };
    return c.json(describeUser(await createUser(managerCall(c), wanted)), 201);
  })
  .openapi(change, async (c) => {
    const { name } = c.req.valid("param");
    const changed = await changeUser(managerCall(c), name, c.req.valid("json"), versionsOf(c));
    setVersion(c, changed.role);
    return c.json(changed, 200);
  })
  .openapi(remove, async (c) => {
    await removeUser(managerCall(c), c.req.valid("param").name);
    return c.body(null, 204);
  });

function describeUser({ id, name, role, kind: who, createdAt }: ListedUser): z.infer<typeof User> {
  return { id: String(id), name, role, kind: who === "robot" ? who : "person", created: createdAt.toISOString() };
}
