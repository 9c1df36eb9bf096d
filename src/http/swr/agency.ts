import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, z } from "../openapi.ts";

const Agency = z
  .object({
    domain_id: z.string().openapi({ description: "The caller's account." }),
    is_agency: z.boolean().openapi({ description: "Whether triggers may call clusters: always true." }),
  })
  .openapi("Agency");

const TAGS = ["Triggers"];

const checkAgency = createRoute({
  method: "get",
  path: "/agency",
  operationId: "checkAgency",
  tags: TAGS,
  summary: "Show whether triggers may call clusters",
  description:
    "In Huawei's cloud an account first has to entrust SWR with that. Here it does so with each cluster that it adds.",
  responses: { 200: json(Agency, "The account.") },
});

const createAgency = createRoute({
  method: "post",
  path: "/agency",
  operationId: "createAgency",
  tags: TAGS,
  summary: "Let triggers call clusters",
  description: "It changes nothing, because triggers may.",
  responses: { 204: { description: "They may." } },
});

/** The agency by which an account of Huawei's cloud lets SWR's triggers call its clusters. Triggers here need none. */
export const agency = createRouter()
  .openapi(checkAgency, (c) => {
    const { accountId } = managerCall(c).caller.user;
    return c.json({ domain_id: String(accountId), is_agency: true }, 200);
  })
  .openapi(createAgency, (c) => c.body(null, 204));
