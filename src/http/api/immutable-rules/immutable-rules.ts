import { MAX_TAG_PATTERNS, MAX_TAG_PATTERN_LENGTH } from "../../../kernel/field-limits.ts";
import { parseTagPattern } from "../../../model/tag-pattern.ts";
import {
  addRule,
  type ImmutableTagRule,
  listRules,
  removeRule,
} from "../../../registry/immutable-rules/immutable-rules.ts";
import { managerCall } from "../../call.ts";
import { createRoute, createRouter, json, jsonBody, z } from "../../openapi.ts";
import { formatTime, Time } from "../../swr/params.ts";
import { imageOf, ImageParams } from "../params.ts";

const TAGS = ["Immutable tags"];
const PATH = "/organizations/{organization}/images/{image}/immutable-tag-rules";

const Rule = z
  .object({
    id: z.int(),
    pattern: z.string(),
    createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    created: Time,
  })
  .openapi("ImmutableTagRule");

const NewRule = z
  .strictObject({
    pattern: z
      .string()
      .transform(parseTagPattern)
      .openapi({
        type: "string",
        minLength: 1,
        maxLength: MAX_TAG_PATTERN_LENGTH,
        description:
          "Which tags: `*` is any characters, `?` one, `[a-z]` one of these, `[^a-z]` one other than these. Upper and " +
          "lower case differ.",
        example: "v[0-9]*",
      }),
  })
  .openapi("NewImmutableTagRule");

/** Rules that keep tags from being overwritten and deleted: beyond SWR. */
export const immutableRules = createRouter();

immutableRules.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listImmutableTagRules",
    summary: "List an image's immutable tag rules",
    description: "For everybody who has a right to the image in its own account.",
    request: { params: ImageParams },
    responses: {
      200: json(z.object({ rules: z.array(Rule) }).openapi("ImmutableTagRules"), "All rules, by pattern."),
    },
  }),
  async (c) => {
    const image = imageOf(c.req.valid("param"));
    const rules = await listRules(managerCall(c), image);
    return c.json({ rules: rules.map(describeRule) }, 200);
  },
);

immutableRules.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createImmutableTagRule",
    summary: "Create an immutable tag rule",
    description:
      "Those that are there and those to come, from everybody, administrators included, until the rule is deleted. At " +
      `most ${MAX_TAG_PATTERNS} rules an image. Takes the right to manage the image.`,
    request: { params: ImageParams, ...jsonBody(NewRule) },
    responses: { 201: json(Rule, "The rule holds.") },
  }),
  async (c) => {
    const { pattern } = c.req.valid("json");
    const image = imageOf(c.req.valid("param"));
    const rule = await addRule(managerCall(c), image, pattern);
    return c.json(describeRule(rule), 201);
  },
);

immutableRules.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{id}`,
    tags: TAGS,
    operationId: "deleteImmutableTagRule",
    summary: "Delete an immutable tag rule",
    description: "Takes the right to manage the image.",
    request: {
      params: ImageParams.extend({
        id: z.coerce
          .number()
          .int()
          .positive()
          .openapi({ param: { name: "id", in: "path" }, example: 7 }),
      }),
    },
    responses: { 204: { description: "It is lifted." } },
  }),
  async (c) => {
    const { id, ...params } = c.req.valid("param");
    const image = imageOf(params);
    await removeRule(managerCall(c), image, id);
    return c.body(null, 204);
  },
);

function describeRule({ id, pattern, createdBy, createdAt }: ImmutableTagRule): z.infer<typeof Rule> {
  return { id, pattern, createdBy, created: formatTime(createdAt) };
}
