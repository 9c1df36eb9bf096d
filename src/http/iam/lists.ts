import type { Context } from "hono";
import type { User } from "../../model/rights/access.ts";
import { isProject } from "../../model/logins/login-commands.ts";
import { findColleagueById } from "../../registry/accounts/users.ts";
import type { AppEnv } from "../context.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { Links, linksTo, Project, projectId } from "./schemas.ts";
import { requestPath, urlForClient } from "../public-address.ts";

const Projects = z.object({ projects: z.array(Project), links: Links }).openapi("IamProjects");

const Domains = z
  .object({
    domains: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        enabled: z.boolean(),
        description: z.string(),
        links: z.object({ self: z.string() }),
      }),
    ),
    links: Links,
  })
  .openapi("IamDomains");

const IamUser = z
  .object({
    user: z.object({
      id: z.string(),
      name: z.string(),
      domain_id: z.string(),
      enabled: z.boolean(),
      description: z.string(),
      password_expires_at: z.string().nullable(),
      links: z.object({ self: z.string() }),
    }),
  })
  .openapi("IamUser");

const tags = ["IAM"];

const listProjects = createRoute({
  method: "get",
  path: "/projects",
  operationId: "keystoneListProjects",
  tags,
  summary: "List projects by name",
  description: "Berth has none of its own: any name is one, and stands for the whole registry.",
  request: {
    query: z.object({ name: z.string().optional().openapi({ description: "Default: the registry's project." }) }),
  },
  responses: { 200: json(Projects, "The project of this name.") },
});

const listAuthProjects = createRoute({
  ...listProjects,
  path: "/auth/projects",
  operationId: "keystoneListAuthProjects",
  summary: "List the caller's projects",
});

const listAuthDomains = createRoute({
  method: "get",
  path: "/auth/domains",
  operationId: "keystoneListAuthDomains",
  tags,
  summary: "List the caller's domains",
  responses: { 200: json(Domains, "One domain.") },
});

const showUser = createRoute({
  method: "get",
  path: "/users/{user_id}",
  operationId: "keystoneShowUser",
  tags,
  summary: "Show a user",
  request: {
    params: z.object({ user_id: z.string().openapi({ param: { name: "user_id", in: "path" }, example: "7" }) }),
  },
  responses: { 200: json(IamUser, "The user.") },
});

/** As much of IAM v3 as Huawei's SDKs and Terraform provider ask for before they come to the registry. */
export const lists = createRouter()
  .openapi(listProjects, (c) => c.json(projectsNamed(c, c.req.valid("query").name), 200))
  .openapi(listAuthProjects, (c) => c.json(projectsNamed(c, c.req.valid("query").name), 200))
  .openapi(listAuthDomains, (c) => {
    const { accountId, accountName } = managerCall(c).caller.user;
    const links = { self: linkTo(c, `/v3/domains/${accountId}`) };
    const domain = { id: String(accountId), name: accountName, enabled: true, description: "", links };
    return c.json({ domains: [domain], links: linksTo(linkToRequest(c)) }, 200);
  })
  .openapi(showUser, async (c) => {
    const user = await findColleagueById(managerCall(c), c.req.valid("param").user_id);
    return c.json({ user: describeUser(c, user) }, 200);
  });

function projectsNamed(c: Context<AppEnv>, name = c.var.stores.settings.project): z.infer<typeof Projects> {
  const user = managerCall(c).caller.user;
  const id = projectId(user, name);
  const domainId = String(user.accountId);
  const project = {
    id,
    name,
    domain_id: domainId,
    parent_id: domainId,
    is_domain: false,
    enabled: true,
    description: "",
    links: { self: linkTo(c, `/v3/projects/${id}`) },
  };
  return { projects: isProject(name) ? [project] : [], links: linksTo(linkToRequest(c)) };
}

function describeUser(c: Context<AppEnv>, { id, name, accountId }: User): z.infer<typeof IamUser>["user"] {
  return {
    id: String(id),
    name,
    domain_id: String(accountId),
    enabled: true,
    description: "",
    password_expires_at: null,
    links: { self: linkTo(c, `/v3/users/${id}`) },
  };
}

function linkTo(c: Context<AppEnv>, path: string): string {
  return urlForClient(c, path);
}

function linkToRequest(c: Context<AppEnv>): string {
  const { pathname, search } = requestPath(c);
  return urlForClient(c, `${pathname}${search}`);
}
