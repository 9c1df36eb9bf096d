import { DELIVERY_STATUSES } from "../../../model/triggers/deliveries.ts";
import { imageOf, organizationOf } from "../../../kernel/reference.ts";
import {
  getActivity,
  type FailedSync as FailedSyncRecord,
  type RecentDelivery,
  type RecentPush,
} from "../../../registry/overview/activity.ts";
import { managerCall } from "../../call.ts";
import { SYNC_STATUSES } from "../../../model/sync/sync-jobs.ts";
import { createRoute, createRouter, json, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { Reasons } from "../reasons.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;

const IMAGE = {
  organization: z.string(),
  image: z.string().openapi({ description: "Without its organization.", example: "shop/web" }),
};

const Push = z
  .object({
    ...IMAGE,
    tag: z.string(),
    digest: z.string(),
    pushedBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    pushed: Time,
  })
  .openapi("RecentPush");

const Delivery = z
  .object({
    ...IMAGE,
    trigger: z.string(),
    id: z.int(),
    tag: z.string(),
    digest: z.string(),
    test: z.boolean(),
    status: z.enum(DELIVERY_STATUSES),
    detail: z.string().nullable().openapi({ description: "What came of it last, in a sentence." }),
    reasons: Reasons,
    created: Time,
    finished: Time.nullable(),
  })
  .openapi("RecentDelivery");

const FailedSync = z
  .object({
    ...IMAGE,
    id: z.int().openapi({ description: "Of the job." }),
    tag: z.string(),
    remote: z.string(),
    remoteOrganization: z.string().openapi({ description: "Where it goes there; empty for a target without one." }),
    status: z.enum(SYNC_STATUSES),
    detail: z.string().nullable().openapi({ description: "What came of it last, in a sentence." }),
    reasons: Reasons,
    created: Time,
    finished: Time.nullable(),
  })
  .openapi("FailedSync");

const Activity = z
  .object({
    pushes: z.array(Push).openapi({ description: "The tags that were moved last, each once." }),
    deliveries: z
      .array(Delivery)
      .nullable()
      .openapi({ description: "The newest deliveries; null for a caller who may edit no image, and so see none." }),
    failing: z
      .array(Delivery)
      .nullable()
      .openapi({
        description:
          "The triggers that fail, each with its last delivery that ended, tests aside. One that was switched off by hand since " +
          "is left out. Null as above.",
      }),
    failedSyncs: z
      .array(FailedSync)
      .nullable()
      .openapi({
        description:
          "The tags that did not arrive at a remote registry, each with the job that failed, unless a later one of the same tag and " +
          "target has been made. Of the account's newest 1,000 jobs. Null as above.",
      }),
  })
  .openapi("Activity");

const showActivity = createRoute({
  method: "get",
  path: "/activity",
  operationId: "showActivity",
  tags: ["Overview"],
  summary: "Show recent activity",
  description:
    "The last pushes to all images that the caller has a right to by account or permission, and the last deliveries and the " +
    "failing triggers of all images that they may edit.",
  request: {
    query: z.strictObject({
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(MAX_LIMIT)
        .default(DEFAULT_LIMIT)
        .openapi({ description: `How many of each: 1 to ${MAX_LIMIT}, default ${DEFAULT_LIMIT}.` }),
    }),
  },
  responses: { 200: json(Activity, "The newest first.") },
});

export const activity = createRouter().openapi(showActivity, async (c) => {
  const { pushes, deliveries, failing, failedSyncs } = await getActivity(managerCall(c), c.req.valid("query").limit);
  const answer = {
    pushes: pushes.map(describePush),
    deliveries: deliveries && deliveries.map(describeDelivery),
    failing: failing && failing.map(describeDelivery),
    failedSyncs: failedSyncs && failedSyncs.map(describeFailedSync),
  };
  return c.json(answer, 200);
});

function describePush({ repository, pushedAt, ...push }: RecentPush): z.infer<typeof Push> {
  return {
    organization: organizationOf(repository),
    image: imageOf(repository),
    ...push,
    pushed: formatTime(new Date(pushedAt)),
  };
}

function describeDelivery(delivery: RecentDelivery): z.infer<typeof Delivery> {
  const { repository, isTest, createdAt, finishedAt, ...rest } = delivery;
  return {
    organization: organizationOf(repository),
    image: imageOf(repository),
    ...rest,
    test: isTest === 1,
    created: formatTime(new Date(createdAt)),
    finished: finishedAt === null ? null : formatTime(new Date(finishedAt)),
  };
}

function describeFailedSync({
  repository,
  createdAt,
  finishedAt,
  ...job
}: FailedSyncRecord): z.infer<typeof FailedSync> {
  return {
    organization: organizationOf(repository),
    image: imageOf(repository),
    ...job,
    created: formatTime(new Date(createdAt)),
    finished: finishedAt === null ? null : formatTime(new Date(finishedAt)),
  };
}
