import { MAX_REMOTE_NAME_LENGTH } from "../../../kernel/field-limits.ts";
import {
  DEFAULT_TAG_LIFETIME_S,
  MAX_RETENTION_DAYS,
  MAX_TAG_LIFETIME_S,
  MAX_UPSTREAM_PATH_LENGTH,
  MIN_TAG_LIFETIME_S,
} from "../../../kernel/upstream-limits.ts";
import { readDetail } from "../../../model/read-detail.ts";
import { getUpstream, removeUpstream, setUpstream, type Upstream } from "../../../registry/upstreams/upstreams.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, IfMatch, jsonBody, setVersion, versioned, versionsOf, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { OrganizationParams } from "../params.ts";
import { Reasons } from "../reasons.ts";

const TAGS = ["Pull-through caches"];
const PATH = "/organizations/{organization}/upstream";
const TO_MANAGE = "Takes the right to manage the organization.";

const remote = z.string().openapi({
  minLength: 1,
  maxLength: MAX_REMOTE_NAME_LENGTH,
  description: "The name of a remote registry of the organization's account.",
  example: "docker-hub",
});
const path = z.string().openapi({
  maxLength: MAX_UPSTREAM_PATH_LENGTH,
  description:
    "What the names of images begin with there: with `bitnami`, `acme/redis` is `bitnami/redis`. Empty for nothing: then " +
    "`acme/bitnami/redis` is `bitnami/redis`, and at Docker Hub `acme/nginx` is `library/nginx`.",
  example: "bitnami",
});
const tagLifetime = z.int().min(MIN_TAG_LIFETIME_S).max(MAX_TAG_LIFETIME_S).openapi({
  description: "Seconds for which a tag is believed before it is asked for there again. What a digest names never is.",
  example: DEFAULT_TAG_LIFETIME_S,
});
const isPublic = z.boolean().openapi({
  description:
    "Whether everybody may pull what comes from there; setting it sets it for all images of the organization.",
});
const retentionDays = z.int().min(1).max(MAX_RETENTION_DAYS).nullable().openapi({
  description: "After how many days without a pull a tag is deleted here; null: never.",
  example: 30,
});

const RateLimit = z
  .object({
    limit: z.int().nullable().openapi({ description: "How many pulls are allowed." }),
    remaining: z.int().openapi({ description: "How many are left." }),
    window: z.int().nullable().openapi({ description: "Seconds in which `limit` pulls are allowed." }),
    source: z.string().nullable().openapi({ description: "Whose pulls are counted: an address, or an account's id." }),
  })
  .openapi("UpstreamRateLimit", { description: "What the registry last said of how much more may be pulled." });

const UpstreamAnswer = z
  .object({
    remote,
    url: z.string().openapi({ description: "The remote registry's address.", example: "https://registry-1.docker.io" }),
    path,
    tagLifetime,
    public: isPublic,
    retentionDays,
    created: Time,
    updated: Time,
    answered: Time.nullable().openapi({ description: "When the registry last answered without a failure." }),
    rateLimit: RateLimit.nullable(),
    failure: z
      .object({ at: Time, message: z.string(), reasons: Reasons })
      .openapi("UpstreamFailure")
      .nullable()
      .openapi({ description: "The last failure, in the registry's own words where it has said any." }),
  })
  .openapi("Upstream", { description: "The registry that an organization stands for." });

const UpstreamSetting = z
  .strictObject({
    remote,
    path: path.default(""),
    tagLifetime: tagLifetime.default(DEFAULT_TAG_LIFETIME_S),
    public: isPublic.default(false),
    retentionDays: retentionDays.default(null),
  })
  .openapi("UpstreamSetting");

const showUpstream = createRoute({
  method: "get",
  path: PATH,
  operationId: "showUpstream",
  tags: TAGS,
  summary: "Show an organization's upstream registry",
  description: `With what that registry last said. ${TO_MANAGE}`,
  request: { params: OrganizationParams },
  responses: { 200: versioned(UpstreamAnswer, "The registry; 404 when the organization stands for none.") },
});

const putUpstream = createRoute({
  method: "put",
  path: PATH,
  operationId: "setUpstream",
  tags: TAGS,
  summary: "Set an organization's upstream registry",
  description:
    "What is pulled from the organization comes from there then, and is kept; nothing can be pushed to it. Which registry, and " +
    `which part of it, can be set only while the organization has no images. ${TO_MANAGE}`,
  request: { params: OrganizationParams, headers: IfMatch, ...jsonBody(UpstreamSetting) },
  responses: { 200: versioned(UpstreamAnswer, "It stands for that registry.") },
});

const deleteUpstream = createRoute({
  method: "delete",
  path: PATH,
  operationId: "removeUpstream",
  tags: TAGS,
  summary: "Remove an organization's upstream registry",
  description: `Only one that has no images. ${TO_MANAGE}`,
  request: { params: OrganizationParams },
  responses: { 204: { description: "Images can be pushed to it." } },
});

/** Organizations that stand for a registry elsewhere. */
export const upstreams = createRouter()
  .openapi(showUpstream, async (c) => {
    const { organization } = c.req.valid("param");
    const upstream = await getUpstream(managerCall(c), organization);
    setVersion(c, upstream);
    return c.json(describeUpstream(upstream), 200);
  })
  .openapi(putUpstream, async (c) => {
    const { organization } = c.req.valid("param");
    const { public: isForAll, ...settings } = c.req.valid("json");
    const wanted = { ...settings, isPublic: isForAll, versions: versionsOf(c) };
    const upstream = await setUpstream(managerCall(c), organization, wanted);
    setVersion(c, upstream);
    return c.json(describeUpstream(upstream), 200);
  })
  .openapi(deleteUpstream, async (c) => {
    const { organization } = c.req.valid("param");
    await removeUpstream(managerCall(c), organization);
    return c.body(null, 204);
  });

function describeUpstream(upstream: Upstream): z.infer<typeof UpstreamAnswer> {
  const { remote: registry, rateLimit, answeredAt, failedAt, failure } = upstream;
  return {
    remote: registry.name,
    url: registry.url,
    path: upstream.path,
    tagLifetime: upstream.tagLifetime,
    public: upstream.isPublic,
    retentionDays: upstream.retentionDays,
    created: formatTime(upstream.createdAt),
    updated: formatTime(upstream.updatedAt),
    answered: answeredAt && formatTime(answeredAt),
    rateLimit: rateLimit && {
      limit: rateLimit.limit ?? null,
      remaining: rateLimit.remaining,
      window: rateLimit.window ?? null,
      source: rateLimit.source ?? null,
    },
    failure: failedAt && failure !== null ? describeFailure(failedAt, failure) : null,
  };
}

function describeFailure(at: Date, failure: string) {
  const { detail: message, reasons } = readDetail(failure);
  return { at: formatTime(at), message, reasons };
}
