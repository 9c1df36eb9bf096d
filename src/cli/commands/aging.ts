import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { usageFailure } from "../failure.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { group, operation, readPages, withLimit } from "../manage.ts";
import { formatTime, printFields, printLine, printTable, shortDigest } from "../output.ts";
import { counted } from "../../kernel/counted.ts";

const PATH = "/api/organizations/{organization}/images/{image}/aging";

interface Rule {
  kind: "date_rule" | "tag_rule";
  amount: number;
  labels: string[];
  patterns: string[];
}

interface RuleArguments {
  days: number | undefined;
  keep: number | undefined;
  exempt: string[];
  exemptPattern: string[];
}

function withRule<T>(yargs: Argv<T>) {
  return yargs
    .option("days", {
      type: "number",
      requiresArg: true,
      describe: "Delete tags that were last pushed so many days ago (1-365)",
    })
    .option("keep", { type: "number", requiresArg: true, describe: "Delete all but the newest so many tags (1-1000)" })
    .option("exempt", {
      type: "string",
      array: true,
      requiresArg: true,
      default: [],
      describe: "A tag that stays; may be repeated",
    })
    .option("exempt-pattern", {
      type: "string",
      array: true,
      requiresArg: true,
      default: [],
      describe: "A regular expression (RE2) of tags that stay; may be repeated",
    })
    .check(({ days, keep }) => {
      if ((days === undefined) !== (keep === undefined)) return true;
      throw usageFailure("give either --days or --keep");
    });
}

function ruleOf({ days, keep, exempt, exemptPattern }: RuleArguments): Rule {
  const what =
    days === undefined
      ? { kind: "tag_rule" as const, amount: keep ?? 0 }
      : { kind: "date_rule" as const, amount: days };
  return { ...what, labels: exempt, patterns: exemptPattern };
}

function describeRule({ kind, amount }: Pick<Rule, "kind" | "amount">): string {
  if (kind === "date_rule") return `tags that were last pushed ${counted(amount, "day")} ago or longer`;
  return amount === 1 ? "all but the newest tag" : `all but the newest ${amount} tags`;
}

function printRule(rule: Rule & { id: number; updated: string; problem: string | null }): void {
  printFields({
    Rule: rule.id,
    Deletes: describeRule(rule),
    "Exempt tags": rule.labels.join(", "),
    "Exempt patterns": rule.patterns.join(", "),
    ...(rule.problem !== null && { "Deletes nothing": rule.problem }),
    Updated: formatTime(rule.updated),
  });
}

const show = operation({
  command: "show <image>",
  describe: "Show the rule by which an image's tags age",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.GET(`${PATH}/rule`, { params: { path: parseImageName(image) } })),
  show: printRule,
});

const set = operation({
  command: "set <image>",
  describe: "Set an image's rule, and run it: what is old is deleted at once",
  options: (yargs) => withRule(withImage(yargs)),
  ask: async (api, argv) => {
    const params = { path: parseImageName(argv.image) };
    return unwrap(await api.PUT(`${PATH}/rule`, { params, body: ruleOf(argv) }));
  },
  show: printRule,
});

const preview = operation({
  command: "preview <image>",
  describe: "Show what a rule would delete now; nothing is changed",
  options: (yargs) => withLimit(withRule(withImage(yargs))),
  ask: (api, argv) =>
    readPages("tags", argv.limit, async (query) => {
      const params = { path: parseImageName(argv.image), query };
      return unwrap(await api.POST(`${PATH}/preview`, { params, body: ruleOf(argv) }));
    }),
  show: ({ tags }) =>
    printTable(
      [
        { heading: "TAG", value: (tag) => tag.tag },
        { heading: "GOES", value: (tag) => (tag.expired ? "yes" : "no") },
        { heading: "BECAUSE", value: (tag) => tag.reason },
        { heading: "PUSHED", value: (tag) => formatTime(tag.pushed) },
        { heading: "DIGEST", value: (tag) => shortDigest(tag.digest) },
      ],
      tags,
      "There are no tags.",
    ),
});

const remove = operation({
  command: "delete <image>",
  describe: "Delete an image's rule: tags stay from then on",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.DELETE(`${PATH}/rule`, { params: { path: parseImageName(image) } })),
  show: (_, { image }) => printLine(`Tags of ${image} do not age any more.`),
});

const log = operation({
  command: "log <image>",
  describe: "List the tags that an image's rules have deleted, newest first",
  options: (yargs) => withLimit(withImage(yargs), 50),
  ask: (api, { image, limit }) =>
    readPages("entries", limit, async (query) => {
      const params = { path: parseImageName(image), query };
      return unwrap(await api.GET(`${PATH}/log`, { params }));
    }),
  show: ({ entries }) =>
    printTable(
      [
        { heading: "TIME", value: (entry) => formatTime(entry.run) },
        { heading: "TAG", value: (entry) => entry.tag },
        { heading: "DIGEST", value: (entry) => shortDigest(entry.digest) },
        { heading: "RULE", value: (entry) => describeRule(entry.rule) },
      ],
      entries,
      "No rule has deleted a tag.",
    ),
});

/** `berth rule`: aging, by which old tags are deleted (docs/aging.md). */
export const rule = group("rule", "Aging of tags: show, set, preview, delete, log", [show, set, preview, remove, log]);
