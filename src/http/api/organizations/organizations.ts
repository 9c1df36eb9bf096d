import { LEVELS } from "../../../model/rights/access.ts";
import {
  getOrganization,
  searchOrganizations,
  type VisibleOrganization,
} from "../../../registry/organizations/organizations.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
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

const listOrganizations = createRoute({
  method: "get",
  path: "/organizations",
  operationId: "listOrganizations",
  tags: TAGS,
  summary: "List the organizations that the caller has any right in, by name",
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
  summary: "An organization",
  description: "For everybody who has any right in it, if only to one of its images. To others it does not exist.",
  request: { params: OrganizationParams },
  responses: { 200: json(Organization, "The organization.") },
});

/** Organizations as the console lists them; SWR's operations create and delete them (guide 5). */
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
