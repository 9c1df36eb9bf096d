import { readFileSync } from "node:fs";
import type { Argv } from "yargs";
import { unwrap } from "../../client/api/client.ts";
import { DASH } from "../dash.ts";
import { usageFailure } from "../failure.ts";
import { parseImageName, withImage } from "../image-name.ts";
import { group, operation, withYes } from "../manage.ts";
import { formatTime, printFields, printLine, printTable } from "../output.ts";
import { confirm } from "../prompt.ts";
import { deliveries, delivery, resend, testTrigger } from "./deliveries.ts";
import { type NewTrigger, triggerOf, withTarget } from "./trigger-options.ts";

const PATH = "/api/organizations/{organization}/images/{image}/triggers";

function withTrigger<T>(yargs: Argv<T>): Argv<T & { image: string } & { name: string }> {
  return withImage(yargs).positional("name", { type: "string", demandOption: true, describe: "The trigger's name" });
}

interface Trigger {
  name: string;
  condition: { kind: "all" | "tag" | "regular"; text: string };
  conditionSyntax: "glob" | "re2" | "";
  enabled: boolean;
  firesAlways: boolean;
  target:
    | { kind: "kubernetes"; cluster: string; namespace: string; workload: string; application: string }
    | { kind: "webhook"; url: string; format: string };
}

function conditionOf({ condition: { kind, text } }: Trigger): string {
  return kind === "all" ? "all tags" : text;
}

/** The same, and how a pattern is read. */
function describeCondition(trigger: Trigger): string {
  const { conditionSyntax: syntax } = trigger;
  return syntax === ""
    ? conditionOf(trigger)
    : `${conditionOf(trigger)} (${syntax === "re2" ? "regular expression" : "glob"})`;
}

function targetOf({ target }: Trigger): string {
  if (target.kind === "webhook") return `${target.url} (${target.format})`;
  return `${target.cluster}: ${target.namespace}/${target.workload}/${target.application}`;
}

const list = operation({
  command: ["list <image>", "ls"],
  describe: "List an image's triggers",
  options: (yargs) => withImage(yargs),
  ask: async (api, { image }) => unwrap(await api.GET(PATH, { params: { path: parseImageName(image) } })),
  show: ({ triggers }) =>
    printTable(
      [
        { heading: "NAME", value: (each) => each.name },
        { heading: "ON", value: (each) => (each.enabled ? "yes" : "no") },
        { heading: "TAGS", value: conditionOf },
        { heading: "TARGET", value: targetOf },
      ],
      triggers,
      "There are no triggers.",
    ),
});

const show = operation({
  command: "show <image> <name>",
  describe: "Show a trigger",
  options: (yargs) => withTrigger(yargs),
  ask: async (api, { image, name }) => {
    const params = { path: { ...parseImageName(image), trigger: name } };
    return unwrap(await api.GET(`${PATH}/{trigger}`, { params }));
  },
  show: (trigger) =>
    printFields({
      Name: trigger.name,
      On: trigger.enabled ? "yes" : "no",
      Tags: describeCondition(trigger),
      "Same digest": trigger.firesAlways ? "fires as well" : "does not fire",
      Target: targetOf(trigger),
      Created: `${formatTime(trigger.created)}${trigger.createdBy === null ? "" : ` by ${trigger.createdBy}`}`,
    }),
});

const add = operation({
  command: "add <image> [name]",
  describe: "Give an image a trigger",
  options: (yargs) =>
    withTarget(withImage(yargs).positional("name", { type: "string", describe: "The trigger's name" })).option("file", {
      alias: "f",
      type: "string",
      requiresArg: true,
      describe: "The trigger as JSON, as the API takes it, in place of the other options; - for standard input",
    }),
  ask: async (api, argv) => {
    const params = { path: parseImageName(argv.image) };
    const body = argv.file === undefined ? triggerOf(argv) : readTrigger(argv.file);
    return unwrap(await api.POST(PATH, { params, body }));
  },
  show: ({ name }, { image }) =>
    printLine(`Added trigger ${name} to ${image}. Try it out: berth trigger test ${image} ${name}`),
});

/** What the file holds is for the registry to judge. */
function readTrigger(file: string): NewTrigger {
  const text = readFileSync(file === DASH ? process.stdin.fd : file, "utf8");
  try {
    return JSON.parse(text) as NewTrigger;
  } catch {
    throw usageFailure(`${file === DASH ? "standard input" : file} is no JSON`);
  }
}

function switching(state: "enable" | "disable", describe: string) {
  return operation({
    command: `${state} <image> <name>`,
    describe,
    options: (yargs) => withTrigger(yargs),
    ask: async (api, { image, name }) => {
      const params = { path: { ...parseImageName(image), trigger: name } };
      return unwrap(await api.PATCH(`${PATH}/{trigger}`, { params, body: { enabled: state === "enable" } }));
    },
    show: ({ enabled }, { image, name }) => printLine(`Trigger ${name} of ${image} is ${enabled ? "on" : "off"}.`),
  });
}

const remove = operation({
  command: "delete <image> <name>",
  describe: "Delete a trigger with its history",
  options: (yargs) => withYes(withTrigger(yargs)),
  before: ({ image, name, yes }) => confirm(`Delete trigger ${name} of ${image}?`, yes),
  ask: async (api, { image, name }) => {
    const params = { path: { ...parseImageName(image), trigger: name } };
    return unwrap(await api.DELETE(`${PATH}/{trigger}`, { params }));
  },
  show: (_, { image, name }) => printLine(`Deleted trigger ${name} of ${image}.`),
});

/** `berth trigger`: what a push sets off (docs/triggers.md). */
export const trigger = group("trigger", "What a push sets off: list, add, test, deliveries, resend, delete", [
  list,
  show,
  add,
  switching("enable", "Switch a trigger on"),
  switching("disable", "Switch a trigger off"),
  remove,
  testTrigger,
  deliveries,
  delivery,
  resend,
]);
