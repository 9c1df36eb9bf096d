import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import type { components } from "../../client/api/schema.d.ts";
import { DEFAULT_TRUST_LIFETIME_S } from "../../kernel/field-limits.ts";
import { usageFailure } from "../failure.ts";
import { group, operation, withYes } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { RIGHTS, type Right } from "../rights.ts";

const RULES = "/api/trust-rules";
const RULE = `${RULES}/{name}` as const;

type Rule = components["schemas"]["TrustRule"];
type Terms = components["schemas"]["TrustRuleTerms"];

/** Issuers by a short name. */
const ISSUERS: Readonly<Record<string, string>> = {
  github: "https://token.actions.githubusercontent.com",
  gitlab: "https://gitlab.com",
};

function withName<T>(yargs: Argv<T>): Argv<T & { name: string }> {
  return yargs.positional("name", { type: "string", demandOption: true, describe: "The rule's name" });
}

/** What a rule says, as options. */
interface TermArguments {
  issuer: string;
  audience: string | undefined;
  claim: string[];
  glob: string[];
  grant: string[];
  lifetime: number;
}

/** Adds what a rule says. */
function withTerms<T>(yargs: Argv<T>): Argv<T & TermArguments> {
  return yargs
    .option("issuer", {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "Who signs the tokens: github, gitlab, or the address that they have as iss",
    })
    .option("audience", {
      type: "string",
      requiresArg: true,
      describe: "What the tokens have as aud; default: the registry's host",
    })
    .option("claim", {
      type: "string",
      array: true,
      requiresArg: true,
      default: [],
      describe: "A claim and what it is exactly: repository=acme/web",
    })
    .option("glob", {
      type: "string",
      array: true,
      requiresArg: true,
      default: [],
      describe: "A claim and what it matches: 'sub=repo:acme/*:ref:refs/heads/main'",
    })
    .option("grant", {
      type: "string",
      array: true,
      requiresArg: true,
      demandOption: true,
      describe: "What the jobs may do: acme:edit, acme/web:read",
    })
    .option("lifetime", {
      type: "number",
      requiresArg: true,
      default: DEFAULT_TRUST_LIFETIME_S,
      describe: "Seconds that a login lasts which a job's token was exchanged for",
    });
}

/** @throws Failure (usage) for what makes no condition, or no grant. */
function termsOf({ issuer, audience, claim, glob, grant, lifetime }: TermArguments): Terms {
  const conditions = [
    ...claim.map((text) => readPair(text, "--claim")).map(([name, value]) => ({ claim: name, value })),
    ...glob.map((text) => readPair(text, "--glob")).map(([name, pattern]) => ({ claim: name, glob: pattern })),
  ];
  if (conditions.length === 0) throw usageFailure("say whose jobs these are: --claim or --glob");
  return {
    issuer: ISSUERS[issuer] ?? issuer,
    ...(audience !== undefined && { audience }),
    conditions,
    grants: grant.map(readGrant),
    lifetime,
  };
}

function readPair(text: string, option: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw usageFailure(`${option} "${text}" is no name=value`, "For example: --claim repository=acme/web");
}

function readGrant(text: string): Terms["grants"][number] {
  const at = text.lastIndexOf(":");
  const [target, right] = [text.slice(0, at), text.slice(at + 1)];
  if (at <= 0 || !isRight(right)) {
    throw usageFailure(`--grant "${text}" is no target:right`, "For example: --grant acme:edit --grant acme/web:read");
  }
  return target.includes("/") ? { image: target, level: right } : { organization: target, level: right };
}

function isRight(text: string): text is Right {
  return RIGHTS.some((right) => right === text);
}

function describeConditions({ conditions }: Rule): string {
  const all = conditions.map((each) =>
    "glob" in each ? `${each.claim} ~ ${each.glob}` : `${each.claim} = ${each.value}`,
  );
  return all.join(", ");
}

function describeGrants({ grants }: Rule): string {
  return grants.map((each) => `${"image" in each ? each.image : each.organization}:${each.level}`).join(", ");
}

function printRule(rule: Rule): void {
  printFields({
    Rule: rule.name,
    Issuer: rule.issuer,
    Audience: rule.audience,
    Conditions: describeConditions(rule),
    "May do": describeGrants(rule),
    "Logins last": `${rule.lifetime} s`,
    "Acts as": rule.user,
    "Created by": rule.createdBy ?? "",
    Created: formatTime(rule.created),
    Changed: formatTime(rule.updated),
  });
}

const list = operation({
  command: ["list", "ls"],
  describe: "List the rules of one's account",
  ask: async (api) => unwrap(await api.GET(RULES)),
  show: ({ rules }) =>
    printTable(
      [
        { heading: "RULE", value: (rule) => rule.name },
        { heading: "ISSUER", value: (rule) => rule.issuer },
        { heading: "CONDITIONS", value: describeConditions },
        { heading: "MAY DO", value: describeGrants },
      ],
      rules,
      "The account trusts no issuer.",
    ),
});

const show = operation({
  command: "show <name>",
  describe: "Show a rule",
  options: (yargs) => withName(yargs),
  ask: async (api, { name }) => unwrap(await api.GET(RULE, { params: { path: { name } } })),
  show: printRule,
});

const add = operation({
  command: "add <name>",
  describe: "Let jobs log in with tokens that an issuer signs for them",
  options: (yargs) => withTerms(withName(yargs)),
  ask: async (api, { name, ...argv }) => unwrap(await api.POST(RULES, { body: { name, ...termsOf(argv) } })),
  show: printRule,
});

const set = operation({
  command: "set <name>",
  describe: "Give a rule other terms and grants, in place of all that it has",
  options: (yargs) => withTerms(withName(yargs)),
  ask: async (api, { name, ...argv }) =>
    unwrap(await api.PUT(RULE, { params: { path: { name } }, body: termsOf(argv) })),
  show: printRule,
});

const remove = operation({
  command: "delete <name>",
  describe: "Delete a rule: its jobs log in no longer",
  options: (yargs) => withYes(withName(yargs)),
  before: ({ name, yes }) => confirm(`Delete trust rule ${name}?`, yes),
  ask: async (api, { name }) => unwrap(await api.DELETE(RULE, { params: { path: { name } } })),
  show: (_, { name }) => printLine(`Deleted trust rule ${name}.`),
});

/** `berth trust`: whose jobs log in with tokens of their own (docs/ci.md). */
export const trust = group("trust", "Trusted issuers of jobs' tokens: list, show, add, set, delete", [
  list,
  show,
  add,
  set,
  remove,
]);
