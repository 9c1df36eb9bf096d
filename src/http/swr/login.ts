import type { Context } from "hono";
import { createLoginCommand, type LoginCommand } from "../../registry/logins/login-commands.ts";
import type { AppEnv } from "../context.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { queryParam } from "./params.ts";

const AuthInfo = z
  .object({
    auths: z.record(z.string(), z.object({ auth: z.string() })).openapi({
      description: "By host of the registry: `user:password` in base64, as docker's `config.json` has it.",
    }),
  })
  .openapi("AuthInfo");

const LoginHeaders = z.object({
  "X-Swr-Dockerlogin": z.string().openapi({
    description: "The command.",
    example: "docker login -u berth@AAAAAAAAAEAGSZ5A4ABCDEFG -p 0f6c… berth.example",
  }),
  "X-Swr-Expireat": z.string().openapi({ format: "date-time", description: "When the login ends, in UTC." }),
});

const query = z.object({
  projectname: queryParam(
    "The project in the user name: 1 to 64 letters, digits, `_` and `-`. Default: the registry's.",
  ),
});

const createSecret = createRoute({
  method: "post",
  path: "/utils/secret",
  operationId: "createSecret",
  tags: ["Login commands"],
  summary: "Create a temporary login command",
  description: "It works for 24 hours, on any number of machines, and pushes and pulls what the caller may.",
  request: { query },
  responses: { 200: { ...json(AuthInfo, "The credentials."), headers: LoginHeaders } },
});

const createAuthorizationToken = createRoute({
  ...createSecret,
  path: "/utils/authorizationtoken",
  operationId: "createAuthorizationToken",
  summary: "Create a temporary login command, by its newer name",
});

/** Temporary login commands (guide 4.1). */
export const login = createRouter();

login.openapi(createSecret, async (c) => {
  return c.json(describe(c, await commandFor(c, c.req.valid("query").projectname)), 200);
});
login.openapi(createAuthorizationToken, async (c) => {
  return c.json(describe(c, await commandFor(c, c.req.valid("query").projectname)), 200);
});

function commandFor(c: Context<AppEnv>, project: string | undefined): Promise<LoginCommand> {
  return createLoginCommand(managerCall(c), project);
}

function describe(c: Context<AppEnv>, { command, user, password, registry, expiresAt }: LoginCommand) {
  c.header("X-Swr-Dockerlogin", command);
  c.header("X-Swr-Expireat", expiresAt.toISOString());
  return { auths: { [registry]: { auth: btoa(`${user}:${password}`) } } };
}
