import { MAX_EXEMPTIONS, MAX_RETAINED_TAGS, MAX_RETENTION_DAYS } from "../../../kernel/field-limits.ts";
import { AGING_REASONS, findRuleProblem, AGING_KINDS } from "../../../model/aging/aging-rules.ts";
import type { Tag } from "../../../kernel/reference.ts";
import { getKeepsUntagged } from "../../../registry/garbage/garbage.ts";
import {
  findImageRule,
  getImageRule,
  listImageLogBefore,
  type LogEntry,
  type PreviewPosition,
  previewRule,
  removeImageRule,
  setImageRule,
  type StoredRule,
} from "../../../registry/aging/aging-rules.ts";
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
import { cutPage, Next, nextOf, PAGE_PARAMS, readCursor } from "../paging.ts";
import { describeWhy, Reasons } from "../reasons.ts";
import { imageOf, ImageParams } from "../params.ts";

const TAGS = ["Aging"];
const PATH = "/organizations/{organization}/images/{image}/aging";
const WHO_MAY = "For everybody who has a right to the image in its own account.";

const kind = z.enum(AGING_KINDS).openapi({
  description:
    "`date_rule`: tags last pushed `amount` days ago or longer go. `tag_rule`: only the newest `amount` tags stay.",
});
const Content = {
  kind,
  amount: z.int().openapi({
    description: `Of a \`date_rule\` 1 to ${MAX_RETENTION_DAYS} days, of a \`tag_rule\` 1 to ${MAX_RETAINED_TAGS} tags.`,
    example: 30,
  }),
};
const labels = z.array(z.string()).openapi({ description: "Tags that it does not concern." });
const patterns = z
  .array(z.string())
  .openapi({ description: "Regular expressions (RE2) for whole tags that it does not concern.", example: ["v1[.].*"] });

const NewAgingRule = z
  .strictObject({ ...Content, labels: labels.default([]), patterns: patterns.default([]) })
  .openapi("NewAgingRule", {
    description: `Exempt tags do not count among the newest. A rule has at most ${MAX_EXEMPTIONS} exemptions.`,
  });

const problem = z.string().nullable().openapi({
  description: "Why it deletes nothing: it was accepted by older limits, and is to be saved anew. Null: it holds.",
});

const AgingRule = z
  .object({ id: z.int(), ...Content, labels, patterns, problem, problemReasons: Reasons, created: Time, updated: Time })
  .openapi("AgingRule");

const Aging = z
  .object({
    rule: z.union([AgingRule, z.null()]),
    keepsUntagged: z.boolean().openapi({ description: "Whether manifests stay that no tag, index or subject needs." }),
  })
  .openapi("Aging");

const PreviewedTag = z
  .object({
    tag: z.string(),
    digest: z.string(),
    pushed: Time,
    expired: z.boolean().openapi({ description: "Whether the rule would delete it." }),
    reason: z.enum(AGING_REASONS).openapi({
      description:
        "Exempt by `label` or `pattern`, or `immutable`; `young` or `newest` enough; `too-old`; or one of `too-many`.",
    }),
  })
  .openapi("PreviewedTag");

const Entry = z
  .object({
    run: Time.openapi({ description: "When the run began that deleted it." }),
    tag: z.string(),
    digest: z.string().openapi({ description: "What it pointed to." }),
    result: z.literal("deleted"),
    rule: z
      .object({ id: z.int(), ...Content, labels, patterns })
      .openapi({ description: "As it was; of long lists of labels and patterns the beginning, and `…`." }),
  })
  .openapi("AgingLogEntry");

/** The aging rule of an image: a preview and the log of it, and SWR's rule in words of its own. */
export const aging = createRouter();

aging.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "showAging",
    summary: "Show an image's aging and clean-up",
    description: `${WHO_MAY} Most images have no rule: that is no error here.`,
    request: { params: ImageParams },
    responses: { 200: json(Aging, "The rule by which its tags age, and what becomes of what has no tag.") },
  }),
  async (c) => {
    const name = imageOf(c.req.valid("param"));
    const [rule, keepsUntagged] = await Promise.all([
      findImageRule(managerCall(c), name),
      getKeepsUntagged(managerCall(c), name),
    ]);
    return c.json({ rule: rule ? describeRule(rule) : null, keepsUntagged }, 200);
  },
);

aging.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/rule`,
    tags: TAGS,
    operationId: "showAgingRule",
    summary: "Show an image's aging rule",
    description: WHO_MAY,
    request: { params: ImageParams },
    responses: {
      200: versioned(AgingRule, "The rule."),
      404: { description: "It has none, or there is no such image." },
    },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const rule = await getImageRule(managerCall(c), image);
    setVersion(c, rule);
    return c.json(describeRule(rule), 200);
  },
);

aging.openapi(
  createRoute({
    method: "put",
    path: `${PATH}/rule`,
    tags: TAGS,
    operationId: "setAgingRule",
    summary: "Set an image's aging rule",
    description:
      "It runs at once: what is old is gone when the answer comes or, of many tags, soon after. Takes the right to " +
      "manage the image.",
    request: { params: ImageParams, headers: IfMatch, ...jsonBody(NewAgingRule) },
    responses: { 200: versioned(AgingRule, "The rule holds.") },
  }),
  async (c) => {
    const name = imageOf(c.req.valid("param"));
    const versions = versionsOf(c);
    const rule = await setImageRule(managerCall(c), name, c.req.valid("json"), versions);
    setVersion(c, rule);
    return c.json(describeRule(rule), 200);
  },
);

aging.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/rule`,
    tags: TAGS,
    operationId: "deleteAgingRule",
    summary: "Delete an image's aging rule",
    description: "Takes the right to manage the image.",
    request: { params: ImageParams },
    responses: { 204: { description: "It deletes nothing more." } },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    await removeImageRule(managerCall(c), image);
    return c.body(null, 204);
  },
);

aging.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/preview`,
    tags: TAGS,
    operationId: "previewAgingRule",
    summary: "Preview an aging rule",
    description:
      "The newest tags first. Nothing is changed. A page has fewer entries than asked for where the rule's regular " +
      `expressions take long. ${WHO_MAY}`,
    request: { params: ImageParams, query: z.strictObject(PAGE_PARAMS), ...jsonBody(NewAgingRule) },
    responses: {
      200: json(
        z.object({ tags: z.array(PreviewedTag), next: Next }).openapi("AgingPreview"),
        "A page of tags. Pages after the first are for the time of that one, and for the same rule.",
      ),
    },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const name = imageOf(c.req.valid("param"));
    const page = { after: readPosition(cursor), limit };
    const found = await previewRule(managerCall(c), name, c.req.valid("json"), page);
    const { judged, now } = found;
    const { items, next } = cutPage(judged, found.limit, ({ tag, counted }) => [tag.updatedAt, tag.name, counted, now]);
    const tags = items.map(({ tag, verdict }) => ({
      tag: tag.name,
      digest: tag.digest,
      pushed: formatTime(new Date(tag.updatedAt)),
      expired: verdict.isExpired,
      reason: verdict.reason,
    }));
    return c.json({ tags, next }, 200);
  },
);

const Moment = z.int().nonnegative();

function readPosition(cursor: string | undefined): PreviewPosition | undefined {
  const read = readCursor(cursor, z.tuple([Moment, z.string(), z.int().nonnegative(), Moment]));
  if (!read) return undefined;
  const [updatedAt, name, counted, now] = read;
  return { updatedAt, name: name as Tag, counted, now };
}

aging.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/log`,
    tags: TAGS,
    operationId: "listAgingLog",
    summary: "List tags deleted by aging",
    description: `The last deleted first. ${WHO_MAY}`,
    request: { params: ImageParams, query: z.strictObject(PAGE_PARAMS) },
    responses: {
      200: json(z.object({ entries: z.array(Entry), next: Next }).openapi("AgingLog"), "A page of the log."),
    },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const before = readCursor(cursor, z.tuple([z.int().positive()]))?.[0];
    const name = imageOf(c.req.valid("param"));
    const { entries, hasMore } = await listImageLogBefore(managerCall(c), name, { before, limit });
    return c.json({ entries: entries.map(describeEntry), next: nextOf(entries, hasMore, ({ id }) => [id]) }, 200);
  },
);

function describeRule(rule: StoredRule): z.infer<typeof AgingRule> {
  const { detail, reasons } = describeWhy(findRuleProblem(rule));
  return {
    ...describeContent(rule.id, rule),
    problem: detail,
    problemReasons: reasons,
    created: formatTime(rule.createdAt),
    updated: formatTime(rule.updatedAt),
  };
}

function describeContent(id: number, rule: LogEntry["rule"]) {
  return { id, kind: rule.kind, amount: rule.amount, labels: [...rule.labels], patterns: [...rule.patterns] };
}

function describeEntry({ createdAt, tag, digest, ruleId, rule }: LogEntry): z.infer<typeof Entry> {
  return { run: formatTime(createdAt), tag, digest, result: "deleted", rule: describeContent(ruleId, rule) };
}
