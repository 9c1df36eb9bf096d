import { MAX_DELETED_TAGS } from "../../../kernel/field-limits.ts";
import { MAX_SYNCED_TAGS } from "../../../kernel/limits.ts";
import { parseTag } from "../../../kernel/reference.ts";
import { HISTORY_DAYS, MAX_ATTEMPTS } from "../../../model/triggers/deliveries.ts";
import { readDetail, readOptionalDetail } from "../../../model/read-detail.ts";
import { SYNC_OPERATIONS, SYNC_STATUSES } from "../../../model/sync/sync-jobs.ts";
import {
  cancelJob,
  getJob,
  listJobs,
  resendJob,
  type SyncAttempt,
  type SyncJob,
  syncTags,
} from "../../../registry/sync/sync-jobs.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { cutPage, formatCursor, Next, PAGE_PARAMS, readCursor } from "../paging.ts";
import { imageOf, ImageParams, OrganizationParams } from "../params.ts";
import { Reasons } from "../reasons.ts";
import { override, referrers, SYNC_TAGS, Target } from "./sync-fields.ts";

const IMAGE = "/organizations/{organization}/images/{image}";
const PATH = `${IMAGE}/sync-jobs`;
const WHO_MAY = "Takes the right to edit the image.";

const JobParams = ImageParams.extend({
  id: z.coerce
    .number()
    .int()
    .positive()
    .openapi({ param: { name: "id", in: "path" }, example: 7 }),
});

const tag = z.string().transform(parseTag).openapi({ type: "string", example: "1.0" });

const NewJobs = z
  .strictObject({
    ...Target,
    tags: z.array(tag).min(1).max(MAX_DELETED_TAGS).nullable().default(null).openapi({ description: "Null: all." }),
    override: override.default(false),
    referrers: referrers.default(false),
    cursor: z.string().max(1000).optional().openapi({
      description: "The `next` of the request before, with all tags; absent at first.",
    }),
  })
  .openapi("NewSyncJobs");

const JobsAnswer = z
  .object({
    jobs: z.array(z.object({ id: z.int(), tag: z.string() })),
    unknown: z.array(z.string()).openapi({ description: "Tags that the image does not have." }),
    next: z.string().nullable().openapi({ description: "The `cursor` to go on with; null when all have been made." }),
  })
  .openapi("SyncJobsMade");

const Fields = {
  id: z.int(),
  image: z.string().openapi({ description: "Its whole name.", example: "acme/shop/web" }),
  rule: z.int().nullable().openapi({ description: "Null when somebody asked for it without one. It may be gone." }),
  operation: z.enum(SYNC_OPERATIONS),
  tag: z.string(),
  digest: z.string().openapi({ description: "What the tag points to; of a deletion, what it pointed to." }),
  ...Target,
  override,
  referrers,
  user: z.string().openapi({ description: "Who pushed, deleted, or asked for it." }),
  status: z.enum(SYNC_STATUSES).openapi({
    description:
      "`waiting`: to be begun, or tried again. `cancel`: somebody cancelled it, or a newer push took its place. `timeout`: " +
      "given up, because the target gave no answer. `existed`: the tag is there with another digest, and is not to be moved.",
  }),
  tries: z.int().openapi({ description: `How many in a row have brought nothing: ${MAX_ATTEMPTS} at most.` }),
  detail: z.string().nullable().openapi({ description: "What came of it last, in a sentence." }),
  reasons: Reasons,
  bytesDone: z.int().openapi({ description: "Of blobs that are there." }),
  bytesTotal: z.int().nullable().openapi({ description: "Of all blobs; null while that is not known." }),
  created: Time,
  started: Time.nullable(),
  next: Time.nullable().openapi({ description: "When it is due; null when it has ended." }),
  finished: Time.nullable(),
};

const JobAnswer = z.object(Fields).openapi("SyncJob");
const JobPage = z.object({ jobs: z.array(JobAnswer), next: Next }).openapi("SyncJobs");
const WholeJob = z
  .object({
    ...Fields,
    attempts: z
      .array(
        z.object({
          number: z.int(),
          started: Time,
          duration: z.int().openapi({ description: "Milliseconds." }),
          status: z
            .int()
            .nullable()
            .openapi({ description: "What the target refused it with; null without an answer." }),
          detail: z.string(),
          reasons: Reasons,
        }),
      )
      .openapi({ description: "Those that did not bring it to its end." }),
  })
  .openapi("WholeSyncJob");

/** Jobs of synchronization: asking for them, and what became of them. */
export const syncJobs = createRouter();

syncJobs.openapi(
  createRoute({
    method: "post",
    path: `${IMAGE}/sync`,
    tags: SYNC_TAGS,
    operationId: "syncImageTags",
    summary: "Copy tags to a remote registry now",
    description: `Chosen ones, or all: ${MAX_SYNCED_TAGS} a request; \`next\` goes on. No rule is needed. ${WHO_MAY}`,
    request: { params: ImageParams, ...jsonBody(NewJobs) },
    responses: { 202: json(JobsAnswer, "The jobs are made, and begin at once.") },
  }),
  async (c) => {
    const { override: overrides, referrers: hasReferrers, tags, cursor, ...target } = c.req.valid("json");
    const from = readCursor(cursor, z.tuple([z.string()]))?.[0];
    const wanted = { ...target, overrides, hasReferrers, tags: tags ?? undefined };
    const made = await syncTags(managerCall(c), imageOf(c.req.valid("param")), wanted, from);
    const jobs = made.jobs.map(({ id, tag: name }) => ({ id, tag: name }));
    const next = made.next === undefined ? null : formatCursor([made.next]);
    return c.json({ jobs, unknown: made.unknown, next }, 202);
  },
);

syncJobs.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: SYNC_TAGS,
    operationId: "listImageSyncJobs",
    summary: "List an image's synchronization jobs",
    description: `Of the last ${HISTORY_DAYS} days. ${WHO_MAY}`,
    request: { params: ImageParams, query: z.strictObject(PAGE_PARAMS) },
    responses: { 200: json(JobPage, "A page of jobs.") },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
    const image = imageOf(c.req.valid("param"));
    const rows = await listJobs(managerCall(c), { image }, { before, limit: limit + 1 });
    const { items, next } = cutPage(rows, limit, ({ id }) => [id]);
    return c.json({ jobs: items.map(describeJob), next }, 200);
  },
);

syncJobs.openapi(
  createRoute({
    method: "get",
    path: "/organizations/{organization}/sync-jobs",
    tags: SYNC_TAGS,
    operationId: "listOrganizationSyncJobs",
    summary: "List an organization's synchronization jobs",
    description: `Of all of its images, of the last ${HISTORY_DAYS} days. Takes the right to manage the organization.`,
    request: { params: OrganizationParams, query: z.strictObject(PAGE_PARAMS) },
    responses: { 200: json(JobPage, "A page of jobs.") },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
    const rows = await listJobs(managerCall(c), c.req.valid("param"), { before, limit: limit + 1 });
    const { items, next } = cutPage(rows, limit, ({ id }) => [id]);
    return c.json({ jobs: items.map(describeJob), next }, 200);
  },
);

syncJobs.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{id}`,
    tags: SYNC_TAGS,
    operationId: "showImageSyncJob",
    summary: "Show a synchronization job and its tries",
    description: WHO_MAY,
    request: { params: JobParams },
    responses: { 200: json(WholeJob, "The job.") },
  }),
  async (c) => {
    const { id, ...params } = c.req.valid("param");
    const { tries, ...job } = await getJob(managerCall(c), imageOf(params), id);
    return c.json({ ...describeJob(job), attempts: tries.map(describeAttempt) }, 200);
  },
);

syncJobs.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{id}/cancel`,
    tags: SYNC_TAGS,
    operationId: "cancelImageSyncJob",
    summary: "Cancel a synchronization job",
    description: `What is under way is broken off within seconds; what has arrived stays there. ${WHO_MAY}`,
    request: { params: JobParams },
    responses: { 200: json(JobAnswer, "The job, which has ended.") },
  }),
  async (c) => {
    const { id, ...params } = c.req.valid("param");
    return c.json(describeJob(await cancelJob(managerCall(c), imageOf(params), id)), 200);
  },
);

syncJobs.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{id}/resend`,
    tags: SYNC_TAGS,
    operationId: "resendImageSyncJob",
    summary: "Repeat a synchronization job",
    description: `As a new job, with what the tag points to now. ${WHO_MAY}`,
    request: { params: JobParams },
    responses: { 202: json(JobAnswer, "The new job, which begins at once.") },
  }),
  async (c) => {
    const { id, ...params } = c.req.valid("param");
    return c.json(describeJob(await resendJob(managerCall(c), imageOf(params), id)), 202);
  },
);

function describeJob(job: SyncJob): z.infer<typeof JobAnswer> {
  return {
    id: job.id,
    image: job.repository,
    rule: job.ruleId,
    operation: job.operation,
    tag: job.tag,
    digest: job.digest,
    remote: job.remote,
    remoteOrganization: job.remoteOrganization,
    override: job.overrides,
    referrers: job.hasReferrers,
    user: job.userName,
    status: job.status,
    tries: job.attempts,
    ...readOptionalDetail(job.detail),
    bytesDone: job.bytesDone,
    bytesTotal: job.bytesTotal,
    created: formatTime(job.createdAt),
    started: job.startedAt && formatTime(job.startedAt),
    next: job.nextAttemptAt && formatTime(job.nextAttemptAt),
    finished: job.finishedAt && formatTime(job.finishedAt),
  };
}

function describeAttempt({ number, startedAt, duration, status, detail }: SyncAttempt) {
  return { number, started: formatTime(startedAt), duration, status, ...readDetail(detail) };
}
