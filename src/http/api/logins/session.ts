import type { User } from "../../../model/rights/access.ts";
import { changePassword, logIn, logOut } from "../../../registry/logins/sessions.ts";
import { clearSessionCookie, readSessionCookie, SESSION_COOKIE, writeSessionCookie } from "../../auth/cookie.ts";
import { noForeignPages } from "../../auth/foreign-pages.ts";
import { clientOf } from "../../auth/identify.ts";
import { managerCall, visitorCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { AccountRole, KnownPassword, Password, Time } from "../rights/people.ts";

const SESSION_MS = 12 * 3600 * 1000;

const Credentials = z
  .strictObject({ name: z.string().min(1).max(200), password: KnownPassword })
  .openapi("Credentials");

const Self = z
  .object({
    user: z.object({
      id: z.string().openapi({ description: "What SWR's API calls `user_id`.", example: "7" }),
      name: z.string(),
      account: z.string(),
      role: AccountRole,
    }),
  })
  .openapi("Self");

const ShownSelf = Self.extend({
  expires: Time.nullable().openapi({
    description: "When the session ends; null for callers who came with other credentials.",
  }),
}).openapi("ShownSelf");

const Visitor = z
  .object({
    user: Self.shape.user.nullable().openapi({ description: "Null when nobody has logged in." }),
    expires: ShownSelf.shape.expires,
  })
  .openapi("Visitor");

const NewSession = Self.extend({ expires: Time.openapi({ description: "12 hours from now." }) }).openapi("NewSession");

const PasswordChange = z.strictObject({ current: KnownPassword, new: Password }).openapi("PasswordChange");

const tags = ["Session"];
const path = "/session";

const open = createRoute({
  method: "post",
  path,
  operationId: "logIn",
  tags,
  summary: "Sign a browser in",
  description:
    `Sets the cookie \`__Host-${SESSION_COOKIE}\` (without TLS, on one's own machine, \`${SESSION_COOKIE}\`). Requests that ` +
    "change something must then come from the same origin.",
  security: [],
  middleware: noForeignPages,
  request: jsonBody(Credentials),
  responses: { 200: json(NewSession, "Who one is now.") },
});

const show = createRoute({
  method: "get",
  path,
  operationId: "showSession",
  tags,
  summary: "Show the current session",
  responses: { 200: json(ShownSelf, "The user behind the request.") },
});

const showVisitor = createRoute({
  method: "get",
  path: "/visitor",
  operationId: "showVisitor",
  tags,
  summary: "Show the visitor, signed in or not",
  description:
    "For pages that everybody may see: who has not logged in, or no longer is, is nobody here, where `GET /api/session` refuses.",
  security: [],
  responses: { 200: json(Visitor, "The user behind the request, or nobody.") },
});

const close = createRoute({
  method: "delete",
  path,
  operationId: "logOut",
  tags,
  summary: "Sign a browser out",
  description: "Also when the session has ended already.",
  security: [],
  responses: { 204: { description: "The session has ended." } },
});

const setPassword = createRoute({
  method: "put",
  path: "/session/password",
  operationId: "changePassword",
  tags,
  summary: "Change your password",
  description: "Ends all other sessions, temporary login commands and refresh tokens of the user.",
  request: jsonBody(PasswordChange),
  responses: { 204: { description: "The new password holds." } },
});

export const session = createRouter()
  .openapi(open, async (c) => {
    const login = { ...c.req.valid("json"), ...clientOf(c) };
    const { token, user, expiresAt } = await logIn(c.var.stores, login, { kind: "browser", lifetimeMs: SESSION_MS });
    writeSessionCookie(c, token, SESSION_MS);
    return c.json({ ...describeSelf(user), expires: expiresAt.toISOString() }, 200);
  })
  .openapi(show, (c) => {
    const self = describeSelf(managerCall(c).caller.user);
    return c.json({ ...self, expires: describeEnd(c.var.session?.expiresAt) }, 200);
  })
  .openapi(showVisitor, (c) => {
    const { user } = visitorCall(c).caller;
    const visitor = user ? describeSelf(user) : { user: null };
    return c.json({ ...visitor, expires: describeEnd(c.var.session?.expiresAt) }, 200);
  })
  .openapi(close, async (c) => {
    const token = readSessionCookie(c);
    const { user, address, passwordChanges } = c.var.credentials;
    if (token !== undefined && user) await logOut(c.var.stores, { user, address, passwordChanges }, token);
    clearSessionCookie(c);
    return c.body(null, 204);
  })
  .openapi(setPassword, async (c) => {
    const { current, new: replacement } = c.req.valid("json");
    const passwords = { current, replacement, session: readSessionCookie(c) };
    await changePassword(managerCall(c), passwords);
    return c.body(null, 204);
  });

function describeSelf({ id, name, accountName, role }: User): z.infer<typeof Self> {
  return { user: { id: String(id), name, account: accountName, role } };
}

/** Other credentials than a session's have no end here. */
function describeEnd(end: Date | undefined): string | null {
  return end?.toISOString() ?? null;
}
