/** SWR's "Image synchronization": to remote registries of the account, which it calls regions. */
import { MAX_DELETED_TAGS, MAX_REMOTE_NAME_LENGTH, MAX_REMOTE_ORGANIZATION_LENGTH } from "../../kernel/field-limits.ts";
import { RegistryError } from "../../kernel/errors.ts";
import { MAX_SYNC_RULES } from "../../kernel/limits.ts";
import { imageOf, isTag, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { HISTORY_DAYS } from "../../model/triggers/deliveries.ts";
import { SYNC_STATUSES } from "../../model/sync/sync-jobs.ts";
import { EVERYTHING } from "../../model/sync/sync-rules.ts";
import { listOwnRemotes } from "../../registry/remotes/remotes.ts";
import { listJobsByOffset, type SyncJob, syncTags } from "../../registry/sync/sync-jobs.ts";
import { addRule, listRules, removeRuleTo, type SyncRule } from "../../registry/sync/sync-rules.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import {
  CONTENT_RANGE,
  Done,
  formatTime,
  queryParam,
  readOrder,
  readPaging,
  parseFilter,
  repositoryOf,
  RepositoryParams,
  setContentRange,
  Time,
} from "./params.ts";

const TAGS = ["Synchronization"];
const REPOSITORY = "/namespaces/{namespace}/repos/{repository}";
const WHO_MAY = "Takes the right to edit the image.";

// --- What is sent ---

const remoteRegionId = z.string().max(MAX_REMOTE_NAME_LENGTH).openapi({
  description: "The name of a remote registry of the account: `/api/remotes`.",
  example: "tokyo",
});
const remoteNamespace = z.string().openapi({
  minLength: 1,
  maxLength: MAX_REMOTE_ORGANIZATION_LENGTH,
  description: "The organization there.",
  example: "team",
});
const override = z.boolean().openapi({
  description: "Whether a tag that is there with another digest is moved.",
});

const CreateSyncRepo = z
  .object({
    remoteRegionId,
    remoteNamespace,
    syncAuto: z.boolean().default(false).openapi({ description: "Whether pushes set it off." }),
    override: override.default(false),
  })
  .openapi("CreateSyncRepo");
const DeleteSyncRepo = z.object({ remoteRegionId, remoteNamespace }).openapi("DeleteSyncRepo");
const SyncImages = z
  .object({
    remoteRegionId,
    remoteNamespace,
    imageTag: z
      .array(z.string())
      .min(1)
      .max(MAX_DELETED_TAGS)
      .openapi({ description: "The tags.", example: ["v1"] }),
    override: override.default(false),
  })
  .openapi("SyncImages");

// --- What is answered ---

const Common = {
  id: z.int(),
  createdAt: Time,
  updatedAt: Time,
  domainID: z.string().openapi({ description: "The account that the image belongs to." }),
  domainName: z.string(),
  namespace: z.string(),
  repoName: z.string().openapi({ description: "With `/`." }),
  remoteRegionId,
  remoteNamespace,
  override,
};

const SyncRepo = z.object({ ...Common, syncAuto: z.boolean() }).openapi("SyncRepo");
const SwrSyncJob = z
  .object({
    ...Common,
    tag: z.string(),
    status: z.enum(SYNC_STATUSES),
    syncOperatorId: z.string().openapi({ description: "Who set it off; empty for the registry itself." }),
    syncOperatorName: z.string(),
  })
  .openapi("SwrSyncJob");

function nameOf(image: RepositoryName, { accountId, accountName }: { accountId: number; accountName: string }) {
  return {
    domainID: String(accountId),
    domainName: accountName,
    namespace: organizationOf(image),
    repoName: imageOf(image),
  };
}

function writeRule(image: RepositoryName, rule: SyncRule): z.infer<typeof SyncRepo> {
  return {
    ...nameOf(image, rule),
    id: rule.id,
    createdAt: formatTime(rule.createdAt),
    updatedAt: formatTime(rule.updatedAt),
    remoteRegionId: rule.remote,
    remoteNamespace: rule.remoteOrganization,
    override: rule.overrides,
    syncAuto: rule.isAutomatic,
  };
}

function writeJob(image: RepositoryName, job: SyncJob): z.infer<typeof SwrSyncJob> {
  return {
    ...nameOf(image, job),
    id: job.id,
    createdAt: formatTime(job.createdAt),
    updatedAt: formatTime(job.finishedAt ?? job.startedAt ?? job.createdAt),
    remoteRegionId: job.remote,
    remoteNamespace: job.remoteOrganization,
    override: job.overrides,
    tag: job.tag,
    status: job.status,
    syncOperatorId: job.userId === null ? "" : String(job.userId),
    syncOperatorName: job.userName,
  };
}

// --- Routes ---

/** Image synchronization: guide 1.3. */
export const sync = createRouter();

sync.openapi(
  createRoute({
    method: "post",
    path: `${REPOSITORY}/sync_repo`,
    tags: TAGS,
    operationId: "createImageSyncRepo",
    summary: "Create a synchronization rule of an image",
    description: `Whether the organization is there shows when a tag is copied. At most ${MAX_SYNC_RULES} an image. ${WHO_MAY}`,
    request: { params: RepositoryParams, ...jsonBody(CreateSyncRepo) },
    responses: { 200: json(Done, "It is there.") },
  }),
  async (c) => {
    const body = c.req.valid("json");
    const wanted = {
      remote: body.remoteRegionId,
      remoteOrganization: requireNamespace(body.remoteNamespace),
      images: EVERYTHING,
      tags: EVERYTHING,
      overrides: body.override,
      hasReferrers: false,
      isAutomatic: body.syncAuto,
      followsDeletion: false,
    };
    await addRule(managerCall(c), { image: repositoryOf(c.req.valid("param")) }, wanted);
    return c.json({}, 200);
  },
);

sync.openapi(
  createRoute({
    method: "get",
    path: `${REPOSITORY}/sync_repo`,
    tags: TAGS,
    operationId: "listImageAutoSyncReposDetails",
    summary: "List an image's automatic synchronization",
    description: `Automatic rules only, and only those of the image itself. ${WHO_MAY}`,
    request: { params: RepositoryParams },
    responses: { 200: json(z.array(SyncRepo).openapi("SyncRepos"), "The rules.") },
  }),
  async (c) => {
    const image = repositoryOf(c.req.valid("param"));
    const rules = (await listRules(managerCall(c), { image })).filter(({ isAutomatic }) => isAutomatic);
    return c.json(
      rules.map((rule) => writeRule(image, rule)),
      200,
    );
  },
);

sync.openapi(
  createRoute({
    method: "delete",
    path: `${REPOSITORY}/sync_repo`,
    tags: TAGS,
    operationId: "deleteImageSyncRepo",
    summary: "Delete an image's synchronization target",
    description: `What was copied stays there. ${WHO_MAY}`,
    request: { params: RepositoryParams, ...jsonBody(DeleteSyncRepo) },
    responses: { 200: json(Done, "It is gone.") },
  }),
  async (c) => {
    const { remoteRegionId: remote, remoteNamespace: remoteOrganization } = c.req.valid("json");
    await removeRuleTo(managerCall(c), repositoryOf(c.req.valid("param")), { remote, remoteOrganization });
    return c.json({}, 200);
  },
);

sync.openapi(
  createRoute({
    method: "post",
    path: `${REPOSITORY}/sync_images`,
    tags: TAGS,
    operationId: "createManualImageSyncRepo",
    summary: "Copy tags to a remote registry now",
    description: `No rule is needed. ${WHO_MAY}`,
    request: { params: RepositoryParams, ...jsonBody(SyncImages) },
    responses: {
      200: json(
        z.array(z.string()).openapi("FailedTags"),
        "The tags that the image does not have; none: all are copied.",
      ),
    },
  }),
  async (c) => {
    const body = c.req.valid("json");
    const wanted = {
      remote: body.remoteRegionId,
      remoteOrganization: requireNamespace(body.remoteNamespace),
      overrides: body.override,
      hasReferrers: false,
      tags: body.imageTag.filter(isTag),
    };
    const { unknown } = await syncTags(managerCall(c), repositoryOf(c.req.valid("param")), wanted);
    const failed = new Set<string>(unknown);
    return c.json(
      body.imageTag.filter((tag) => !isTag(tag) || failed.has(tag)),
      200,
    );
  },
);

sync.openapi(
  createRoute({
    method: "get",
    path: `${REPOSITORY}/sync_job`,
    tags: TAGS,
    operationId: "showSyncJob",
    summary: "List an image's synchronization jobs",
    description: `Of the last ${HISTORY_DAYS} days, newest first unless \`order::asc\`. ${WHO_MAY}`,
    request: {
      params: RepositoryParams,
      query: z.object({
        filter: queryParam("`limit::<entries>|offset::<entries to leave out>`, both required, and `order::desc|asc`."),
      }),
    },
    responses: {
      200: {
        ...json(z.array(SwrSyncJob).openapi("SwrSyncJobs"), "A page; behind the last one, nothing."),
        headers: CONTENT_RANGE,
      },
    },
  }),
  async (c) => {
    const image = repositoryOf(c.req.valid("param"));
    const { limit, offset, order } = parseFilter(c.req.valid("query").filter ?? "", ["limit", "offset", "order"]);
    if (limit === undefined || offset === undefined) {
      throw new RegistryError("FILTER_INVALID", "filter must have limit and offset: limit::100|offset::0");
    }
    const page = readPaging({ limit, offset });
    const { isDescending } = readOrder(order === undefined ? {} : { order_type: order }, {}, NEWEST_FIRST);
    const { jobs, total } = await listJobsByOffset(managerCall(c), image, { ...page, isDescending });
    setContentRange(c, page.offset, jobs.length, total);
    return c.json(
      jobs.map((job) => writeJob(image, job)),
      200,
    );
  },
);

const NEWEST_FIRST = { column: "id", isDescending: true } as const;

sync.openapi(
  createRoute({
    method: "get",
    path: "/regions",
    tags: TAGS,
    operationId: "listSyncRegions",
    summary: "List synchronization targets",
    description: "The remote registries of the caller's account.",
    responses: {
      200: json(z.array(z.object({ regionID: z.string() })).openapi("SyncRegions"), "Their names."),
    },
  }),
  async (c) => {
    const remotes = await listOwnRemotes(managerCall(c));
    return c.json(
      remotes.map(({ name }) => ({ regionID: name })),
      200,
    );
  },
);

/** SWR's images are always in an organization. */
function requireNamespace(text: string): string {
  if (text !== "") return text;
  const detail = { field: "remoteNamespace" };
  throw new RegistryError("PARAMETER_INVALID", { message: "remoteNamespace is empty", detail });
}
