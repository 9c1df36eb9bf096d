import type { User } from "../../model/rights/access.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_KNOWN_PASSWORD_LENGTH } from "../../kernel/field-limits.ts";
import { isProject } from "../../model/logins/login-commands.ts";
import { logIn } from "../../registry/logins/sessions.ts";
import { noForeignPages } from "../auth/foreign-pages.ts";
import { clientOf } from "../auth/identify.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import { Domain, domainOf, projectId } from "./schemas.ts";

const TERMS = { kind: "iam-token", lifetimeMs: 24 * 3600 * 1000 } as const;

const Named = z.object({ id: z.string().optional(), name: z.string().optional() });

const TokenRequest = z
  .object({
    auth: z.object({
      identity: z.object({
        methods: z.array(z.literal("password")).length(1),
        password: z.object({
          user: z.object({
            name: z.string().min(1).max(200),
            password: z.string().min(1).max(MAX_KNOWN_PASSWORD_LENGTH),
            domain: Named.optional().openapi({ description: "The user's account." }),
          }),
        }),
      }),
      scope: z
        .object({ project: Named.extend({ domain: Named.optional() }).optional(), domain: Named.optional() })
        .optional(),
    }),
  })
  .openapi("IamTokenRequest");
type TokenRequest = z.infer<typeof TokenRequest>;

const Token = z
  .object({
    token: z.object({
      methods: z.array(z.string()),
      issued_at: z.string().openapi({ format: "date-time" }),
      expires_at: z.string().openapi({ format: "date-time", description: "24 hours from now." }),
      user: z.object({ id: z.string(), name: z.string(), domain: Domain, password_expires_at: z.string() }),
      domain: Domain.optional(),
      project: z.object({ id: z.string(), name: z.string(), domain: Domain }).optional(),
      roles: z.array(z.object({ id: z.string(), name: z.string() })),
      catalog: z.array(z.unknown()),
    }),
  })
  .openapi("IamToken");

const createToken = createRoute({
  method: "post",
  path: "/auth/tokens",
  operationId: "keystoneCreateUserTokenByPassword",
  tags: ["IAM"],
  summary: "Create a token",
  description: "The token comes in the header `X-Subject-Token`, and goes in `X-Auth-Token`.",
  security: [],
  middleware: noForeignPages,
  request: jsonBody(TokenRequest),
  responses: {
    201: {
      ...json(Token, "What the token stands for."),
      headers: z.object({ "X-Subject-Token": z.string().openapi({ description: "The token." }) }),
    },
  },
});

/** IAM v3, "Obtaining a User Token Through Password Authentication". */
export const tokens = createRouter().openapi(createToken, async (c) => {
  const { identity, scope } = c.req.valid("json").auth;
  const { name, password, domain } = identity.password.user;
  const scopeOf = readScope(scope, c.var.stores.settings.project);
  const login = { name, password, ...clientOf(c) };
  const { token, user, createdAt, expiresAt } = await logIn(c.var.stores, login, TERMS, domain);
  c.header("X-Subject-Token", token);
  const body = {
    methods: ["password"],
    issued_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    user: { id: String(user.id), name: user.name, domain: domainOf(user), password_expires_at: "" },
    ...scopeOf(user),
    roles: [{ id: user.role, name: user.role }],
    catalog: [],
  };
  return c.json({ token: body }, 201);
});

/** What a token says of its scope. It means nothing here: rights are the user's own. */
function readScope(scope: TokenRequest["auth"]["scope"], defaultProject: string) {
  const { project } = scope ?? {};
  const name = project?.name ?? defaultProject;
  if (project && !isProject(name))
    throw new RegistryError("PARAMETER_INVALID", "auth.scope.project.name is no project");
  return (user: User) => {
    const domain = domainOf(user);
    return project ? { project: { id: project.id ?? projectId(user, name), name, domain } } : { domain };
  };
}
