import { RegistryError } from "../../kernel/errors.ts";
import { type Condition, syntaxOf } from "../../model/triggers/triggers.ts";
import { type Delivery, getTriggerWithOutcomes } from "../../registry/triggers/trigger-history.ts";
import {
  addImageTrigger,
  changeImageTrigger,
  listImageTriggers,
  MAX_TRIGGERS,
  removeImageTrigger,
  type Trigger,
} from "../../registry/triggers/triggers.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import { CONDITION, ConditionKind, ConditionSyntaxField, TriggerName, WHO_MAY_STEER } from "../trigger-fields.ts";
import { Done, formatTime, repositoryOf, RepositoryParams, Time } from "./params.ts";

const TAGS = ["Triggers"];
const PATH = "/namespaces/{namespace}/repos/{repository}/triggers";
const WHO_MAY = "Takes the right to edit the image.";

const TriggerParams = RepositoryParams.extend({
  trigger: z.string().openapi({ param: { name: "trigger", in: "path" }, example: "deploy" }),
});

// --- What is sent ---

const enable = z.enum(["true", "false"]).openapi({ description: "A text, not a boolean." });
const optional = (about: string) => z.string().default("").openapi({ description: about });

const CreateTrigger = z
  .object({
    name: TriggerName,
    action: z.literal("update").openapi({ description: "The image of a workload's containers is set." }),
    app_type: z.enum(["deployments", "statefulsets"]).openapi({
      description: "Of the workload. `/api/` knows further kinds.",
    }),
    application: z.string().openapi({ description: "The name of the workload.", example: "nginx" }),
    cluster_ns: z.string().openapi({ description: "Its namespace.", example: "default" }),
    cluster_id: optional(
      "Of a cluster of the organization, which `/api/organizations/{organization}/clusters` manages.",
    ),
    cluster_name: optional("The name of that cluster. One of both is enough."),
    container: optional("The container whose image is set; empty: all that use an image of this repository."),
    trigger_type: ConditionKind,
    condition: z.string().openapi(CONDITION),
    enable,
    trigger_mode: z.enum(["cce", "cci"]).default("cce").openapi({
      description: "`cci` is refused: there is no Cloud Container Instance.",
    }),
  })
  .openapi("CreateTrigger");

const UpdateTrigger = z.object({ enable }).openapi("UpdateTrigger");

// --- What is answered ---

const OF_WORKLOAD = "Empty for a webhook.";
const Target = {
  action: z.string().openapi({ description: "`update`, or `webhook` for what only `/api/` can make." }),
  app_type: z.string().openapi({ description: OF_WORKLOAD }),
  application: z.string().openapi({ description: OF_WORKLOAD }),
  cluster_id: z.string().openapi({ description: OF_WORKLOAD }),
  cluster_name: z.string().openapi({ description: OF_WORKLOAD }),
  cluster_ns: z.string().openapi({ description: OF_WORKLOAD }),
  container: z.string().openapi({ description: "Empty for all." }),
  condition: z.string(),
  condition_syntax: ConditionSyntaxField,
};

const TriggerHistory = z
  .object({
    ...Target,
    tag: z.string(),
    result: z.enum(["success", "failed"]),
    detail: z.string(),
    creator_name: z.string().openapi({ description: "Who pushed." }),
    created_at: Time.openapi({ description: "When it was pushed." }),
  })
  .openapi("TriggerHistory");

const Fields = {
  ...Target,
  name: z.string(),
  trigger_type: ConditionKind,
  enable,
  trigger_mode: z.string().openapi({ description: "`cce`; empty for a webhook." }),
  creator_name: z.string().openapi({ description: "Empty when the creator is no longer a user." }),
  created_at: Time,
};

const ListedTrigger = z.object({ ...Fields, trigger_history: z.null() }).openapi("ListedTrigger");
const TriggerWithHistory = z
  .object({
    ...Fields,
    trigger_history: z.array(TriggerHistory).openapi({
      description: "What it did last, newest first: no tests, and not what a newer push overtook.",
    }),
  })
  .openapi("TriggerWithHistory");

function writeTarget({ target, cluster, condition }: Trigger) {
  if (target.kind === "webhook") {
    return {
      action: "webhook",
      app_type: "",
      application: "",
      cluster_id: "",
      cluster_name: "",
      cluster_ns: "",
      container: "",
      ...writeCondition(condition),
    };
  }
  return {
    action: "update",
    app_type: target.workload,
    application: target.application,
    cluster_id: cluster ? String(cluster.id) : "",
    cluster_name: cluster?.name ?? "",
    cluster_ns: target.namespace,
    container: target.container ?? "",
    ...writeCondition(condition),
  };
}

function writeCondition(condition: Condition) {
  return { condition: condition.text, condition_syntax: syntaxOf(condition) ?? ("" as const) };
}

function writeTrigger(trigger: Trigger) {
  return {
    ...writeTarget(trigger),
    name: trigger.name,
    trigger_type: trigger.condition.kind,
    enable: trigger.isEnabled ? ("true" as const) : ("false" as const),
    trigger_mode: trigger.target.kind === "webhook" ? "" : "cce",
    creator_name: trigger.creatorName ?? "",
    created_at: formatTime(trigger.createdAt),
  };
}

/** Where it went is not kept with a delivery: that is what the trigger says now. */
function writeOutcome(trigger: Trigger, { status, detail, tag, event, createdAt }: Delivery) {
  return {
    ...writeTarget(trigger),
    tag,
    result: status === "success" ? ("success" as const) : ("failed" as const),
    detail: detail ?? "",
    creator_name: event.user,
    created_at: formatTime(createdAt),
  };
}

// --- Routes ---

/** What a push of a tag sets off: guide 4.7. */
export const triggers = createRouter();

triggers.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createTrigger",
    summary: "Create a trigger for a Kubernetes workload",
    description:
      "When a tag that meets the condition is created or moved to another digest, by a push or a retag. At most " +
      `${MAX_TRIGGERS} an image. ${WHO_MAY} ${WHO_MAY_STEER}`,
    request: { params: RepositoryParams, ...jsonBody(CreateTrigger) },
    responses: { 201: json(Done, "It is there.") },
  }),
  async (c) => {
    const body = c.req.valid("json");
    const image = repositoryOf(c.req.valid("param"));
    if (body.trigger_mode === "cci") {
      throw new RegistryError("TRIGGER_INVALID", "trigger_mode cci: there is no Cloud Container Instance, only cce");
    }
    const wanted = {
      condition: { kind: body.trigger_type, text: body.condition },
      isEnabled: body.enable === "true",
      firesAlways: false,
      target: {
        kind: "kubernetes",
        cluster: { id: body.cluster_id || undefined, name: body.cluster_name || undefined },
        workload: body.app_type,
        application: body.application,
        namespace: body.cluster_ns,
        container: body.container || undefined,
        byDigest: false,
      },
    } as const;
    await addImageTrigger(managerCall(c), image, body.name, wanted);
    return c.json({}, 201);
  },
);

triggers.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listTriggersDetails",
    summary: "List an image's triggers",
    description: `Webhooks among them, which only \`/api/\` can make. ${WHO_MAY}`,
    request: { params: RepositoryParams },
    responses: { 200: json(z.array(ListedTrigger).openapi("ListedTriggers"), "All triggers, by name.") },
  }),
  async (c) => {
    const found = await listImageTriggers(managerCall(c), repositoryOf(c.req.valid("param")));
    return c.json(
      found.map((trigger) => ({ ...writeTrigger(trigger), trigger_history: null })),
      200,
    );
  },
);

triggers.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "showTrigger",
    summary: "Show a trigger and its history",
    description: WHO_MAY,
    request: { params: TriggerParams },
    responses: { 200: json(TriggerWithHistory, "The trigger.") },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    const { trigger, outcomes } = await getTriggerWithOutcomes(managerCall(c), repositoryOf(params), name);
    const history = outcomes.map((delivery) => writeOutcome(trigger, delivery));
    return c.json({ ...writeTrigger(trigger), trigger_history: history }, 200);
  },
);

triggers.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "updateTrigger",
    summary: "Enable or disable a trigger",
    description: `${WHO_MAY} To switch it on: ${WHO_MAY_STEER}`,
    request: { params: TriggerParams, ...jsonBody(UpdateTrigger) },
    responses: { 201: json(Done, "Changed.") },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    const changes = { isEnabled: c.req.valid("json").enable === "true" };
    await changeImageTrigger(managerCall(c), repositoryOf(params), name, changes);
    return c.json({}, 201);
  },
);

triggers.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "deleteTrigger",
    summary: "Delete a trigger",
    description: `With its history, and what is not delivered yet. ${WHO_MAY}`,
    request: { params: TriggerParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    await removeImageTrigger(managerCall(c), repositoryOf(params), name);
    return c.body(null, 204);
  },
);
