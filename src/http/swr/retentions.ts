import { RegistryError } from "../../kernel/errors.ts";
import { MAX_EXEMPTIONS, MAX_RETAINED_TAGS, MAX_RETENTION_DAYS } from "../../kernel/field-limits.ts";
import { imageOf, organizationOf, type RepositoryName } from "../../kernel/reference.ts";
import { exemptionsOf, AGING_KINDS, type AgingRule } from "../../model/aging/aging-rules.ts";
import {
  addImageRule,
  changeImageRule,
  findImageRule,
  getImageRule,
  listImageLog,
  type LogEntry,
  removeImageRule,
  type StoredRule,
} from "../../registry/aging/aging-rules.ts";
import { managerCall } from "../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../openapi.ts";
import {
  CONTENT_RANGE,
  Done,
  FILTER,
  formatTime,
  PAGING,
  readPaging,
  readQuery,
  repositoryOf,
  RepositoryParams,
  setContentRange,
  Time,
} from "./params.ts";

const TAGS = ["Aging"];
const PATH = "/namespaces/{namespace}/repos/{repository}/retentions";
const WHO_MAY = "For everybody who has a right to the image in its own account.";

const RetentionParams = RepositoryParams.extend({
  retention_id: z.coerce
    .number()
    .int()
    .positive()
    .openapi({ param: { name: "retention_id", in: "path" }, example: 7 }),
});

const algorithm = z.literal("or").openapi({ description: "Of no meaning, since a policy has one rule." });
const template = z.enum(AGING_KINDS).openapi({
  description: "`date_rule`: tags last pushed too many days ago go. `tag_rule`: only the newest tags stay.",
});

// --- What is sent ---

const number = z.union([z.string(), z.number()]).optional();
const NewRule = z
  .object({
    template,
    params: z.object({
      days: number.openapi({ description: `Of a \`date_rule\`: 1 to ${MAX_RETENTION_DAYS}.`, example: "30" }),
      num: number.openapi({ description: `Of a \`tag_rule\`: 1 to ${MAX_RETAINED_TAGS}.`, example: "7" }),
    }),
    tag_selectors: z
      .array(
        z.object({
          kind: z.enum(["label", "regexp"]),
          pattern: z.string().openapi({
            description: "Of a label: a tag. Of a regexp: an expression in RE2's syntax, for the whole tag.",
            example: "v1[.].*",
          }),
        }),
      )
      .max(MAX_EXEMPTIONS)
      .default([])
      .openapi({ description: `Tags that the rule does not concern and does not count: at most ${MAX_EXEMPTIONS}.` }),
  })
  .openapi("NewRetentionRule");

const NewRetention = z.object({ algorithm, rules: z.array(NewRule).length(1) }).openapi("NewRetention");

/** @throws RegistryError RETENTION_INVALID when the number that the rule is about is missing or is none. */
function readRule({ rules }: z.output<typeof NewRetention>): AgingRule {
  const [rule] = rules;
  if (!rule) throw new RegistryError("RETENTION_INVALID", "rules must have one rule");
  const { template: kind, params, tag_selectors: selectors } = rule;
  const patternsOf = (wanted: string) => selectors.flatMap(({ kind: is, pattern }) => (is === wanted ? pattern : []));
  const amount = kind === "date_rule" ? readAmount("days", params.days) : readAmount("num", params.num);
  const order = selectors.map((selector) => (selector.kind === "label" ? "label" : "pattern"));
  return { kind, amount, labels: patternsOf("label"), patterns: patternsOf("regexp"), order };
}

/** Which numbers make sense, the rule itself knows. */
function readAmount(name: "days" | "num", value: string | number | undefined): number {
  if (typeof value === "number") return value;
  if (value !== undefined && /^\d{1,9}$/.test(value)) return Number(value);
  throw new RegistryError("RETENTION_INVALID", {
    message: value === undefined ? `params.${name} is missing` : `params.${name} must be a number`,
    detail: { field: `rules.0.params.${name}` },
  });
}

// --- What is answered ---

const Rule = z
  .object({
    template,
    params: z.object({ days: z.string().optional(), num: z.string().optional() }),
    tag_selectors: z
      .array(z.object({ kind: z.string(), pattern: z.string() }))
      .openapi({ description: "In the order that they were given in." }),
  })
  .openapi("RetentionRule");

const Retention = z
  .object({
    id: z.int(),
    algorithm: z.string(),
    rules: z.array(Rule),
    scope: z.string().openapi({ description: "Always empty." }),
  })
  .openapi("Retention");

const RetentionLog = z
  .object({
    id: z.int(),
    namespace: z.string(),
    repo: z.string(),
    retention_id: z.int(),
    rule_type: z.string().openapi({ description: "The rule as it was, in JSON." }),
    tag: z.string().openapi({ description: "What was deleted." }),
    created_at: Time.openapi({ description: "When the run began that deleted it." }),
  })
  .openapi("RetentionLog");

const RetentionLogs = z.object({ retention_log: z.array(RetentionLog), total: z.int() }).openapi("RetentionLogs");

function writeRule(rule: AgingRule): z.infer<typeof Rule> {
  const { kind, amount } = rule;
  return {
    template: kind,
    params: kind === "date_rule" ? { days: String(amount) } : { num: String(amount) },
    tag_selectors: exemptionsOf(rule).map(({ kind: by, text }) => ({
      kind: by === "label" ? "label" : "regexp",
      pattern: text,
    })),
  };
}

function writeRetention(rule: StoredRule): z.infer<typeof Retention> {
  return { id: rule.id, algorithm: "or", rules: [writeRule(rule)], scope: "" };
}

function writeEntry(name: RepositoryName, entry: LogEntry): z.infer<typeof RetentionLog> {
  return {
    id: entry.id,
    namespace: organizationOf(name),
    repo: imageOf(name),
    retention_id: entry.ruleId,
    rule_type: JSON.stringify(writeRule(entry.rule)),
    tag: entry.tag,
    created_at: formatTime(entry.createdAt),
  };
}

// --- Routes ---

/** Aging rules: guide 4.8. */
export const retentions = createRouter();

retentions.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createRetention",
    summary: "Create an image's aging rule",
    description:
      "An image has at most one; another one is refused until that is deleted. It runs at once: what is old is gone " +
      "when the answer comes or, of many tags, soon after. Takes the right to manage the image.",
    request: { params: RepositoryParams, ...jsonBody(NewRetention) },
    responses: { 201: json(z.object({ id: z.int() }).openapi("NewRetentionId"), "The rule holds.") },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    const id = await addImageRule(managerCall(c), name, readRule(c.req.valid("json")));
    return c.json({ id }, 201);
  },
);

retentions.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listRetentions",
    summary: "List an image's aging rules",
    description: WHO_MAY,
    request: { params: RepositoryParams },
    responses: { 200: json(z.array(Retention).openapi("Retentions"), "The rule, or none.") },
  }),
  async (c) => {
    const rule = await findImageRule(managerCall(c), repositoryOf(c.req.valid("param")));
    return c.json(rule ? [writeRetention(rule)] : [], 200);
  },
);

retentions.openapi(
  // Before the route of a rule, whose id would be "histories".
  createRoute({
    method: "get",
    path: `${PATH}/histories`,
    tags: TAGS,
    operationId: "listRetentionHistories",
    summary: "List tags deleted by aging",
    description: `The last deleted first. ${WHO_MAY}`,
    request: { params: RepositoryParams, query: z.object({ ...PAGING, ...FILTER }) },
    responses: { 200: { ...json(RetentionLogs, "A page of the log."), headers: CONTENT_RANGE } },
  }),
  async (c) => {
    const name = repositoryOf(c.req.valid("param"));
    const { limit, offset } = readPaging(readQuery(c.req.valid("query"), ["limit", "offset"]));
    const { entries, total } = await listImageLog(managerCall(c), name, { limit, offset });
    setContentRange(c, offset, entries.length, total);
    return c.json({ retention_log: entries.map((entry) => writeEntry(name, entry)), total }, 200);
  },
);

retentions.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{retention_id}`,
    tags: TAGS,
    operationId: "showRetention",
    summary: "Show an image's aging rule",
    description: WHO_MAY,
    request: { params: RetentionParams },
    responses: { 200: json(Retention, "The rule.") },
  }),
  async (c) => {
    const { retention_id: id, ...params } = c.req.valid("param");
    return c.json(writeRetention(await getImageRule(managerCall(c), repositoryOf(params), id)), 200);
  },
);

retentions.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{retention_id}`,
    tags: TAGS,
    operationId: "updateRetention",
    summary: "Change an image's aging rule",
    description: "It runs at once. Takes the right to manage the image.",
    request: { params: RetentionParams, ...jsonBody(NewRetention) },
    responses: { 201: json(Done, "The rule holds as changed.") },
  }),
  async (c) => {
    const { retention_id: id, ...params } = c.req.valid("param");
    const rule = readRule(c.req.valid("json"));
    await changeImageRule(managerCall(c), repositoryOf(params), id, rule);
    return c.json({}, 201);
  },
);

retentions.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{retention_id}`,
    tags: TAGS,
    operationId: "deleteRetention",
    summary: "Delete an image's aging rule",
    description: "Takes the right to manage the image.",
    request: { params: RetentionParams },
    responses: { 200: json(Done, "It deletes nothing more.") },
  }),
  async (c) => {
    const { retention_id: id, ...params } = c.req.valid("param");
    await removeImageRule(managerCall(c), repositoryOf(params), id);
    return c.json({}, 200);
  },
);
