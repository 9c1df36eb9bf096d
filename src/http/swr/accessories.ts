/** What is attached to an image, and what it is attached to: SWR's lists of accessories and references. */
import {
  type Accessory,
  listAccessories,
  listReferences,
  MAX_ACCESSORIES,
} from "../../registry/content/accessories.ts";
import { imageOf, organizationOf } from "../../kernel/reference.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";
import { formatTime, queryParam, readNumber, readShortPaging, repositoryOf, Time } from "./params.ts";
import { TagParams } from "./tags.ts";

const TAGS = ["Image tags"];
const PATH = "/namespaces/{namespace}/repos/{repository}/{tag}";

const MAX_LISTED_ACCESSORIES = 100;
const MAX_LISTED_REFERENCES = 10;
const DEFAULT_LIMIT = 10;

const AccessoryItem = z
  .object({
    id: z.int(),
    domain_id: z.string().openapi({ description: "The account that it belongs to." }),
    namespace_name: z.string(),
    repo_name: z.string(),
    sig_tag: z.string().openapi({ description: "Its tag; empty when it has none." }),
    sig_digest: z.string(),
    target_digest: z.string().openapi({ description: "What it is attached to." }),
    size: z.int().openapi({ description: "Bytes of its blobs, each counted once." }),
    type: z.string().openapi({
      description:
        "`signature.cosign`, `signature.notation`, `attestation.cosign`, `sbom.cosign`; of others the manifest's artifact " +
        "type, or `other`.",
    }),
    created_at: Time,
    updated_at: Time,
  })
  .openapi("Accessory");

const listRepoAccessories = createRoute({
  method: "get",
  path: `${PATH}/accessories`,
  tags: TAGS,
  operationId: "listRepoAccessories",
  summary: "List signatures, attestations and SBOMs of an image",
  description:
    "Tags that belong to the image and manifests that refer to it, in the order in which they were first pushed. For " +
    `everybody who may pull it. At most ${MAX_ACCESSORIES} of either kind; \`GET /v2/…/referrers/{digest}\` has pages of all ` +
    "that refer to it.",
  request: {
    params: TagParams,
    query: z.object({
      limit: queryParam(`How many entries to answer: 1 to ${MAX_LISTED_ACCESSORIES}, default ${DEFAULT_LIMIT}.`),
      offset: queryParam("How many entries to leave out before; behind the last one the list is empty."),
    }),
  },
  responses: {
    200: json(
      z.object({ total: z.int(), accessories: z.array(AccessoryItem) }).openapi("Accessories"),
      "A page of what is attached.",
    ),
  },
});

const listReferencesRoute = createRoute({
  method: "get",
  path: `${PATH}/references`,
  tags: TAGS,
  operationId: "listReferences",
  summary: "List the tags that a signature belongs to",
  description: "Those of one image; none for a tag that belongs to nothing. For everybody who may pull the image.",
  request: {
    params: TagParams,
    query: z.object({
      limit: queryParam(`How many tags to answer: 1 to ${MAX_LISTED_REFERENCES}, default ${DEFAULT_LIMIT}.`),
      marker: queryParam("The `next_marker` of the page before; absent for the first page."),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          tags: z.array(z.string()),
          next_marker: z
            .string()
            .optional()
            .openapi({ description: "The `marker` of the next page; absent on the last one." }),
          has_more: z.boolean().openapi({ description: "Whether there is a next page." }),
        })
        .openapi("References"),
      "A page of tags.",
    ),
  },
});

export const accessories = createRouter()
  .openapi(listRepoAccessories, async (c) => {
    const { tag, ...params } = c.req.valid("param");
    const name = repositoryOf(params);
    const page = readShortPaging(c.req.valid("query"), DEFAULT_LIMIT, MAX_LISTED_ACCESSORIES);
    const { total, accessories: found, accountId } = await listAccessories(managerCall(c), name, tag, page);
    const place = { domain_id: String(accountId), namespace_name: organizationOf(name), repo_name: imageOf(name) };
    return c.json({ total, accessories: found.map((each) => ({ ...place, ...writeAccessory(each) })) }, 200);
  })
  .openapi(listReferencesRoute, async (c) => {
    const { tag, ...params } = c.req.valid("param");
    const { limit, marker } = c.req.valid("query");
    const page = {
      limit: readShortPaging({ limit }, DEFAULT_LIMIT, MAX_LISTED_REFERENCES).limit,
      after: readNumber("marker", marker, 0),
    };
    const { tags, next } = await listReferences(managerCall(c), repositoryOf(params), tag, page);
    return c.json(
      { tags, ...(next !== undefined && { next_marker: String(next) }), has_more: next !== undefined },
      200,
    );
  });

function writeAccessory({ id, tag, digest, subject, type, imageBytes, createdAt, updatedAt }: Accessory) {
  return {
    id,
    sig_tag: tag ?? "",
    sig_digest: digest,
    target_digest: subject,
    size: imageBytes,
    type,
    created_at: formatTime(createdAt),
    updated_at: formatTime(updatedAt),
  };
}
