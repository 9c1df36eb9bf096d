import { MAX_ORGANIZATION_SYNC_RULES, MAX_SYNCED_TAGS } from "../../../kernel/limits.ts";
import { runRule } from "../../../registry/sync/sync-jobs.ts";
import { addRule, changeRule, getRule, listRules, removeRule } from "../../../registry/sync/sync-rules.ts";
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
import { OrganizationParams } from "../params.ts";
import {
  describeOrganizationRule,
  describeRun,
  OrganizationRule,
  OrganizationRuleChanges,
  NewOrganizationRule,
  readChanges,
  readRule,
  readRunCursor,
  ruleId,
  RunAnswer,
  RunBody,
  SYNC_TAGS,
} from "./sync-fields.ts";

const PATH = "/organizations/{organization}/sync-rules";
const WHO_MAY = "Takes the right to manage the organization.";

const RuleParams = OrganizationParams.extend({ rule: ruleId });

/** The rules of synchronization of an organization, for all of its images that match. */
export const organizationSyncRules = createRouter();

organizationSyncRules.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: SYNC_TAGS,
    operationId: "listOrganizationSyncRules",
    summary: "List an organization's synchronization rules",
    description: `Those of its images hold besides. ${WHO_MAY}`,
    request: { params: OrganizationParams },
    responses: {
      200: json(
        z.object({ rules: z.array(OrganizationRule) }).openapi("OrganizationSyncRules"),
        "All rules, by remote registry.",
      ),
    },
  }),
  async (c) => {
    const rules = await listRules(managerCall(c), c.req.valid("param"));
    return c.json({ rules: rules.map(describeOrganizationRule) }, 200);
  },
);

organizationSyncRules.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: SYNC_TAGS,
    operationId: "createOrganizationSyncRule",
    summary: "Create a synchronization rule of an organization",
    description:
      `Each image is called the same there, behind \`remoteOrganization\`. What is there already is copied by a run. At most ` +
      `${MAX_ORGANIZATION_SYNC_RULES} rules an organization, and one for the same target and globs. ${WHO_MAY}`,
    request: { params: OrganizationParams, ...jsonBody(NewOrganizationRule) },
    responses: { 201: json(OrganizationRule, "The rule.") },
  }),
  async (c) => {
    const body = c.req.valid("json");
    const wanted = { ...readRule(body), images: body.images };
    const rule = await addRule(managerCall(c), c.req.valid("param"), wanted);
    return c.json(describeOrganizationRule(rule), 201);
  },
);

organizationSyncRules.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "showOrganizationSyncRule",
    summary: "Show a synchronization rule",
    description: WHO_MAY,
    request: { params: RuleParams },
    responses: { 200: versioned(OrganizationRule, "The rule.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const found = await getRule(managerCall(c), params, rule);
    setVersion(c, found);
    return c.json(describeOrganizationRule(found), 200);
  },
);

organizationSyncRules.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "updateOrganizationSyncRule",
    summary: "Change a synchronization rule",
    description: `Jobs that wait go by the options as they were; those whose tags match no more are not done. ${WHO_MAY}`,
    request: { params: RuleParams, headers: IfMatch, ...jsonBody(OrganizationRuleChanges) },
    responses: { 200: versioned(OrganizationRule, "The rule as it is now.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const changes = { ...readChanges(c.req.valid("json")), versions: versionsOf(c) };
    const changed = await changeRule(managerCall(c), params, rule, changes);
    setVersion(c, changed);
    return c.json(describeOrganizationRule(changed), 200);
  },
);

organizationSyncRules.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "deleteOrganizationSyncRule",
    summary: "Delete a synchronization rule",
    description: `Jobs that wait for it are not done. What was copied stays. ${WHO_MAY}`,
    request: { params: RuleParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    await removeRule(managerCall(c), params, rule);
    return c.body(null, 204);
  },
);

organizationSyncRules.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{rule}/run`,
    tags: SYNC_TAGS,
    operationId: "runOrganizationSyncRule",
    summary: "Run a synchronization rule now",
    description: `Makes jobs for at most ${MAX_SYNCED_TAGS} tags or a few more; \`next\` goes on. ${WHO_MAY}`,
    request: { params: RuleParams, ...jsonBody(RunBody) },
    responses: { 202: json(RunAnswer, "The jobs are made, and begin at once.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const from = readRunCursor(c.req.valid("json").cursor);
    return c.json(describeRun(await runRule(managerCall(c), params, rule, from)), 202);
  },
);
