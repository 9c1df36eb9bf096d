import { DELIVERY_STATUSES, HISTORY_DAYS } from "../../../model/triggers/deliveries.ts";
import {
  type Attempt,
  type Delivery,
  getDelivery,
  listTriggerDeliveries,
  resendDelivery,
  testTrigger,
} from "../../../registry/triggers/trigger-history.ts";
import { WHO_MAY_STEER } from "../../trigger-fields.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { cutPage, Next, PAGE_PARAMS, readCursor } from "../paging.ts";
import { imageOf, TriggerParams } from "../params.ts";
import { Reasons } from "../reasons.ts";

const TAGS = ["Triggers"];
const PATH = "/organizations/{organization}/images/{image}/triggers/{trigger}";
const WHO_MAY = "Takes the right to edit the image.";

const DeliveryParams = TriggerParams.extend({
  id: z.coerce
    .number()
    .int()
    .positive()
    .openapi({ param: { name: "id", in: "path" }, example: 7 }),
});

const Fields = {
  id: z.int(),
  uid: z.string().openapi({ description: "By which a receiver knows a repetition: `Webhook-Id`." }),
  tag: z.string(),
  digest: z.string(),
  user: z.string().openapi({ description: "Who pushed, or asked for the test." }),
  test: z.boolean(),
  status: z.enum(DELIVERY_STATUSES).openapi({
    description:
      "`pending`: to be tried, or tried again. `rolling`: the workload is changed, and its rollout is watched. " +
      "`superseded`: something newer took its place. `dead`: tried as often as may be.",
  }),
  tries: z.int(),
  detail: z.string().nullable().openapi({ description: "What came of it last, in a sentence." }),
  reasons: Reasons,
  created: Time,
  next: Time.nullable().openapi({ description: "When it is due; null when it is done." }),
  finished: Time.nullable(),
};

const DeliveryAnswer = z.object(Fields).openapi("Delivery");
const DeliveryPage = z.object({ deliveries: z.array(DeliveryAnswer), next: Next }).openapi("Deliveries");
const WholeDelivery = z
  .object({
    ...Fields,
    request: z
      .object({
        headers: z.record(z.string(), z.string()).openapi({
          description: "Signatures and authorization are `•••`. The timestamp is that of the last try.",
        }),
        body: z.string(),
      })
      .nullable()
      .openapi({
        description:
          "What a webhook is sent, made anew from the event: if the trigger was changed since the last try, what the next " +
          "one is sent. Null for a workload in a cluster.",
      }),
    attempts: z.array(
      z.object({
        number: z.int(),
        started: Time,
        duration: z.int().openapi({ description: "Milliseconds." }),
        status: z.int().nullable().openapi({ description: "The answer's; null when there was none." }),
        detail: z.string(),
        reasons: Reasons,
        answer: z.string().nullable().openapi({ description: "Its first 2 KiB." }),
      }),
    ),
  })
  .openapi("WholeDelivery");

/** The history of a trigger, test deliveries, and sending a delivery again. */
export const deliveries = createRouter();

deliveries.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/test`,
    tags: TAGS,
    operationId: "testTrigger",
    summary: "Test a trigger",
    description:
      "With the image's newest tag, or one that is made up when there is none, whatever the condition, and also when " +
      "it is not enabled. Webhooks are told that it is a test; in a cluster nothing changes, but is checked whether it " +
      `could. ${WHO_MAY}`,
    request: { params: TriggerParams },
    responses: { 201: json(DeliveryAnswer, "The delivery, which is made at once.") },
  }),
  async (c) => {
    const { trigger, ...params } = c.req.valid("param");
    const image = imageOf(params);
    const delivery = await testTrigger(managerCall(c), image, trigger);
    return c.json(describeDelivery(delivery), 201);
  },
);

deliveries.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/deliveries`,
    tags: TAGS,
    operationId: "listDeliveries",
    summary: "List a trigger's deliveries",
    description: `Of the last ${HISTORY_DAYS} days. ${WHO_MAY}`,
    request: { params: TriggerParams, query: z.strictObject(PAGE_PARAMS) },
    responses: { 200: json(DeliveryPage, "A page of the history.") },
  }),
  async (c) => {
    const { trigger, ...params } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
    const page = { before, limit: limit + 1 };
    const image = imageOf(params);
    const rows = await listTriggerDeliveries(managerCall(c), image, trigger, page);
    const { items, next } = cutPage(rows, limit, ({ id }) => [id]);
    return c.json({ deliveries: items.map(describeDelivery), next }, 200);
  },
);

deliveries.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/deliveries/{id}`,
    tags: TAGS,
    operationId: "showDelivery",
    summary: "Show a delivery and its tries",
    description: WHO_MAY,
    request: { params: DeliveryParams },
    responses: { 200: json(WholeDelivery, "The delivery.") },
  }),
  async (c) => {
    const { trigger, id, ...params } = c.req.valid("param");
    const image = imageOf(params);
    const { tries, request = null, ...delivery } = await getDelivery(managerCall(c), image, trigger, id);
    return c.json({ ...describeDelivery(delivery), request, attempts: tries.map(describeAttempt) }, 200);
  },
);

deliveries.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/deliveries/{id}/resend`,
    tags: TAGS,
    operationId: "resendDelivery",
    summary: "Resend a delivery",
    description: `As a new delivery, also when the trigger is not enabled. ${WHO_MAY} ${WHO_MAY_STEER}`,
    request: { params: DeliveryParams },
    responses: { 201: json(DeliveryAnswer, "The new delivery, which is made at once.") },
  }),
  async (c) => {
    const { trigger, id, ...params } = c.req.valid("param");
    const image = imageOf(params);
    const delivery = await resendDelivery(managerCall(c), image, trigger, id);
    return c.json(describeDelivery(delivery), 201);
  },
);

function describeDelivery(delivery: Delivery): z.infer<typeof DeliveryAnswer> {
  const { id, uid, tag, digest, event, status, attempts, detail, reasons } = delivery;
  const { createdAt, nextAttemptAt, finishedAt } = delivery;
  return {
    id,
    uid,
    tag,
    digest,
    user: event.user,
    test: event.isTest === true,
    status,
    tries: attempts,
    detail,
    reasons,
    created: formatTime(createdAt),
    next: nextAttemptAt && formatTime(nextAttemptAt),
    finished: finishedAt && formatTime(finishedAt),
  };
}

function describeAttempt({ number, startedAt, duration, status, detail, reasons, answer }: Attempt) {
  return { number, started: formatTime(startedAt), duration, status, detail, reasons, answer };
}
