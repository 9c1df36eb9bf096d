import { getOverview, REPORT_DAYS } from "../../registry/overview/reports.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";

const Overview = z
  .object({
    domain_id: z.string().openapi({ description: "The caller's account." }),
    domain_name: z.string(),
    namspace_num: z.int().openapi({ description: "Organizations." }),
    repo_num: z.int().openapi({ description: "Images." }),
    image_num: z.int().openapi({ description: "Tags." }),
    store_space: z.number().openapi({
      description: "Bytes stored, each blob once in each organization; of single images, once in each image.",
    }),
    downflow_size: z.number().openapi({ description: `Bytes pulled within ${REPORT_DAYS} days.` }),
  })
  .openapi("Overview");

const showDomainOverview = createRoute({
  method: "get",
  path: "/overview",
  operationId: "showDomainOverview",
  tags: ["Overview"],
  summary: "Show the account's overview",
  description:
    "For a member who does not administer the account: of the organizations and images they have a right to.",
  responses: { 200: json(Overview, "The numbers.") },
});

/** The account in numbers; the spelling of `namspace_num` is SWR's. */
export const overview = createRouter().openapi(showDomainOverview, async (c) => {
  const { account, organizations, images, tags, storedBytes, pulledBytes } = await getOverview(managerCall(c));
  return c.json(
    {
      domain_id: String(account.id),
      domain_name: account.name,
      namspace_num: organizations,
      repo_num: images,
      image_num: tags,
      store_space: storedBytes,
      downflow_size: pulledBytes,
    },
    200,
  );
});
