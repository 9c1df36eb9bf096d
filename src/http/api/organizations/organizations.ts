import { LEVELS } from "../../../model/rights/access.ts";
import { parseOrganizationName } from "../../../kernel/reference.ts";
import {
  createOrganization,
  deleteOrganization,
  getOrganization,
  searchOrganizations,
  type VisibleOrganization,
} from "../../../registry/organizations/organizations.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { Next } from "../paging.ts";
import { OrganizationParams } from "../params.ts";
import { cutNamePage, NamePageQuery, readNamePage } from "../rights/people.ts";

const TAGS = ["Organizations"];

const Organization = z
  .object({
    name: z.string(),
    level: z.enum(LEVELS).nullable().openapi({
      description: "What the caller may do with all its images; null: a right to single images only.",
    }),
    images: z.int().openapi({ description: "How many images it has that the caller has a right to." }),
    users: z.int().openapi({ description: "How many users have a permission on all its images." }),
    createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    created: Time,
  })
  .openapi("Organization");

const Page = z.object({ organizations: z.array(Organization), next: Next }).openapi("OrganizationPage");

const NewOrganization = z
  .strictObject({
    name: z.string().transform(parseOrganizationName).openapi({
      type: "string",
      minLength: 1,
      maxLength: 64,
      description:
        "1 to 64 lower-case letters, digits, `.`, `_` and `-`; the first is a letter, the last no separator.",
      example: "acme",
    }),
  })
  .openapi("NewOrganization");

const listOrganizations = createRoute({
  method: "get",
  path: "/organizations",
  operationId: "listOrganizations",
  tags: TAGS,
  summary: "List organizations",
  description: "A page at a time, and those with a right to single images as well; SWR's list has neither.",
  request: {
    query: NamePageQuery.extend({
      level: z.enum(LEVELS).optional().openapi({
        description: "Those with whose images, all of them, the caller may do this: `edit` to upload new ones.",
      }),
    }),
  },
  responses: { 200: json(Page, "A page of organizations.") },
});

const showOrganization = createRoute({
  method: "get",
  path: "/organizations/{organization}",
  operationId: "showOrganization",
  tags: TAGS,
  summary: "Show an organization",
  description: "For everybody who has any right in it, if only to one of its images. To others it does not exist.",
  request: { params: OrganizationParams },
  responses: { 200: json(Organization, "The organization.") },
});

const postOrganization = createRoute({
  method: "post",
  path: "/organizations",
  operationId: "createOrganization",
  tags: TAGS,
  summary: "Create an organization",
  description: "Its name must be free in the whole registry; each user may create a number of them (5 by default).",
  request: jsonBody(NewOrganization),
  responses: { 201: json(Organization, "The organization, which the caller manages.") },
});

const removeOrganization = createRoute({
  method: "delete",
  path: "/organizations/{organization}",
  operationId: "deleteOrganization",
  tags: TAGS,
  summary: "Delete an organization",
  description:
    "Only one that has no images. For ten minutes no other account can take its name. Takes the right to manage the " +
    "organization.",
  request: { params: OrganizationParams },
  responses: { 204: { description: "It is gone." } },
});

/** Organizations: guide 5. */
export const organizations = createRouter()
  .openapi(listOrganizations, async (c) => {
    const { level, ...query } = c.req.valid("query");
    const { search, ...page } = await readNamePage(c.var.stores, query);
    const found = await searchOrganizations(managerCall(c), { search, level }, page);
    const { items, next } = await cutNamePage(c.var.stores, query, found);
    return c.json({ organizations: items.map(describeOrganization), next }, 200);
  })
  .openapi(showOrganization, async (c) => {
    const { organization } = c.req.valid("param");
    return c.json(describeOrganization(await getOrganization(managerCall(c), organization)), 200);
  })
  .openapi(postOrganization, async (c) => {
    const { name } = c.req.valid("json");
    const call = managerCall(c);
    await createOrganization(call, name);
    return c.json(describeOrganization(await getOrganization(call, name)), 201);
  })
  .openapi(removeOrganization, async (c) => {
    const { organization } = c.req.valid("param");
    await deleteOrganization(managerCall(c), organization);
    return c.body(null, 204);
  });

function describeOrganization(found: VisibleOrganization): z.infer<typeof Organization> {
  return {
    name: found.name,
    level: found.level ?? null,
    images: found.repositoryCount,
    users: found.userCount,
    createdBy: found.creatorName ?? null,
    created: formatTime(found.createdAt),
  };
}
