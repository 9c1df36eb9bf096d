/**
 * The part of Huawei's CCE API v3 that its Terraform provider needs beside SWR's: a trigger that names its cluster by id alone
 * has the name looked up here.
 */
import { getClusterName } from "../../registry/triggers/clusters.ts";
import { identifyManager } from "../auth/identify.ts";
import { createErrorRenderer, joinMessages, unknownRoute } from "../errors.ts";
import { createManagementRouter } from "../management.ts";
import { managerCall } from "../call.ts";
import { createRoute, json, z } from "../openapi.ts";
import { formatTime, ProjectParams, Time } from "../swr/params.ts";

const CceCluster = z
  .object({
    kind: z.literal("Cluster"),
    apiVersion: z.literal("v3"),
    metadata: z.object({
      name: z.string(),
      uid: z.string().openapi({ description: "Its id." }),
      creationTimestamp: Time,
      updateTimestamp: Time,
    }),
  })
  .openapi("CceCluster");

const showCluster = createRoute({
  method: "get",
  path: "/projects/{project_id}/clusters/{cluster_id}",
  operationId: "showCceCluster",
  tags: ["Clusters"],
  summary: "Show a cluster's name",
  description:
    "Users who may edit the cluster's organization may ask. Terraform asks here for the name when a trigger has a " +
    "`cluster_id` alone; all else about clusters is under `/api/organizations/{organization}/clusters`.",
  request: {
    params: ProjectParams.extend({
      cluster_id: z.string().openapi({ param: { name: "cluster_id", in: "path" }, example: "7" }),
    }),
  },
  responses: { 200: json(CceCluster, "The cluster.") },
});

export const cce = createManagementRouter();
cce.use(identifyManager);
cce.openapi(showCluster, async (c) => {
  const { id, name, createdAt, updatedAt } = await getClusterName(managerCall(c), c.req.valid("param").cluster_id);
  const metadata = {
    name,
    uid: String(id),
    creationTimestamp: formatTime(createdAt),
    updateTimestamp: formatTime(updatedAt),
  };
  return c.json({ kind: "Cluster", apiVersion: "v3", metadata } as const, 200);
});
cce.all("/*", (c) => {
  throw unknownRoute(c, "the CCE API");
});
// As CCE does: `{errorCode, errorMessage}`, of which its codes begin with the service, its part and the status, CCE.01404001.
cce.onError(
  createErrorRenderer({
    body(_, problems, status) {
      const code = `CCE.01${status}001`;
      const message = joinMessages(problems);
      return { errorCode: code, errorMessage: message, error_code: code, error_msg: message };
    },
  }),
);
