import {
  MAX_CLUSTER_NAME_LENGTH,
  MAX_LABEL_LENGTH,
  MAX_NAMESPACES,
  MAX_SUBDOMAIN_LENGTH,
} from "../../../kernel/field-limits.ts";
import { WORKLOAD_KINDS } from "../../../model/triggers/trigger-targets.ts";
import {
  addCluster,
  changeCluster,
  type Cluster,
  getCluster,
  listOrganizationClusters,
  MAX_CLUSTERS,
  MAX_TOKEN_LENGTH,
  removeCluster,
  tryCluster,
} from "../../../registry/triggers/clusters.ts";
import { managerCall } from "../../call.ts";
import {
  createRoute,
  createRouter,
  IfMatch,
  json,
  jsonBody,
  setVersion,
  versioned,
  versionsOf,
  z,
} from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { OrganizationParams } from "../params.ts";
import { describeWhy, Reasons } from "../reasons.ts";

const TAGS = ["Clusters"];
const PATH = "/organizations/{organization}/clusters";
const TO_LIST = "Takes the right to edit the organization.";
const TO_CHANGE = "Takes the right to manage the organization.";

const ClusterParams = OrganizationParams.extend({
  cluster: z.string().openapi({ param: { name: "cluster", in: "path" }, example: "production" }),
});

const server = z.string().openapi({
  description: "The address of its API server, over HTTPS and on the public network.",
  example: "https://cluster.example.com:6443",
});
const authority = z
  .string()
  .nullable()
  .openapi({
    description:
      "The certificates that its own may be signed by, in PEM, as in `ca.crt`: at most 16 KiB. Null for those that " +
      "everybody trusts.",
  });

const namespaces = z
  .array(z.string().max(MAX_LABEL_LENGTH))
  .max(MAX_NAMESPACES)
  .openapi({
    description: "The only namespaces whose workloads triggers may name, also those of administrators; none: all.",
    example: ["shop"],
  });

const ClusterAnswer = z
  .object({
    id: z.string().openapi({ description: "What SWR's API calls `cluster_id`." }),
    name: z.string(),
    server,
    authority,
    namespaces,
    created: Time,
    updated: Time,
  })
  .openapi("Cluster", { description: "Its token is never shown." });

const token = z.string().openapi({
  description: `A service account's token: at most ${MAX_TOKEN_LENGTH} characters. It is stored encrypted.`,
});
const test = z
  .boolean()
  .default(true)
  .openapi({ description: "Whether to save only what works: the server answers, and takes the token." });

const NewCluster = z
  .strictObject({
    name: z.string().openapi({
      minLength: 1,
      maxLength: MAX_CLUSTER_NAME_LENGTH,
      description:
        `1 to ${MAX_CLUSTER_NAME_LENGTH} letters, digits, \`.\`, \`_\` and \`-\`; the first and the last are letters ` +
        "or digits.",
      example: "production",
    }),
    server,
    authority: authority.default(null),
    token,
    namespaces: namespaces.default([]),
    test,
  })
  .openapi("NewCluster");

const ClusterChanges = z
  .strictObject({
    server: server.optional(),
    authority: authority.optional(),
    token: token.optional(),
    namespaces: namespaces.optional(),
    test,
  })
  .openapi("ClusterChanges", {
    description: "What is absent stays as it is. Another `server` takes the `token` anew.",
  });

const ClusterUse = z
  .strictObject({
    namespace: z.string().max(MAX_LABEL_LENGTH).optional().openapi({
      description: "Whether the token's account may update workloads there; absent: only whether it is taken.",
    }),
    workload: z.enum(WORKLOAD_KINDS).default("deployments"),
    application: z.string().max(MAX_SUBDOMAIN_LENGTH).optional().openapi({
      description: "The name of a workload; absent: any.",
    }),
  })
  .openapi("ClusterUse");

const ClusterTest = z
  .object({
    works: z.boolean(),
    detail: z.string().nullable().openapi({ description: "What does not work; null when all does." }),
    reasons: Reasons,
  })
  .openapi("ClusterTest");

/** Kubernetes clusters whose workloads triggers update. */
export const clusters = createRouter();

clusters.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listClusters",
    summary: "List an organization's clusters",
    description: TO_LIST,
    request: { params: OrganizationParams },
    responses: {
      200: json(z.object({ clusters: z.array(ClusterAnswer) }).openapi("Clusters"), "All clusters, by name."),
    },
  }),
  async (c) => {
    const found = await listOrganizationClusters(managerCall(c), c.req.valid("param").organization);
    return c.json({ clusters: found.map(describeCluster) }, 200);
  },
);

clusters.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createCluster",
    summary: "Add a cluster",
    description: `At most ${MAX_CLUSTERS} an organization. ${TO_CHANGE}`,
    request: { params: OrganizationParams, ...jsonBody(NewCluster) },
    responses: { 201: json(ClusterAnswer, "Triggers of the organization's images can name it.") },
  }),
  async (c) => {
    const { organization } = c.req.valid("param");
    const { name, test: isTested, ...address } = c.req.valid("json");
    const cluster = await addCluster(managerCall(c), organization, name, { ...address, isTested });
    return c.json(describeCluster(cluster), 201);
  },
);

clusters.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{cluster}`,
    tags: TAGS,
    operationId: "showCluster",
    summary: "Show a cluster",
    description: TO_LIST,
    request: { params: ClusterParams },
    responses: { 200: versioned(ClusterAnswer, "The cluster.") },
  }),
  async (c) => {
    const { organization, cluster } = c.req.valid("param");
    const found = await getCluster(managerCall(c), organization, cluster);
    setVersion(c, found);
    return c.json(describeCluster(found), 200);
  },
);

clusters.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{cluster}`,
    tags: TAGS,
    operationId: "updateCluster",
    summary: "Change a cluster",
    description: TO_CHANGE,
    request: { params: ClusterParams, headers: IfMatch, ...jsonBody(ClusterChanges) },
    responses: { 200: versioned(ClusterAnswer, "The cluster as it is now.") },
  }),
  async (c) => {
    const { organization, cluster } = c.req.valid("param");
    const { test: isTested, ...changes } = c.req.valid("json");
    const wanted = { ...changes, isTested, versions: versionsOf(c) };
    const changed = await changeCluster(managerCall(c), organization, cluster, wanted);
    setVersion(c, changed);
    return c.json(describeCluster(changed), 200);
  },
);

clusters.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{cluster}`,
    tags: TAGS,
    operationId: "deleteCluster",
    summary: "Delete a cluster",
    description: `Refused while a trigger names it. ${TO_CHANGE}`,
    request: { params: ClusterParams },
    responses: { 204: { description: "It is gone, and its token with it." } },
  }),
  async (c) => {
    const { organization, cluster } = c.req.valid("param");
    await removeCluster(managerCall(c), organization, cluster);
    return c.body(null, 204);
  },
);

clusters.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{cluster}/test`,
    tags: TAGS,
    operationId: "testCluster",
    summary: "Test a cluster",
    description: `Changes nothing there. ${TO_LIST}`,
    request: { params: ClusterParams, ...jsonBody(ClusterUse) },
    responses: { 200: json(ClusterTest, "Whether it works.") },
  }),
  async (c) => {
    const { organization, cluster } = c.req.valid("param");
    const { namespace, ...use } = c.req.valid("json");
    const wanted = namespace === undefined ? undefined : { ...use, namespace };
    const why = await tryCluster(managerCall(c), organization, cluster, wanted);
    return c.json({ works: why === undefined, ...describeWhy(why) }, 200);
  },
);

function describeCluster(cluster: Cluster): z.infer<typeof ClusterAnswer> {
  const { id, name, server: address, authority: certificates, namespaces: only, createdAt, updatedAt } = cluster;
  return {
    id: String(id),
    name,
    server: address,
    authority: certificates,
    namespaces: only,
    created: formatTime(createdAt),
    updated: formatTime(updatedAt),
  };
}
