import { MAX_SYNC_RULES, MAX_SYNCED_TAGS } from "../../../kernel/limits.ts";
import { EVERYTHING } from "../../../model/sync/sync-rules.ts";
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
import { imageOf, ImageParams } from "../params.ts";
import {
  describeRule,
  describeRun,
  ImageRule,
  ImageRuleChanges,
  NewImageRule,
  readChanges,
  readRule,
  readRunCursor,
  ruleId,
  RunAnswer,
  RunBody,
  SYNC_TAGS,
} from "./sync-fields.ts";

const PATH = "/organizations/{organization}/images/{image}/sync-rules";
const WHO_MAY = "Takes the right to edit the image.";

const RuleParams = ImageParams.extend({ rule: ruleId });

/** The rules of synchronization of an image. */
export const imageSyncRules = createRouter();

imageSyncRules.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: SYNC_TAGS,
    operationId: "listSyncRules",
    summary: "List an image's synchronization rules",
    description: `Those of its organization hold besides. ${WHO_MAY}`,
    request: { params: ImageParams },
    responses: {
      200: json(z.object({ rules: z.array(ImageRule) }).openapi("SyncRules"), "All rules, by remote registry."),
    },
  }),
  async (c) => {
    const rules = await listRules(managerCall(c), { image: imageOf(c.req.valid("param")) });
    return c.json({ rules: rules.map(describeRule) }, 200);
  },
);

imageSyncRules.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: SYNC_TAGS,
    operationId: "createSyncRule",
    summary: "Create a synchronization rule of an image",
    description:
      `The image is called the same there, behind \`remoteOrganization\`. What is there already is copied by a run. At most ` +
      `${MAX_SYNC_RULES} rules an image, and one for each target. ${WHO_MAY}`,
    request: { params: ImageParams, ...jsonBody(NewImageRule) },
    responses: { 201: json(ImageRule, "The rule.") },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const wanted = { ...readRule(c.req.valid("json")), images: EVERYTHING };
    return c.json(describeRule(await addRule(managerCall(c), { image }, wanted)), 201);
  },
);

imageSyncRules.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "showSyncRule",
    summary: "Show a synchronization rule",
    description: WHO_MAY,
    request: { params: RuleParams },
    responses: { 200: versioned(ImageRule, "The rule.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const found = await getRule(managerCall(c), { image: imageOf(params) }, rule);
    setVersion(c, found);
    return c.json(describeRule(found), 200);
  },
);

imageSyncRules.openapi(
  createRoute({
    method: "patch",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "updateSyncRule",
    summary: "Change a synchronization rule",
    description: `Jobs that wait go by the options as they were; those whose tags match no more are not done. ${WHO_MAY}`,
    request: { params: RuleParams, headers: IfMatch, ...jsonBody(ImageRuleChanges) },
    responses: { 200: versioned(ImageRule, "The rule as it is now.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const changes = { ...readChanges(c.req.valid("json")), versions: versionsOf(c) };
    const changed = await changeRule(managerCall(c), { image: imageOf(params) }, rule, changes);
    setVersion(c, changed);
    return c.json(describeRule(changed), 200);
  },
);

imageSyncRules.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{rule}`,
    tags: SYNC_TAGS,
    operationId: "deleteSyncRule",
    summary: "Delete a synchronization rule",
    description: `Jobs that wait for it are not done. What was copied stays. ${WHO_MAY}`,
    request: { params: RuleParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    await removeRule(managerCall(c), { image: imageOf(params) }, rule);
    return c.body(null, 204);
  },
);

imageSyncRules.openapi(
  createRoute({
    method: "post",
    path: `${PATH}/{rule}/run`,
    tags: SYNC_TAGS,
    operationId: "runSyncRule",
    summary: "Run a synchronization rule now",
    description: `Makes jobs for at most ${MAX_SYNCED_TAGS} tags or a few more; \`next\` goes on. ${WHO_MAY}`,
    request: { params: RuleParams, ...jsonBody(RunBody) },
    responses: { 202: json(RunAnswer, "The jobs are made, and begin at once.") },
  }),
  async (c) => {
    const { rule, ...params } = c.req.valid("param");
    const from = readRunCursor(c.req.valid("json").cursor);
    return c.json(describeRun(await runRule(managerCall(c), { image: imageOf(params) }, rule, from)), 202);
  },
);
