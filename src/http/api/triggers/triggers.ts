import { MAX_LABEL_LENGTH, MAX_SUBDOMAIN_LENGTH, MAX_URL_LENGTH } from "../../../kernel/field-limits.ts";
import { DELIVERY_STATUSES } from "../../../model/triggers/deliveries.ts";
import { syntaxOf } from "../../../model/triggers/triggers.ts";
import { WEBHOOK_FORMATS, WORKLOAD_KINDS } from "../../../model/triggers/trigger-targets.ts";
import {
  type Delivery,
  listTriggersWithLast,
  MAX_TRIED_TAGS,
  tryCondition,
} from "../../../registry/triggers/trigger-history.ts";
import {
  addImageTrigger,
  changeImageTrigger,
  getImageTrigger,
  MAX_TRIGGERS,
  removeImageTrigger,
  type Trigger,
  type WantedTarget,
} from "../../../registry/triggers/triggers.ts";
import { listRunningWorkloads, MAX_LISTED_WORKLOADS } from "../../../registry/triggers/workloads.ts";
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
import { CONDITION, ConditionKind, ConditionSyntaxField, TriggerName, WHO_MAY_STEER } from "../../trigger-fields.ts";
import { imageOf, ImageParams, TriggerParams } from "../params.ts";
import { describeWhy, Reasons } from "../reasons.ts";

const TAGS = ["Triggers"];
const PATH = "/organizations/{organization}/images/{image}/triggers";
const WHO_MAY = "Takes the right to edit the image.";

// --- What is sent ---

const Condition = z
  .strictObject({ kind: ConditionKind, text: z.string().default("").openapi(CONDITION) })
  .openapi("TriggerCondition");

const secret = (about: string) => z.string().nullable().optional().openapi({ description: about });

const Kubernetes = {
  kind: z.literal("kubernetes"),
  cluster: z.string().openapi({ description: "The name of a cluster of the organization.", example: "production" }),
  workload: z.enum(WORKLOAD_KINDS),
  application: z.string().openapi({
    maxLength: MAX_SUBDOMAIN_LENGTH,
    description: "The name of the workload.",
    example: "nginx",
  }),
  namespace: z.string().openapi({ maxLength: MAX_LABEL_LENGTH, example: "default" }),
};
const container = z.string().nullable().openapi({
  maxLength: MAX_LABEL_LENGTH,
  description: "The container whose image is set; null for all that use an image of this repository.",
});
const byDigest = z.boolean().openapi({ description: "Whether images are named by their digest, not by their tag." });
const Webhook = {
  kind: z.literal("webhook"),
  url: z.string().openapi({
    maxLength: MAX_URL_LENGTH,
    description: "Over HTTPS and on the public network.",
    example: "https://hooks.example.com/berth",
  }),
  format: z.enum(WEBHOOK_FORMATS),
};

const NewTarget = z
  .discriminatedUnion("kind", [
    z
      .strictObject({ ...Kubernetes, container: container.default(null), byDigest: byDigest.default(false) })
      .openapi("NewKubernetesTarget"),
    z
      .strictObject({
        ...Webhook,
        secret: secret("Signs the body. Absent: the one that is set stays; null: none."),
        authorization: secret("Sent as it is in the header `Authorization`. Absent: as it is; null: none."),
      })
      .openapi("NewWebhookTarget"),
  ])
  .openapi("NewTriggerTarget", {
    description: "It is changed as a whole. Another `url` takes its secrets anew, or null for each that is set.",
  });

const enabled = z.boolean();
const firesAlways = z.boolean().openapi({
  description: "Whether also when a tag is pushed again with the digest that it has.",
});

const NewTrigger = z
  .strictObject({
    name: TriggerName,
    condition: Condition,
    enabled: enabled.default(true),
    firesAlways: firesAlways.default(false),
    target: NewTarget,
  })
  .openapi("NewTrigger");

const TriggerChanges = z
  .strictObject({
    condition: Condition.optional(),
    enabled: enabled.optional(),
    firesAlways: firesAlways.optional(),
    target: NewTarget.optional(),
  })
  .openapi("TriggerChanges", { description: "What is absent stays as it is." });

function readTarget(target: z.output<typeof NewTarget>): WantedTarget {
  if (target.kind === "webhook") return target;
  const { cluster: name, container: only, ...rest } = target;
  return { ...rest, cluster: { name }, container: only ?? undefined };
}

// --- What is answered ---

const TriggerTarget = z
  .discriminatedUnion("kind", [
    z.object({ ...Kubernetes, container, byDigest }).openapi("KubernetesTarget"),
    z
      .object({
        ...Webhook,
        hasSecret: z.boolean().openapi({ description: "The secret itself is never shown." }),
        hasAuthorization: z.boolean().openapi({ description: "The authorization itself is never shown." }),
      })
      .openapi("WebhookTarget"),
  ])
  .openapi("TriggerTarget");

const TriggerAnswer = z
  .object({
    name: z.string(),
    condition: z.object({ kind: ConditionKind, text: z.string() }),
    conditionSyntax: ConditionSyntaxField,
    enabled: enabled.openapi({ description: "A receiver that answers 410 switches it off." }),
    firesAlways,
    target: TriggerTarget,
    createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    created: Time,
    updated: Time,
  })
  .openapi("ImageTrigger");

const LastDelivery = z
  .object({
    id: z.int(),
    tag: z.string(),
    test: z.boolean(),
    status: z.enum(DELIVERY_STATUSES),
    detail: z.string().nullable(),
    reasons: Reasons,
    created: Time,
    finished: Time.nullable(),
  })
  .openapi("LastDelivery");

const ListedTrigger = TriggerAnswer.extend({
  last: z.union([LastDelivery, z.null()]).openapi({ description: "What it delivered last; null for nothing yet." }),
}).openapi("ListedImageTrigger");

const TriedCondition = z
  .object({
    conditionSyntax: ConditionSyntaxField,
    tags: z.array(z.object({ tag: z.string(), met: z.boolean() })).openapi({
      description: `The image's newest tags, at most ${MAX_TRIED_TAGS}, the newest first.`,
    }),
  })
  .openapi("TriedCondition");

function describeTarget({ target, cluster, has }: Trigger): z.infer<typeof TriggerTarget> {
  if (target.kind === "webhook") {
    return { ...target, hasSecret: has.secret, hasAuthorization: has.authorization };
  }
  return { ...target, cluster: cluster?.name ?? "", container: target.container ?? null };
}

function describeTrigger(trigger: Trigger): z.infer<typeof TriggerAnswer> {
  return {
    name: trigger.name,
    condition: trigger.condition,
    conditionSyntax: syntaxOf(trigger.condition) ?? "",
    enabled: trigger.isEnabled,
    firesAlways: trigger.firesAlways,
    target: describeTarget(trigger),
    createdBy: trigger.creatorName,
    created: formatTime(trigger.createdAt),
    updated: formatTime(trigger.updatedAt),
  };
}

function describeLast(delivery: Delivery | undefined): z.infer<typeof LastDelivery> | null {
  if (!delivery) return null;
  const { id, tag, event, status, detail, reasons, createdAt, finishedAt } = delivery;
  const times = { created: formatTime(createdAt), finished: finishedAt && formatTime(finishedAt) };
  return { id, tag, test: event.isTest === true, status, detail, reasons, ...times };
}

const RunningWorkloads = z
  .object({
    workloads: z
      .array(
        z
          .object({
            namespace: z.string().openapi({ example: "default" }),
            workload: z.enum(WORKLOAD_KINDS),
            application: z.string().openapi({ description: "The name of the workload.", example: "nginx" }),
            containers: z.array(z.string()).openapi({ description: "Those of its containers that run the image." }),
          })
          .openapi("RunningWorkload"),
      )
      .openapi({ description: "By namespace and name." }),
    detail: z.string().nullable().openapi({ description: "Why there may be more; null when these are all." }),
    reasons: Reasons,
  })
  .openapi("RunningWorkloads");

// --- Routes ---

/** What a push of a tag sets off: guide 4.7, with targets beyond SWR's. */
export const triggers = createRouter();

triggers.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listTriggers",
    summary: "List an image's triggers",
    description: WHO_MAY,
    request: { params: ImageParams },
    responses: {
      200: json(z.object({ triggers: z.array(ListedTrigger) }).openapi("ImageTriggers"), "All triggers, by name."),
    },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const found = await listTriggersWithLast(managerCall(c), image);
    const described = found.map(({ trigger, last }) => ({ ...describeTrigger(trigger), last: describeLast(last) }));
    return c.json({ triggers: described }, 200);
  },
);

triggers.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "addTrigger",
    summary: "Create a trigger",
    description:
      "It fires when a tag that meets its condition is created or moved to another digest, by a push or a retag. At " +
      `most ${MAX_TRIGGERS} an image. ${WHO_MAY} ${WHO_MAY_STEER}`,
    request: { params: ImageParams, ...jsonBody(NewTrigger) },
    responses: { 201: json(TriggerAnswer, "The trigger.") },
  }),
  async (c) => {
    const { name, condition, enabled: isEnabled, firesAlways: always, target } = c.req.valid("json");
    const wanted = { condition, isEnabled, firesAlways: always, target: readTarget(target) };
    const image = imageOf(c.req.valid("param"));
    const trigger = await addImageTrigger(managerCall(c), image, name, wanted);
    return c.json(describeTrigger(trigger), 201);
  },
);

triggers.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/try-condition`,
    tags: TAGS,
    operationId: "tryCondition",
    summary: "Preview a trigger's condition",
    description: `Before it is saved. ${WHO_MAY}`,
    request: { params: ImageParams, ...jsonBody(Condition) },
    responses: { 200: json(TriedCondition, "The newest tags.") },
  }),
  async (c) => {
    const condition = c.req.valid("json");
    const image = imageOf(c.req.valid("param"));
    const tried = await tryCondition(managerCall(c), image, condition);
    const conditionSyntax = syntaxOf(condition) ?? ("" as const);
    return c.json({ conditionSyntax, tags: tried.map(({ tag, isMet }) => ({ tag, met: isMet })) }, 200);
  },
);

triggers.openapi(
  createRoute({
    method: "get",
    path: "/organizations/{organization}/images/{image}/workloads",
    tags: TAGS,
    operationId: "listRunningWorkloads",
    summary: "List the workloads of a cluster that run an image",
    description:
      `What a trigger of the image can update: at most ${MAX_LISTED_WORKLOADS}. The cluster is asked now, within 10 seconds, with ` +
      `its token's rights. Where that may list no workload of all namespaces, name one. ${WHO_MAY}`,
    request: {
      params: ImageParams,
      query: z.strictObject({
        cluster: z.string().openapi({
          description: "The name of a cluster of the organization.",
          example: "production",
        }),
        namespace: z.string().max(MAX_LABEL_LENGTH).optional().openapi({
          description: "The only namespace to look at; absent: all that the cluster is for.",
          example: "shop",
        }),
      }),
    },
    responses: { 200: json(RunningWorkloads, "Also when the cluster gives no answer: `detail` says so.") },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const { workloads, why } = await listRunningWorkloads(managerCall(c), image, c.req.valid("query"));
    const described = workloads.map(({ name, ...workload }) => ({ ...workload, application: name }));
    return c.json({ workloads: described, ...describeWhy(why) }, 200);
  },
);

triggers.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "getTrigger",
    summary: "Show a trigger",
    description: WHO_MAY,
    request: { params: TriggerParams },
    responses: { 200: versioned(TriggerAnswer, "The trigger.") },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    const image = imageOf(params);
    const trigger = await getImageTrigger(managerCall(c), image, name);
    setVersion(c, trigger);
    return c.json(describeTrigger(trigger), 200);
  },
);

triggers.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "changeTrigger",
    summary: "Change a trigger",
    description: `What was pushed before is delivered by what it is then. ${WHO_MAY} ${WHO_MAY_STEER} Switching it off does not.`,
    request: { params: TriggerParams, headers: IfMatch, ...jsonBody(TriggerChanges) },
    responses: { 200: versioned(TriggerAnswer, "The trigger as it is now.") },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    const { condition, enabled: isEnabled, firesAlways: always, target } = c.req.valid("json");
    const changes = {
      ...(condition && { condition }),
      ...(isEnabled !== undefined && { isEnabled }),
      ...(always !== undefined && { firesAlways: always }),
      ...(target && { target: readTarget(target) }),
      versions: versionsOf(c),
    };
    const image = imageOf(params);
    const trigger = await changeImageTrigger(managerCall(c), image, name, changes);
    setVersion(c, trigger);
    return c.json(describeTrigger(trigger), 200);
  },
);

triggers.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{trigger}`,
    tags: TAGS,
    operationId: "removeTrigger",
    summary: "Delete a trigger",
    description: `With its history, and what is not delivered yet. ${WHO_MAY}`,
    request: { params: TriggerParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    const { trigger: name, ...params } = c.req.valid("param");
    const image = imageOf(params);
    await removeImageTrigger(managerCall(c), image, name);
    return c.body(null, 204);
  },
);
