import { SESSION_KINDS } from "../../../model/logins/sessions.ts";
import { endLogin, endOtherLogins, type ListedSession, listLogins } from "../../../registry/logins/logins.ts";
import { MAX_SESSIONS } from "../../../registry/logins/sessions.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { NameParams, Time } from "../rights/people.ts";

const Address = z.string().nullable();

const Login = z
  .object({
    id: z.string().openapi({
      description: "What it is ended by; of no use for anything else.",
      example: "5f3d0c8a91be47d2a6f01c9e",
    }),
    kind: z.enum(SESSION_KINDS).openapi({
      description:
        "How it is used: by a browser's cookie, by `X-Auth-Token`, or by a refresh token, as `docker login` keeps one.",
    }),
    client: z.string().nullable().openapi({
      description: "What the client called itself at the login: its `User-Agent`, or OAuth2's `client_id`.",
    }),
    address: Address.openapi({ description: "The client's IP address at the login." }),
    lastAddress: Address.openapi({ description: "The client's IP address at the last use." }),
    created: Time,
    lastUsed: Time.nullable().openapi({ description: "To within five minutes; null when it was only made." }),
    expires: Time.openapi({ description: "When it ends; the end of a refresh token is put off by its use." }),
    current: z.boolean().openapi({ description: "Whether this request came with it." }),
  })
  .openapi("Login");

const LoginList = z.object({ logins: z.array(Login) }).openapi("LoginList");
const EndedLogins = z
  .object({ ended: z.int().openapi({ description: "How many have ended." }) })
  .openapi("EndedLogins");

const id = z.string().openapi({ param: { name: "id", in: "path" }, description: "The id of the login." });
const LoginParams = z.object({ id });

const tags = ["Logins"];
const GONE = {
  204: {
    description: "The login has ended. Tokens that it got pull for their few minutes, and manage nothing any more.",
  },
};
const WHO_MAY = "Administrators of the account; those of an operator are for operators only.";

const list = createRoute({
  method: "get",
  path: "/logins",
  operationId: "listLogins",
  tags,
  summary: "List your logins",
  description:
    `Every browser, \`X-Auth-Token\` and refresh token that is logged in. A user has at most ${MAX_SESSIONS} of each kind: ` +
    "beyond that the one that was used least recently ends.",
  responses: { 200: json(LoginList, "The logins, without their secrets.") },
});

const end = createRoute({
  method: "delete",
  path: "/logins/{id}",
  operationId: "endLogin",
  tags,
  summary: "End one of your logins",
  request: { params: LoginParams },
  responses: GONE,
});

const endOthers = createRoute({
  method: "delete",
  path: "/logins",
  operationId: "endOtherLogins",
  tags,
  summary: "End your other logins",
  description: "All of them for requests that come with no login, but with a password or a signature.",
  responses: { 200: json(EndedLogins, "They have ended.") },
});

const listOfUser = createRoute({
  method: "get",
  path: "/users/{name}/logins",
  operationId: "listLoginsOfUser",
  tags,
  summary: "List a user's logins",
  description: WHO_MAY,
  request: { params: NameParams },
  responses: { 200: json(LoginList, "The logins, without their secrets.") },
});

const endOfUser = createRoute({
  method: "delete",
  path: "/users/{name}/logins/{id}",
  operationId: "endLoginOfUser",
  tags,
  summary: "End one of a user's logins",
  description: WHO_MAY,
  request: { params: NameParams.extend(LoginParams.shape) },
  responses: GONE,
});

const endAllOfUser = createRoute({
  method: "delete",
  path: "/users/{name}/logins",
  operationId: "endLoginsOfUser",
  tags,
  summary: "End all of a user's logins",
  description: `${WHO_MAY} The login that the request came with goes on.`,
  request: { params: NameParams },
  responses: { 200: json(EndedLogins, "They have ended.") },
});

/** Logins that last: beyond SWR. */
export const logins = createRouter()
  .openapi(list, async (c) => {
    return c.json(describeLogins(await listLogins(managerCall(c)), c.var.session?.id), 200);
  })
  .openapi(end, async (c) => {
    await endLogin(managerCall(c), c.req.valid("param").id);
    return c.body(null, 204);
  })
  .openapi(endOthers, async (c) => {
    return c.json({ ended: await endOtherLogins(managerCall(c), c.var.session?.id) }, 200);
  })
  .openapi(listOfUser, async (c) => {
    const { name } = c.req.valid("param");
    return c.json(describeLogins(await listLogins(managerCall(c), name), c.var.session?.id), 200);
  })
  .openapi(endOfUser, async (c) => {
    const params = c.req.valid("param");
    await endLogin(managerCall(c), params.id, params.name);
    return c.body(null, 204);
  })
  .openapi(endAllOfUser, async (c) => {
    const { name } = c.req.valid("param");
    return c.json({ ended: await endOtherLogins(managerCall(c), c.var.session?.id, name) }, 200);
  });

function describeLogins(sessions: ListedSession[], current: string | undefined): z.infer<typeof LoginList> {
  return {
    logins: sessions.map(({ createdAt, lastUsedAt, expiresAt, ...session }) => ({
      ...session,
      created: createdAt.toISOString(),
      lastUsed: lastUsedAt?.toISOString() ?? null,
      expires: expiresAt.toISOString(),
      current: session.id === current,
    })),
  };
}
