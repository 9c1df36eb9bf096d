import { RegistryError } from "../../kernel/errors.ts";
import { listImages } from "../../registry/images/images.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import {
  CONTENT_RANGE,
  FILTER,
  ORDER,
  PAGING,
  queryParam,
  readOrder,
  readPaging,
  readQuery,
  setContentRange,
} from "./params.ts";
import { readFlag, readNames, RepositoryItems, writeItem } from "./repository-items.ts";

const KEYS = [
  "center",
  "namespace",
  "name",
  "domain_name",
  "status",
  "limit",
  "offset",
  "order_column",
  "order_type",
] as const;

const ORDERS = {
  updated_at: "updatedAt",
  updated_time: "updatedAt",
  name: "name",
  tag_count: "tagCount",
  namespace: "organization",
  domain_name: "account",
} as const;

const listSharedReposDetails = createRoute({
  method: "get",
  path: "/shared-repositories",
  tags: ["Sharing"],
  operationId: "listSharedReposDetails",
  summary: "List shared images",
  description:
    "`self`: images that the caller has a right to and that are shared with other accounts, or were. `thirdparty`: " +
    "images that other accounts share with the caller's at the moment. One entry per image, by organization and name " +
    "unless asked otherwise.",
  request: {
    query: z.object({
      center: queryParam("`self` or `thirdparty`. Required, here or in `filter`."),
      namespace: queryParam("Only images of this organization."),
      name: queryParam("A part of the name, with `$` instead of `/`."),
      domain_name: queryParam("Only images of this account."),
      status: queryParam("`true`: only images with a share that holds; `false`: only the others."),
      ...PAGING,
      order_column: queryParam(`One of ${Object.keys(ORDERS).join(", ")}.`),
      order_type: ORDER.order_type,
      ...FILTER,
    }),
  },
  responses: { 200: { ...json(RepositoryItems, "A page of images."), headers: CONTENT_RANGE } },
});

/** Images that the account shares, or that others share with it (guide 4.6). */
export const sharedRepositories = createRouter().openapi(listSharedReposDetails, async (c) => {
  const parameters = c.req.valid("query");
  const query = readQuery(parameters, KEYS);
  const { limit, offset } = readPaging(query);
  const order = readOrder(query, ORDERS, { column: "organization" as const, isDescending: false });
  const { repositories, total } = await listImages(managerCall(c), {
    // SDKs always send it by itself, also beside a filter.
    scope: readCenter(query.center ?? parameters.center),
    ...readNames(query),
    category: undefined,
    isPublic: undefined,
    account: query.domain_name || undefined,
    isShared: readFlag("status", query.status),
    order: order.column,
    isDescending: order.isDescending,
    limit,
    offset,
  });
  setContentRange(c, offset, repositories.length, total);
  return c.json(
    repositories.map((repository) => writeItem(c, repository, { status: repository.isShared, total })),
    200,
  );
});

function readCenter(center: string | undefined) {
  switch (center) {
    case "self":
      return "shared-by";
    case "thirdparty":
      return "shared-with";
    case undefined:
    case "":
      throw new RegistryError("PARAMETER_MISSING", "center is required: self or thirdparty");
    default:
      throw new RegistryError("PARAMETER_INVALID", `center must be self or thirdparty, not "${center.slice(0, 50)}"`);
  }
}
