import { getChanges } from "../../../registry/overview/changes.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";

const Changes = z
  .object({
    images: z.string().openapi({
      description: "Pushes, deletions, changes of images' properties, and organizations that come or go.",
      example: "9f86d081884c7d65",
    }),
    deliveries: z.string().openapi({ description: "Deliveries of triggers that are made." }),
    jobs: z.string().openapi({ description: "Jobs of synchronization that are made." }),
  })
  .openapi("Changes");

const showChanges = createRoute({
  method: "get",
  path: "/changes",
  operationId: "showChanges",
  tags: ["Overview"],
  summary: "Check for changes",
  description:
    "A text for each kind of change to what the caller may see of their own account: it is another one than before once " +
    "something has changed, and says nothing else. It costs little, so that lists can be followed by asking for it every few " +
    "seconds. Sometimes it changes although nothing did that the caller sees.",
  responses: { 200: json(Changes, "The texts.") },
});

export const changes = createRouter().openapi(showChanges, async (c) => c.json(await getChanges(managerCall(c)), 200));
