/** Lists of images as SWR's API v3 has them: by pages that begin behind a marker, without a total. */
import { CATEGORIES } from "../../kernel/image-categories.ts";
import { organizationOf } from "../../kernel/reference.ts";
import { parseCategory } from "../../model/images/image-properties.ts";
import { type ImageById, listImagesById } from "../../registry/images/images.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { PAGING, queryParam, readNumber, readPaging } from "./params.ts";
import { ITEM_FIELDS, readFlag, readNames, writeFields } from "./repository-items.ts";

const RepositoryItemV3 = z
  .object({ id: z.int(), ...ITEM_FIELDS, namespace_name: z.string().openapi({ description: "Its organization." }) })
  .openapi("RepositoryItemV3");

const RepositoryPageV3 = z
  .object({
    repos: z.array(RepositoryItemV3),
    nextMarker: z
      .int()
      .optional()
      .openapi({
        description:
          "The `marker` of the next page; absent on the last one. A page may have fewer images than were asked for, even none, " +
          "and a next one all the same: it looks at a bounded number.",
      }),
  })
  .openapi("RepositoryPageV3");

const NAMES = {
  namespace: queryParam("Only images of this organization."),
  name: queryParam("A part of the name, with `$` instead of `/`."),
};

const PAGE = {
  limit: PAGING.limit,
  marker: queryParam("The `nextMarker` of the page before; absent for the first page."),
};

const listRepoDetails = createRoute({
  method: "get",
  path: "/repos",
  tags: ["Images"],
  operationId: "listRepoDetails",
  summary: "List the caller's images, by marker",
  description: "Those that the caller has a right to in the account, the ones made first before the others.",
  request: {
    query: z.object({
      ...NAMES,
      category: queryParam(`One of ${CATEGORIES.join(", ")}; \`other\` finds images without one too.`),
      is_public: queryParam("`true` or `false`."),
      ...PAGE,
    }),
  },
  responses: { 200: json(RepositoryPageV3, "A page of images.") },
});

const listSharedRepoDetails = createRoute({
  method: "get",
  path: "/shared-repositories",
  tags: ["Sharing"],
  operationId: "listSharedRepoDetails",
  summary: "List shared images, by marker",
  description:
    "`self`: images that the caller has a right to and that are shared with other accounts, or were. `thirdparty`: " +
    "images that other accounts share with the caller's at the moment. The ones made first come before the others.",
  request: {
    query: z.object({
      shared_by: z.enum(["self", "thirdparty"]),
      ...NAMES,
      status: queryParam("`true`: only images with a share that holds; `false`: only the others."),
      ...PAGE,
    }),
  },
  responses: { 200: json(RepositoryPageV3, "A page of images.") },
});

export const repositoriesV3 = createRouter()
  .openapi(listRepoDetails, async (c) => {
    const query = c.req.valid("query");
    const { repositories, next } = await listImagesById(managerCall(c), {
      scope: "own",
      ...readNames(query),
      category: query.category === undefined ? undefined : parseCategory(query.category),
      isPublic: readFlag("is_public", query.is_public),
      account: undefined,
      isShared: undefined,
      ...readPage(query),
    });
    return c.json(
      writePage(
        repositories.map((repository) => writeItem(repository, false)),
        next,
      ),
      200,
    );
  })
  .openapi(listSharedRepoDetails, async (c) => {
    const query = c.req.valid("query");
    const { repositories, next } = await listImagesById(managerCall(c), {
      scope: query.shared_by === "self" ? "shared-by" : "shared-with",
      ...readNames(query),
      category: undefined,
      isPublic: undefined,
      account: undefined,
      isShared: readFlag("status", query.status),
      ...readPage(query),
    });
    return c.json(
      writePage(
        repositories.map((repository) => writeItem(repository, repository.isShared)),
        next,
      ),
      200,
    );
  });

function readPage({ limit, marker }: { limit?: string | undefined; marker?: string | undefined }) {
  return { limit: readPaging({ limit }).limit, after: readNumber("marker", marker, 0) };
}

function writeItem(repository: ImageById, status: boolean): z.infer<typeof RepositoryItemV3> {
  const { id, name } = repository;
  return { id, ...writeFields(repository, status), namespace_name: organizationOf(name) };
}

function writePage(repos: z.infer<typeof RepositoryItemV3>[], next: number | undefined) {
  return { repos, ...(next !== undefined && { nextMarker: next }) };
}
