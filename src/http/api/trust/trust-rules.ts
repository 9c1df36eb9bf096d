import {
  DEFAULT_TRUST_LIFETIME_S,
  MAX_AUDIENCE_LENGTH,
  MAX_CLAIM_NAME_LENGTH,
  MAX_CLAIM_PATTERN_LENGTH,
  MAX_ISSUER_LENGTH,
  MAX_TRUST_CONDITIONS,
  MAX_TRUST_GRANTS,
  MAX_TRUST_LIFETIME_S,
  MAX_TRUST_RULE_NAME_LENGTH,
  MAX_TRUST_RULES,
  MIN_TRUST_LIFETIME_S,
} from "../../../kernel/field-limits.ts";
import { parseOrganizationName, parseRepositoryName } from "../../../kernel/reference.ts";
import { LEVELS } from "../../../model/rights/access.ts";
import {
  addRule,
  getRule,
  listRules,
  removeRule,
  replaceRule,
  type TrustGrant,
  type TrustRule,
} from "../../../registry/trust/trust-rules.ts";
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

const TAGS = ["Trusted issuers"];
const PATH = "/trust-rules";
const TO_SEE = "Administrators of the account.";

const claim = z.string().max(MAX_CLAIM_NAME_LENGTH).openapi({
  description: "The name of a claim of the token, of its first level.",
  example: "sub",
});
const pattern = z.string().min(1).max(MAX_CLAIM_PATTERN_LENGTH);

const Condition = z
  .union([
    z.strictObject({
      claim,
      value: pattern.openapi({ description: "What the claim is, exactly.", example: "acme/web" }),
    }),
    z.strictObject({
      claim,
      glob: pattern.openapi({
        description: "What the claim matches: `*` is any characters but `/`, `**` any, `?` one but `/`.",
        example: "repo:acme/*:ref:refs/heads/main",
      }),
    }),
  ])
  .openapi("TrustCondition", { description: "Of a claim that is a list, one of its texts has to do." });

const level = z.enum(LEVELS).openapi({ description: "`read` pulls, `edit` also pushes, `manage` also deletes." });

const Grant = z
  .union([
    z.strictObject({
      organization: z
        .string()
        .openapi({ description: "An organization of the account: all of its images.", example: "acme" }),
      level,
    }),
    z.strictObject({
      image: z.string().openapi({ description: "An image of the account that exists.", example: "acme/web" }),
      level,
    }),
  ])
  .openapi("TrustGrant");

const issuer = z.string().max(MAX_ISSUER_LENGTH).openapi({
  description: "What the tokens have as `iss`, character by character. It is asked for its keys.",
  example: "https://token.actions.githubusercontent.com",
});
const audience = z.string().max(MAX_AUDIENCE_LENGTH).openapi({ example: "registry.example.com" });
const lifetime = z.int().min(MIN_TRUST_LIFETIME_S).max(MAX_TRUST_LIFETIME_S);

const TERMS = {
  issuer,
  audience: audience
    .optional()
    .openapi({ description: "What the tokens have as `aud`, or among it; absent: the registry's own host." }),
  conditions: z.array(Condition).min(1).max(MAX_TRUST_CONDITIONS).openapi({
    description:
      "All of them have to hold. Of an issuer that signs for everybody, one has to say whose jobs these are.",
  }),
  grants: z.array(Grant).min(1).max(MAX_TRUST_GRANTS).openapi({ description: "What the jobs may do." }),
  lifetime: lifetime.default(DEFAULT_TRUST_LIFETIME_S).openapi({
    description: "Seconds that a login lasts which a job's token was exchanged for.",
  }),
};

const name = z.string().openapi({
  minLength: 1,
  maxLength: MAX_TRUST_RULE_NAME_LENGTH,
  description: "Letters, digits, `.`, `_` and `-`; the first is a letter.",
  example: "release",
});

const NewRule = z.strictObject({ name, ...TERMS }).openapi("NewTrustRule");
const RuleTerms = z.strictObject(TERMS).openapi("TrustRuleTerms");

const Rule = z
  .object({
    name: z.string(),
    issuer: z.string(),
    audience: z.string(),
    conditions: z.array(Condition),
    grants: z.array(Grant).openapi({ description: "What the jobs may do at present." }),
    lifetime: z.int(),
    user: z.string().openapi({
      description: "What the jobs are called in the audit, in permissions and in the history of tags.",
      example: "oidc:acme:release",
    }),
    createdBy: z.string().nullable().openapi({ description: "Null when the user is gone." }),
    created: Time,
    updated: Time,
  })
  .openapi("TrustRule");

const RuleParams = z.object({
  name: z.string().openapi({ param: { name: "name", in: "path" }, example: "release" }),
});

/** Which jobs of other services log in with tokens of their own: ADR 0032. */
export const trustRules = createRouter();

trustRules.openapi(
  createRoute({
    method: "get",
    path: PATH,
    tags: TAGS,
    operationId: "listTrustRules",
    summary: "List trust rules",
    description: TO_SEE,
    responses: { 200: json(z.object({ rules: z.array(Rule) }).openapi("TrustRules"), "All rules, by name.") },
  }),
  async (c) => {
    const call = managerCall(c);
    const rules = await listRules(call);
    return c.json({ rules: rules.map(describeRule) }, 200);
  },
);

trustRules.openapi(
  createRoute({
    method: "post",
    path: PATH,
    tags: TAGS,
    operationId: "createTrustRule",
    summary: "Create a trust rule",
    description:
      `${TO_SEE} At most ${MAX_TRUST_RULES} an account. The issuer is asked for its keys first; it has to be on the public ` +
      "network.",
    request: jsonBody(NewRule),
    responses: { 201: json(Rule, "The rule holds.") },
  }),
  async (c) => {
    const { grants, ...wanted } = c.req.valid("json");
    const parsed = grants.map(readGrant);
    const rule = await addRule(managerCall(c), { ...wanted, grants: parsed });
    return c.json(describeRule(rule), 201);
  },
);

trustRules.openapi(
  createRoute({
    method: "get",
    path: `${PATH}/{name}`,
    tags: TAGS,
    operationId: "showTrustRule",
    summary: "Show a trust rule",
    description: TO_SEE,
    request: { params: RuleParams },
    responses: { 200: versioned(Rule, "The rule.") },
  }),
  async (c) => {
    const rule = await getRule(managerCall(c), c.req.valid("param").name);
    setVersion(c, rule);
    return c.json(describeRule(rule), 200);
  },
);

trustRules.openapi(
  createRoute({
    method: "put",
    path: `${PATH}/{name}`,
    tags: TAGS,
    operationId: "replaceTrustRule",
    summary: "Change a trust rule",
    description: `${TO_SEE} What jobs have got by the old ones writes nothing any more.`,
    request: { params: RuleParams, headers: IfMatch, ...jsonBody(RuleTerms) },
    responses: { 200: versioned(Rule, "The rule as it is now.") },
  }),
  async (c) => {
    const { grants, ...wanted } = c.req.valid("json");
    const parsed = grants.map(readGrant);
    const terms = { ...wanted, grants: parsed, versions: versionsOf(c) };
    const rule = await replaceRule(managerCall(c), c.req.valid("param").name, terms);
    setVersion(c, rule);
    return c.json(describeRule(rule), 200);
  },
);

trustRules.openapi(
  createRoute({
    method: "delete",
    path: `${PATH}/{name}`,
    tags: TAGS,
    operationId: "deleteTrustRule",
    summary: "Delete a trust rule",
    description: `${TO_SEE} Its jobs log in no longer, and write nothing any more.`,
    request: { params: RuleParams },
    responses: { 204: { description: "It is gone." } },
  }),
  async (c) => {
    await removeRule(managerCall(c), c.req.valid("param").name);
    return c.body(null, 204);
  },
);

function readGrant(grant: z.output<typeof Grant>): TrustGrant {
  return "image" in grant
    ? { image: parseRepositoryName(grant.image), level: grant.level }
    : { organization: parseOrganizationName(grant.organization), level: grant.level };
}

function describeRule(rule: TrustRule): z.infer<typeof Rule> {
  const { name: called, issuer: signer, audience: meant, conditions, grants, lifetime: seconds, createdBy } = rule;
  return {
    name: called,
    issuer: signer,
    audience: meant,
    conditions: [...conditions],
    grants,
    lifetime: seconds,
    user: rule.userName,
    createdBy,
    created: formatTime(rule.createdAt),
    updated: formatTime(rule.updatedAt),
  };
}
